// SPDX-License-Identifier: Apache-2.0
// How a finding of a motif is told: who and what plays which role. Internal to detect/.
#pragma once

#include <compare>
#include <cstddef>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "detect/motif_matches.hpp"
#include "graph/group_transfers.hpp"
#include "graph/motif_query.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// What the elements of a motif are called in a finding: by their names, "transfer" and
/// "counterparty" without one. Requires: the query outlives it.
class MotifRoles {
 public:
  struct OfTransfer {
    int place = 0;  ///< of its edge among those of its branch that are not negated, from 1
    std::string_view name;
    auto operator<=>(const OfTransfer&) const = default;
  };

  explicit MotifRoles(const graph::MotifQuery& query);

  const OfTransfer& of_transfer(const graph::GroupTransfer& use) const;
  /// Numbers of the roles of sender and receiver. Numbers follow the order in which the motif names
  /// its vertices.
  std::pair<std::size_t, std::size_t> of_ends(const graph::GroupTransfer& use) const;
  std::size_t of_vertex(std::size_t branch, std::size_t vertex) const;
  std::size_t number_of(std::string_view vertex) const;  ///< Requires: it is one of the motif
  const std::string& name(std::size_t number) const { return names_[number]; }
  /// What negated terms leave out of the rows of a branch.
  const graph::DroppedElements& dropped(std::size_t branch) const;

 private:
  struct Branch {
    std::vector<OfTransfer> edges;
    std::vector<std::pair<int, int>> ends;
    std::vector<std::size_t> vertices;  ///< numbers of their roles
    graph::DroppedElements dropped;
  };
  std::vector<Branch> branches_;
  std::vector<std::string> names_;
};

/// What a finding is made of.
struct MotifStory {
  graph::Vertex subject = graph::kNoVertex;
  std::vector<graph::GroupTransfer> uses = {};
  /// Number of the role, account; the ends of the transfers need not be among them.
  std::set<std::pair<std::size_t, graph::Vertex>> accounts = {};
  std::size_t matches = 0;                    ///< 0: a group
  std::vector<EvidenceItem> aggregates = {};  ///< of a group
};

/// Evidence that every finding has beside its aggregates.
std::span<const std::string_view> motif_evidence_names();

/// Tells stories as detect_motif_matches() says. Requires: what is referred to outlives it.
class MotifTeller {
 public:
  MotifTeller(const graph::TransferGraph& graph, const MotifMatchesParams& params,
              const MotifRoles& roles, std::string subject_role, const BaseCurrency& currency)
      : graph_(graph),
        params_(params),
        roles_(roles),
        subject_role_(std::move(subject_role)),
        currency_(currency) {}

  /// One for each story, in their order. Once a stop is requested, the later ones are missing.
  std::vector<Finding> findings_of(std::vector<MotifStory> stories,
                                   const std::stop_token& stop) const;

 private:
  Finding finding_of(MotifStory story) const;
  struct Totals {
    std::size_t transfers = 0;
    graph::MinorSum moved = 0;
    bool takes_part = false;  ///< the subject pays or receives
    graph::Micros first = 0;  ///< booked_at; 0 without transfers
    graph::Micros last = 0;
  };
  Totals totals_of(graph::Vertex subject, std::span<const graph::Edge> in_time_order) const;
  void tell_transfers(Finding& finding, MotifStory& story,
                      std::span<const graph::Edge> transfers) const;
  std::string explanation_of(const Finding& finding, const MotifStory& story,
                             const Totals& totals) const;
  std::vector<EvidenceItem> evidence_of(const Finding& finding, const MotifStory& story,
                                        const Totals& totals) const;

  const graph::TransferGraph& graph_;
  const MotifMatchesParams& params_;
  const MotifRoles& roles_;
  const std::string subject_role_;
  const BaseCurrency& currency_;
};

}  // namespace aml::detect
