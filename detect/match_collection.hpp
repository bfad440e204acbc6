// SPDX-License-Identifier: Apache-2.0
// The matches of a motif, put together to stories. Internal to detect/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "detect/motif_story.hpp"
#include "graph/group_transfers.hpp"
#include "graph/motif.hpp"
#include "graph/motif_query.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// Collects matches and puts together those of one subject that share transfers.
/// Requires: query and roles outlive it; `subject` is a vertex of every branch.
class MatchCollection {
 public:
  MatchCollection(const graph::MotifQuery& query, const MotifRoles& roles,
                  const std::string& subject);

  void add(std::size_t branch, const graph::MotifMatch& match);

  /// By subject. Once a stop is requested, those of later subjects are missing.
  std::vector<MotifStory> stories(const std::stop_token& stop) &&;

 private:
  struct Row {
    graph::Vertex subject = graph::kNoVertex;
    std::size_t branch = 0;
    std::size_t begin = 0;  ///< in elements_: vertices, then edges
  };

  void add_stories(std::span<const Row> rows, std::vector<MotifStory>& stories) const;
  std::vector<graph::GroupTransfer> uses_of(const Row& row) const;
  void add_accounts(const Row& row, MotifStory& story) const;

  const graph::MotifQuery& query_;
  const MotifRoles& roles_;
  std::vector<std::size_t> subject_slots_;  ///< of each branch
  std::vector<Row> rows_;
  std::vector<std::uint32_t> elements_;
};

}  // namespace aml::detect
