// SPDX-License-Identifier: Apache-2.0
// The tokens of an expression.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aml::graph {

struct ExpressionToken {
  enum class Kind : std::uint8_t { kEnd, kWord, kQuotedName, kNumber, kText, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;          ///< a word in lower case, a name or text without its quotes
  std::string written;       ///< of a word: as it was written
  std::size_t position = 0;  ///< byte offset
};

/// The tokens of the text, the last one kEnd: words [A-Za-z_][A-Za-z0-9_]*, "names", 'texts' with
/// '' for a quote, numbers, and the symbols ( ) , . * + - = <> != < <= > >=.
/// Throws: MotifError.
std::vector<ExpressionToken> tokens_of(std::string_view text, std::string_view subject);

}  // namespace aml::graph
