// SPDX-License-Identifier: Apache-2.0
// Data and forests that several tests share.
#pragma once

#include <random>
#include <utility>
#include <vector>

#include "detect/isolation_forest.hpp"

namespace aml::detect::testing_forests {

inline FeatureMatrix matrix(std::size_t columns, std::vector<float> values) {
  return {values.size() / columns, columns, std::move(values)};
}

inline FeatureMatrix random_matrix(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937 generator(seed);
  FeatureMatrix data{rows, columns, std::vector<float>(rows * columns)};
  for (float& value : data.values) value = static_cast<float>(generator() % 10'000) / 100.0F;
  return data;
}

inline IsolationForestParams params(int trees, int sample_size, std::uint64_t seed = 42,
                                    SplitRule splits = SplitRule::kRandom) {
  IsolationForestParams result;
  result.trees = trees;
  result.sample_size = sample_size;
  result.seed = seed;
  result.splits = splits;
  return result;
}

inline constexpr SplitRule kSplitRules[] = {SplitRule::kRandom, SplitRule::kKurtosis,
                                            SplitRule::kPooledGain, SplitRule::kOblique};

// What scikit-learn 1.9.1 fitted and answered:
//   X = np.array([[i % 5 + 0.25 * i, (i * i) % 7] for i in range(12)] + [[30, -20]], dtype=np.float32)
//   m = IsolationForest(n_estimators=3, max_samples=8, random_state=4, contamination=0.25).fit(X)

inline FeatureMatrix scikit_learn_rows() {
  return matrix(2, {0, 0,    1.25, 1, 2.5, 4,    3.75, 2,   5, 2,    1.25, 4,  2.5,
                    1, 3.75, 0,    5, 1,   6.25, 4,    2.5, 2, 3.75, 2,    30, -20});
}

/// estimators_[i].tree_: feature, threshold, children_left, children_right, n_node_samples.
inline IsolationForest scikit_learn_forest() {
  struct Node {
    int column;  // -2: a leaf
    float threshold;
    std::size_t left;
    std::size_t right;
    std::uint32_t rows;
  };
  const std::vector<std::vector<Node>> dumped{{{0, 5.612020080728466F, 1, 6, 8},
                                               {0, 0.2811359242913946F, 2, 3, 6},
                                               {-2, 0, 0, 0, 1},
                                               {1, 3.0852433592478015F, 4, 5, 5},
                                               {-2, 0, 0, 0, 4},
                                               {-2, 0, 0, 0, 1},
                                               {0, 29.18978409629305F, 7, 8, 2},
                                               {-2, 0, 0, 0, 1},
                                               {-2, 0, 0, 0, 1}},
                                              {{1, -14.480432984642885F, 1, 2, 8},
                                               {-2, 0, 0, 0, 1},
                                               {0, 2.951338598132757F, 3, 6, 7},
                                               {0, 0.05592242933619881F, 4, 5, 6},
                                               {-2, 0, 0, 0, 1},
                                               {-2, 0, 0, 0, 5},
                                               {-2, 0, 0, 0, 1}},
                                              {{1, 1.7772478339156343F, 1, 6, 8},
                                               {0, 17.436904202884485F, 2, 5, 5},
                                               {0, 0.3400858330261362F, 3, 4, 4},
                                               {-2, 0, 0, 0, 1},
                                               {-2, 0, 0, 0, 3},
                                               {-2, 0, 0, 0, 1},
                                               {1, 3.252338788123959F, 7, 10, 3},
                                               {0, 3.9647922561107167F, 8, 9, 2},
                                               {-2, 0, 0, 0, 1},
                                               {-2, 0, 0, 0, 1},
                                               {-2, 0, 0, 0, 1}}};
  std::vector<IsolationTree> trees;
  for (const auto& nodes : dumped) {
    IsolationTree tree;
    const auto copy = [&](const auto& self, std::size_t from, std::uint32_t to) -> void {
      if (nodes[from].column < 0) {
        tree.rows[to] = nodes[from].rows;
        return;
      }
      const std::uint32_t left =
          tree.split(to, static_cast<std::uint16_t>(nodes[from].column), nodes[from].threshold);
      self(self, nodes[from].left, left);
      self(self, nodes[from].right, left + 1);
    };
    copy(copy, 0, tree.add_leaf());
    tree.complete();
    trees.push_back(std::move(tree));
  }
  return {std::move(trees), 2, 8};
}

/// -score_samples(X)
inline std::vector<double> scikit_learn_scores() {
  return {0.5707774616237967, 0.3648080152510604, 0.4848735460609123,  0.5013019088590437,
          0.5013019088590437, 0.4848735460609123, 0.3648080152510604,  0.4606216483553069,
          0.4606216483553069, 0.6566744390879904, 0.39702639913999327, 0.5013019088590437,
          0.7043552561829635};
}
/// -offset_. Four rows have this very score, and predict() calls none of them an anomaly.
inline constexpr double kScikitLearnThreshold = 0.5013019088590437;
inline constexpr int kScikitLearnAnomalies = 3;

}  // namespace aml::detect::testing_forests
