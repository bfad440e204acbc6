// SPDX-License-Identifier: Apache-2.0
// The motif language of GraphFrames: "(a)-[e1]->(b); (b)-[e2]->(c); !(c)-[]->(a)".
// docs/motifs.md is its page.
#pragma once

#include <cstdint>
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

/// Plain directed edges, what a search works on. Every anonymous vertex is a vertex of its own with
/// an empty name and one edge; only those inside a variable-length term have two.
struct MotifPattern {
  std::vector<std::string> vertices;  ///< names, in order of first appearance
  std::vector<MotifEdge> edges;       ///< in the order they were written
};

/// How a motif is read.
///   kMoney:       our language. Undirected and variable-length terms join with others; the i-th
///                 transfer of e is "e[i]", the vertex after it "e(i)", without a name neither has.
///   kGraphFrames: as GraphFrames reads it, with its names, columns and restrictions.
enum class MotifMode : std::uint8_t { kMoney, kGraphFrames };

/// A column of a motif's rows.
struct MotifColumn {
  enum class Kind : std::uint8_t { kVertex, kEdge, kHop, kPattern, kDirection };
  std::string name;
  Kind kind = Kind::kVertex;
  bool operator==(const MotifColumn&) const = default;
};

/// One alternative of a motif: one direction of each undirected term and one length of each
/// variable-length term. Of several such terms kMoney lists the values in order, separated by "; ";
/// kGraphFrames keeps those of the last.
struct MotifBranch {
  MotifPattern pattern;
  /// For each column of the motif the position of its vertex or edge in the pattern; -1 if the
  /// branch does not have it, and for the other kinds.
  std::vector<int> positions;
  std::string hop;        ///< number of transfers, for example "3"; empty: no column _hop
  std::string written;    ///< the alternative as a term, for example "(u)<-[e]-(v)"
  std::string direction;  ///< "out" or "in"
};

/// A motif: its rows are those of its branches together.
struct Motif {
  std::vector<MotifColumn> columns;   ///< in order of first appearance
  std::vector<MotifBranch> branches;  ///< at least one
};

/// What is wrong with a text and where: what() shows the line, a caret under the position and why.
class MotifError : public std::invalid_argument {
 public:
  /// `subject` says what the text is: "bad motif: ...".
  MotifError(std::string_view text, std::size_t position, const std::string& reason,
             std::string_view subject = "motif");
  std::size_t position() const { return position_; }  ///< 0-based byte offset in the text
  const std::string& subject() const { return subject_; }

 private:
  std::size_t position_;
  std::string subject_;
};

/// The motif that the text describes, every short form written out. The empty text has one empty
/// branch, which matches nothing.
/// Throws: MotifError for what GraphFrames refuses too, for its four traps, and for more than 100
///         transfers in a branch or 1000 branches (docs/motifs.md).
Motif read_motif(std::string_view text, MotifMode mode = MotifMode::kMoney);

/// The pattern of a motif with one branch.
/// Throws: as read_motif(), and MotifError if there are several.
MotifPattern parse_motif(std::string_view text);

}  // namespace aml::graph
