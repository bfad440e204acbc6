// SPDX-License-Identifier: Apache-2.0
// What every reader of records promises, whatever its syntax.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/record_reader.hpp"

namespace aml::fuzz {

struct KeptRecord {
  std::uint64_t line = 0;
  std::uint64_t end = 0;
  store::LineDefect defect = store::LineDefect::kNone;
  std::vector<std::string> fields;
  std::vector<std::string> json;
  std::string raw;
  bool operator==(const KeptRecord&) const = default;
};

struct Content {
  std::vector<std::string> header;
  std::vector<KeptRecord> records;
  std::string refusal;  ///< why the file cannot be read; empty: it can
  bool operator==(const Content&) const = default;
};

using MakeReader = std::function<std::unique_ptr<store::RecordReader>(store::LineBuffer::Source,
                                                                      const std::string& path)>;

/// What the reader makes of the text when it comes in pieces of this size.
Content content_of(const MakeReader& make_reader, std::string_view text, std::size_t piece);

/// Reads the text whole and in small pieces. Expects the same of both, records in order, and that
/// they lie in the text.
Content checked_content(const MakeReader& make_reader, std::string_view text);

}  // namespace aml::fuzz
