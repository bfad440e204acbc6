// SPDX-License-Identifier: Apache-2.0
// One tree of an isolation forest: the form in which it is walked.
//
// The two children of a node are neighbours, so a step is `left + (value > threshold)`, without a
// branch, and a leaf leads back to itself: every walk takes the same number of steps, and walks of
// several rows can go side by side. A perfect heap gives the same speed, but needs twice the memory
// at depth 8 and is out of reach at depth 16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace aml::detect {

inline constexpr int kMaxSampleSize = 65'536;  ///< so that a path has at most 16 steps
/// So that a node keeps its column in 16 bits, and forest_bytes.hpp has a number left for leaves.
inline constexpr std::size_t kMaxTreeColumns = 65'534;

struct IsolationNode {
  float threshold = std::numeric_limits<float>::infinity();  ///< a leaf has infinity
  std::uint16_t column = 0;
  std::uint16_t missing_goes_right = 0;  ///< to the child with more rows
  std::uint32_t left = 0;                ///< children are left and left + 1; a leaf has itself
};

/// One column of an oblique split. A row goes right if the sum of weight * (value - point) over the
/// split's terms is above zero. A missing value adds nothing; where all are missing the row goes to
/// the child with more rows.
struct ObliqueTerm {
  double weight = 0;
  float point = 0;
  std::uint16_t column = 0;
};

struct IsolationTree {
  std::vector<IsolationNode> nodes;  ///< the root first, children behind their parent
  std::vector<std::uint32_t> rows;   ///< of the tree's sample, in each node
  std::vector<double>
      expected_depth;       ///< of each node; leaf: depth + c(rows), inner: the mean over
                            ///< its rows
  std::uint32_t steps = 0;  ///< from the root to the deepest leaf

  /// Of oblique splits only, else empty: the terms of node i are [first_term[i], first_term[i] +
  /// term_count[i]).
  std::vector<ObliqueTerm> terms;
  std::vector<std::uint32_t> first_term;
  std::vector<std::uint32_t> term_count;

  bool is_oblique() const { return !first_term.empty(); }
  bool is_leaf(std::uint32_t node) const { return nodes[node].left == node; }
  std::span<const ObliqueTerm> terms_of(std::uint32_t node) const {
    return std::span(terms).subspan(first_term[node], term_count[node]);
  }

  /// Appends a leaf. Returns: its position.
  std::uint32_t add_leaf();
  /// Makes a leaf an inner node with two leaves behind it. Returns: the left one.
  std::uint32_t split(std::uint32_t node, std::uint16_t column, float threshold);
  std::uint32_t split(std::uint32_t node, std::span<const ObliqueTerm> node_terms);
  /// Derives all the rest from the splits and the rows of the leaves.
  void complete();

  /// Whether a row goes to the right child of an inner node.
  bool goes_right(std::uint32_t node, const float* row) const;
  /// The leaf that a row comes to.
  std::uint32_t leaf_of(const float* row) const;
};

/// The sum of an oblique split's terms; NaN if all its values are missing.
double oblique_sum(std::span<const ObliqueTerm> terms, const float* row);

/// c(n), the mean depth of an unsuccessful search among n rows: 0, 1 for n = 2, else 2(ln(n-1) +
/// gamma) - 2(n-1)/n.
double average_path_length(double n);

/// ceil(log2(sample_size)): the length of the longest path.
int depth_limit(int sample_size);

}  // namespace aml::detect
