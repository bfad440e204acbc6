// SPDX-License-Identifier: Apache-2.0
// The input is the text of a motif, read in both modes.
#include "graph/motif_pattern.hpp"

#include <set>

#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

using graph::Motif;
using graph::MotifBranch;
using graph::MotifColumn;
using graph::MotifEdge;
using graph::MotifMode;
using graph::MotifPattern;

bool is_inside(int position, std::size_t size) {
  return position >= 0 && static_cast<std::size_t>(position) < size;
}

void check_pattern(const MotifPattern& pattern, std::string_view text) {
  std::set<std::string> names;
  std::set<int> touched;
  for (const MotifEdge& edge : pattern.edges) {
    expect(is_inside(edge.source, pattern.vertices.size()) &&
               is_inside(edge.target, pattern.vertices.size()),
           "an edge joins vertices of its pattern", text);
    expect(!edge.negated || edge.name.empty(), "a negated edge has no name", text);
    expect(edge.name.empty() || names.insert(edge.name).second, "no name stands twice", text);
    touched.insert({edge.source, edge.target});
  }
  for (std::size_t v = 0; v < pattern.vertices.size(); ++v) {
    const std::string& name = pattern.vertices[v];
    expect(name.empty() || names.insert(name).second, "no name stands twice", text);
    expect(!name.empty() || touched.contains(static_cast<int>(v)),
           "a vertex without a name stands at an edge", text);
  }
}

void check_position(const MotifColumn& column, int position, const MotifPattern& pattern,
                    std::string_view text) {
  if (position < 0) return;
  const auto at = static_cast<std::size_t>(position);
  const bool is_vertex = column.kind == MotifColumn::Kind::kVertex;
  expect(is_vertex || column.kind == MotifColumn::Kind::kEdge, "only elements have positions",
         text);
  expect(at < (is_vertex ? pattern.vertices.size() : pattern.edges.size()),
         "a column's position is one of its pattern", text);
  expect((is_vertex ? pattern.vertices[at] : pattern.edges[at].name) == column.name,
         "a column's element has its name", text);
}

void check_motif(const Motif& motif, std::string_view text) {
  std::set<std::string> names;
  for (const MotifColumn& column : motif.columns) {
    expect(names.insert(column.name).second, "no column stands twice", text);
  }
  expect(!motif.branches.empty() && motif.branches.size() <= 1000, "a motif has 1 .. 1000 branches",
         text);
  for (const MotifBranch& branch : motif.branches) {
    check_pattern(branch.pattern, text);
    expect(branch.positions.size() == motif.columns.size(), "each column has a position", text);
    for (std::size_t c = 0; c < motif.columns.size(); ++c) {
      check_position(motif.columns[c], branch.positions[c], branch.pattern, text);
    }
  }
}

void check(std::string_view text, MotifMode mode) {
  try {
    check_motif(read_motif(text, mode), text);
  } catch (const graph::MotifError& error) {
    expect_motif_error(error, "motif", text);
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = aml::fuzz::text_of(bytes, size);
  aml::fuzz::check(text, aml::graph::MotifMode::kMoney);
  aml::fuzz::check(text, aml::graph::MotifMode::kGraphFrames);
  return 0;
}
