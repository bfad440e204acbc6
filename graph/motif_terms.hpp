// SPDX-License-Identifier: Apache-2.0
// The terms of a motif as they are written, before short forms are written out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aml::graph {

/// A vertex or an edge as written: an empty name is an anonymous element.
struct MotifElement {
  std::string name;
  std::size_t position = 0;  ///< byte offset in the text
};

/// "*3" or "*1..3".
struct MotifLength {
  int least = 0;
  int most = 0;
  bool is_range = false;
  std::size_t position = 0;  ///< of the star
};

struct MotifTerm {
  enum class Arrow : std::uint8_t { kOut, kIn, kBoth, kEither };
  std::size_t begin = 0;
  std::size_t end = 0;
  bool has_space = false;  ///< between its tokens
  bool negated = false;
  bool is_edge = false;  ///< otherwise `left` on its own
  MotifElement left;
  MotifElement edge;
  MotifElement right;
  Arrow arrow = Arrow::kOut;
  std::size_t arrow_position = 0;
  std::optional<MotifLength> length;
};

/// The terms of the text, in order: the grammar, without a look at names.
///   motif  := [ term { ";" term } [ ";" ] ]
///   term   := vertex | [ "!" ] vertex arrow vertex
///   vertex := "(" [ name ] ")"
///   arrow  := ( "-[" | "<-[" ) [ name ] [ "*" [ number ] [ ".." [ number ] ] ] "]" ( "->" | "-" )
///   name   := [a-zA-Z0-9_]+
/// with white space between tokens.
/// Throws: MotifError.
std::vector<MotifTerm> parse_motif_terms(std::string_view text);

}  // namespace aml::graph
