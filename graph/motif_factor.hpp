// SPDX-License-Identifier: Apache-2.0
// Rows of a tree-shaped motif, counted by messages along the tree: time grows with the transfers,
// not with the rows.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/motif_tree.hpp"
#include "graph/transfer.hpp"

namespace aml::graph {

/// A number of rows: the book's motif of six edges has 3.4e11 on two million transfers.
__extension__ typedef unsigned __int128 RowCount;
inline constexpr RowCount kRowsMax = ~RowCount{0};

/// Rows, and the sum over them of one transfer's amount.
struct RowsAndSum {
  RowCount rows = 0;
  MinorSum sum = 0;
};

/// Sums of products in which an overflow does not go unnoticed.
class CheckedArithmetic {
 public:
  std::uint64_t add(std::uint64_t a, std::uint64_t b);
  std::uint64_t subtract(std::uint64_t a, std::uint64_t b) const { return a - b; }
  std::uint64_t multiply(std::uint64_t a, std::uint64_t b);
  RowCount add(RowCount a, RowCount b);
  RowCount subtract(RowCount a, RowCount b) const { return a - b; }
  RowCount multiply(RowCount a, RowCount b);
  RowsAndSum add(const RowsAndSum& a, const RowsAndSum& b);
  RowsAndSum subtract(const RowsAndSum& a, const RowsAndSum& b) const {
    return {a.rows - b.rows, a.sum - b.sum};
  }
  RowsAndSum multiply(const RowsAndSum& a, const RowsAndSum& b);
  bool overflowed() const { return overflowed_; }

 private:
  MinorSum times(RowCount a, MinorSum b);
  bool overflowed_ = false;
};

/// For each vertex of the graph the rows of the tree in which its root is bound to that vertex.
/// Cost: O(n + m) for each edge of the tree; memory 8 bytes for each vertex or, if linked, each
///       transfer; twice that, and the work again, if 64 bits cannot hold a number. One thread.
std::vector<RowCount> factor_rows(const TransferGraph& graph, const MotifCandidates& candidates,
                                  const MotifTree& tree, CheckedArithmetic& arithmetic);

/// The same, with the sum over the rows of the amount that an edge of the tree is bound to.
std::vector<RowsAndSum> factor_rows_and_sums(const TransferGraph& graph,
                                             const MotifCandidates& candidates,
                                             const MotifTree& tree, std::size_t summed_edge,
                                             CheckedArithmetic& arithmetic);

/// For each node of the tree, for each position of its near side: whether the transfers below it in
/// the tree can all be bound when it is bound to that candidate.
std::vector<std::vector<char>> factor_alive(const TransferGraph& graph,
                                            const MotifCandidates& candidates,
                                            const MotifTree& tree, CheckedArithmetic& arithmetic);

}  // namespace aml::graph
