// SPDX-License-Identifier: Apache-2.0
// The motif language of GraphFrames: "(a)-[e1]->(b); (b)-[e2]->(c); !(c)-[]->(a)".
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace aml::graph {

struct MotifEdge {
  std::string name;  ///< empty: anonymous
  int source = 0;    ///< position in MotifPattern::vertices
  int target = 0;
  bool negated = false;
};

/// A parsed motif. Every anonymous vertex is a vertex of its own with an empty name.
struct MotifPattern {
  std::vector<std::string> vertices;  ///< names, in order of first appearance
  std::vector<MotifEdge> edges;       ///< in the order they were written
};

/// What is wrong with a motif and where: what() shows the line, a caret under the position and why.
class MotifError : public std::invalid_argument {
 public:
  MotifError(std::string_view text, std::size_t position, const std::string& reason);
  std::size_t position() const { return position_; }  ///< 0-based byte offset in the text

 private:
  std::size_t position_;
};

/// The pattern that the text describes: directed edges, named or anonymous elements, negated
/// anonymous edges, lone vertices; "(d)<-[e]-(s)" is "(s)-[e]->(d)". Undirected, bidirectional and
/// variable-length terms are refused: not supported yet.
/// Throws: MotifError, for the inputs that GraphFrames refuses too (see docs/motifs.md).
MotifPattern parse_motif(std::string_view text);

}  // namespace aml::graph
