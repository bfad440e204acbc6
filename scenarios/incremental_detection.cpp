// SPDX-License-Identifier: Apache-2.0
#include "scenarios/incremental_detection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "graph/growing_graph.hpp"
#include "scenarios/locality.hpp"
#include "store/content_hash.hpp"
#include "store/gold_writer.hpp"

namespace aml::scenarios {
namespace {

using graph::GrowingGraph;
using graph::Micros;
using graph::Vertex;

constexpr Micros kEver = std::numeric_limits<Micros>::min();

/// A finding as it was told last.
struct Known {
  std::string subject;
  Micros first = 0;
  Micros last = 0;
  double score = 0;
  std::string digest;
};
using KnownFindings = std::unordered_map<std::string, Known>;  ///< by alert id

// A finding of local reach always has transfers.
Micros first(const detect::Finding& finding) {
  assert(finding.first_activity);
  return *finding.first_activity;
}
Micros last(const detect::Finding& finding) {
  assert(finding.last_activity);
  return *finding.last_activity;
}

/// Equal digests: gold would hold the same rows.
std::string digest_of(const detect::Finding& finding) {
  store::Sha256 digest;
  const auto add = [&](std::string_view text) {
    digest.update(fmt::format("{}:", text.size()));
    digest.update(text);
  };
  add(fmt::format("{:a} {} {} {} {}", finding.score, finding.amount_minor.has_value(),
                  finding.amount_minor.value_or(0), first(finding), last(finding)));
  add(finding.explanation);
  for (const auto& transfer : finding.transfers) {
    add(transfer.transfer_key);
    add(transfer.role);
    add(fmt::format("{} {}", transfer.step, transfer.branch));
  }
  for (const auto& entity : finding.entities) {
    add(fmt::format("{}", static_cast<int>(entity.kind)));
    add(entity.key);
    add(entity.role);
  }
  for (const auto& item : finding.evidence) {
    add(item.feature);
    add(item.observed);
    add(item.threshold ? "=" + *item.threshold : "");
    add(item.contribution ? fmt::format("{:a}", *item.contribution) : "");
    add(item.sentence);
  }
  return digest.finish_hex();
}

Known known(const detect::Finding& finding) {
  return {finding.subject, first(finding), last(finding), finding.score, digest_of(finding)};
}

/// The accounts of a growing graph with their facts, in its numbers.
struct GrowingFacts {
  std::unordered_map<std::string, Vertex> parties;
  std::unordered_map<std::string, std::uint16_t> countries;
  detect::AccountFacts facts;

  void add(const store::AddedAccount& account) {
    facts.owner.push_back(
        parties.emplace(account.party, static_cast<Vertex>(parties.size())).first->second);
    const auto country =
        countries.emplace(account.country, static_cast<std::uint16_t>(facts.country_names.size()));
    if (country.second) facts.country_names.push_back(account.country);
    if (facts.country_names.size() > std::numeric_limits<std::uint16_t>::max())
      throw std::length_error("more than 65535 countries");
    facts.country.push_back(country.first->second);
    facts.opened_at.push_back(account.opened_at.value_or(detect::kNotKnown));
  }

  detect::AccountFacts of(const GrowingGraph::Part& part) const {
    detect::AccountFacts chosen;
    chosen.country_names = facts.country_names;
    for (const Vertex v : part.numbers) {
      chosen.owner.push_back(facts.owner[v]);
      chosen.country.push_back(facts.country[v]);
      chosen.opened_at.push_back(facts.opened_at[v]);
    }
    return chosen;
  }
};

GrowingFacts growing_facts(const Graphs& graphs) {
  GrowingFacts growing;
  growing.facts = graphs.account_facts;
  for (Vertex party = 0; party < graphs.parties.num_vertices(); ++party)
    growing.parties.emplace(graphs.parties.key(party), party);
  const auto& names = growing.facts.country_names;
  for (std::size_t i = 0; i < names.size(); ++i)
    growing.countries.emplace(names[i], static_cast<std::uint16_t>(i));
  return growing;
}

std::uint32_t largest_cap(const std::vector<Scenario>& scenarios) {
  std::uint32_t cap = 0;
  for (const Scenario& scenario : scenarios)
    cap = std::max(cap, locality_of(scenario.params).max_counterparties);
  return cap;
}

/// What an addition touched.
struct Touched {
  Micros earliest = std::numeric_limits<Micros>::max();
  std::map<Vertex, std::uint32_t> counterparties_before;  ///< of each account touched

  bool made_a_hub(const GrowingGraph& graph, std::uint32_t cap) const {
    return cap > 0 && std::ranges::any_of(counterparties_before, [&](const auto& before) {
             return before.second <= cap && graph.counterparties(before.first) > cap;
           });
  }
};

/// A part of the graph with the facts of its accounts.
struct Cut {
  GrowingGraph::Part part;
  detect::AccountFacts facts;
};

/// What the scenarios look at after one addition; what several of them look at is cut once, when it
/// is first asked for.
class Cuts {
 public:
  Cuts(GrowingGraph& graph, const GrowingFacts& facts, std::vector<Vertex> accounts,
       Micros recent_since)
      : graph_(graph), facts_(facts), accounts_(std::move(accounts)), recent_since_(recent_since) {}

  const Cut& around() {
    if (!around_) around_ = std::make_unique<Cut>(cut(graph_.around(accounts_)));
    return *around_;
  }
  /// What was booked since then, or more; valid until the next call.
  const Cut& since(Micros from) {
    Since& place = from >= recent_since_ ? recent_ : further_back_;
    const Micros begin = std::min(from, recent_since_);
    if (!place.cut || place.from != begin) {
      place = {begin, nullptr};  // two at once would need twice the memory
      place.cut = std::make_unique<Cut>(cut(graph_.since(begin)));
    }
    return *place.cut;
  }

 private:
  struct Since {
    Micros from = 0;
    std::unique_ptr<Cut> cut;
  };

  Cut cut(GrowingGraph::Part&& part) const {
    auto facts = facts_.of(part);
    return {std::move(part), std::move(facts)};
  }

  GrowingGraph& graph_;
  const GrowingFacts& facts_;
  std::vector<Vertex> accounts_;
  Micros recent_since_;
  std::unique_ptr<Cut> around_;
  Since recent_, further_back_;
};

}  // namespace

struct IncrementalDetection::State {
  std::vector<Scenario> scenarios;
  detect::BaseCurrency currency;
  GrowingGraph graph;
  GrowingFacts facts;
  std::map<std::size_t, KnownFindings> found;  ///< by scenario, of those that are kept

  std::optional<Touched> add_rows(const store::AddedRows& rows);
  std::vector<Vertex> accounts_to_look_at(const Touched& touched) const;
  Micros span() const;
  detect::Detection detect(const Cut& cut, std::size_t scenario, const std::stop_token& stop) const;
  FindingChanges replace(std::size_t scenario, std::vector<detect::Finding>&& findings,
                         const std::function<bool(const Known&)>& is_looked_at);
  std::optional<FindingChanges> look_around_accounts(std::size_t scenario, Cuts& cuts,
                                                     const Touched& touched,
                                                     const std::stop_token& stop);
  std::optional<FindingChanges> look_in_windows(std::size_t scenario, Cuts& cuts,
                                                const Touched& touched,
                                                const std::stop_token& stop);
};

IncrementalDetection::IncrementalDetection(const Graphs& graphs, std::vector<Scenario> scenarios,
                                           detect::BaseCurrency currency) {
  const std::uint32_t cap = largest_cap(scenarios);
  state_ = std::unique_ptr<State>(new State{std::move(scenarios),
                                            std::move(currency),
                                            GrowingGraph(graphs.accounts, cap),
                                            growing_facts(graphs),
                                            {}});
}

IncrementalDetection::~IncrementalDetection() = default;

bool IncrementalDetection::is_kept(std::size_t scenario) const {
  return state_->found.contains(scenario);
}

bool IncrementalDetection::has_account(std::string_view key) const {
  return state_->graph.find(key).has_value();
}

void IncrementalDetection::know(std::size_t scenario, const detect::Detection& detection) {
  const Scenario& of = state_->scenarios[scenario];
  if (locality_of(of.params).reach == Reach::kAllData || detection.truncated) return;
  KnownFindings& known_findings = state_->found[scenario];
  for (const detect::Finding& finding : detection.findings)
    known_findings.emplace(store::alert_id(of.id, finding), known(finding));
}

Counts IncrementalDetection::by_severity(std::size_t scenario) const {
  std::vector<double> scores;
  for (const auto& [id, finding] : state_->found.at(scenario)) scores.push_back(finding.score);
  return scenarios::by_severity(state_->scenarios[scenario], scores);
}

std::optional<std::vector<FindingChanges>> IncrementalDetection::add(const store::AddedRows& rows,
                                                                     const std::stop_token& stop) {
  std::vector<FindingChanges> changes(state_->scenarios.size());
  const auto touched = state_->add_rows(rows);
  if (!touched) return std::nullopt;
  if (rows.transfers.empty()) return changes;

  Cuts cuts(state_->graph, state_->facts, state_->accounts_to_look_at(*touched),
            touched->earliest - 2 * state_->span());
  for (std::size_t scenario = 0; scenario < changes.size(); ++scenario) {
    if (!is_kept(scenario)) continue;
    auto found = locality_of(state_->scenarios[scenario].params).reach == Reach::kAccount
                     ? state_->look_around_accounts(scenario, cuts, *touched, stop)
                     : state_->look_in_windows(scenario, cuts, *touched, stop);
    if (!found) return std::nullopt;
    changes[scenario] = *std::move(found);
  }
  return changes;
}

/// nullopt: an account is not known, or the first transfer of all is a new one.
std::optional<Touched> IncrementalDetection::State::add_rows(const store::AddedRows& rows) {
  for (const store::AddedAccount& account : rows.accounts) {
    graph.add_vertex(account.key);
    facts.add(account);
  }
  Touched touched;
  const Micros begin = graph.begin();
  for (const store::AddedTransfer& transfer : rows.transfers) {
    const auto from = graph.find(transfer.from);
    const auto to = graph.find(transfer.to);
    if (!from || !to) return std::nullopt;
    for (const Vertex account : {*from, *to})
      touched.counterparties_before.emplace(account, graph.counterparties(account));
    graph.add_transfer(*from, *to, transfer.booked_at, transfer.amount_minor, transfer.type,
                       transfer.key);
    touched.earliest = std::min(touched.earliest, transfer.booked_at);
  }
  if (touched.earliest < begin) return std::nullopt;
  return touched;
}

/// Those touched that are no hubs to every scenario around one account.
std::vector<Vertex> IncrementalDetection::State::accounts_to_look_at(const Touched& touched) const {
  std::uint32_t cap = 0;
  for (const Scenario& scenario : scenarios) {
    const Locality locality = locality_of(scenario.params);
    if (locality.reach != Reach::kAccount) continue;
    cap = std::max(cap, locality.max_counterparties == 0 ? std::numeric_limits<std::uint32_t>::max()
                                                         : locality.max_counterparties);
  }
  std::vector<Vertex> accounts;
  for (const auto& [account, before] : touched.counterparties_before)
    if (graph.counterparties(account) <= cap) accounts.push_back(account);
  return accounts;
}

/// The longest of the scenarios that look in windows.
Micros IncrementalDetection::State::span() const {
  Micros longest = 0;
  for (const Scenario& scenario : scenarios)
    longest = std::max(longest, locality_of(scenario.params).span);
  return longest;
}

/// Truncated: a budget was reached, or it was stopped.
detect::Detection IncrementalDetection::State::detect(const Cut& cut, std::size_t scenario,
                                                      const std::stop_token& stop) const {
  auto detection =
      detect_on_accounts(cut.part.graph, cut.facts, scenarios[scenario].params, currency, stop);
  assert(detection);
  return rounded(*std::move(detection));
}

/// Puts the findings in the place of those that were looked at.
FindingChanges IncrementalDetection::State::replace(
    std::size_t scenario, std::vector<detect::Finding>&& findings,
    const std::function<bool(const Known&)>& is_looked_at) {
  KnownFindings& before = found.at(scenario);
  FindingChanges changes;
  std::set<std::string> ids;
  for (detect::Finding& finding : findings) {
    const std::string id = store::alert_id(scenarios[scenario].id, finding);
    ids.insert(id);
    Known now = known(finding);
    Known& then = before[id];
    if (then.digest == now.digest) continue;
    then = std::move(now);
    changes.changed.push_back(std::move(finding));
  }
  std::erase_if(before, [&](const auto& entry) {
    if (ids.contains(entry.first) || !is_looked_at(entry.second)) return false;
    changes.gone.push_back(entry.first);
    return true;
  });
  std::ranges::sort(changes.gone);
  return changes;
}

std::optional<FindingChanges> IncrementalDetection::State::look_around_accounts(
    std::size_t scenario, Cuts& cuts, const Touched& touched, const std::stop_token& stop) {
  auto detection = detect(cuts.around(), scenario, stop);
  if (detection.truncated) return std::nullopt;
  const auto is_touched = [&](const std::string& account) {
    return touched.counterparties_before.contains(*graph.find(account));
  };
  std::erase_if(detection.findings,
                [&](const detect::Finding& finding) { return !is_touched(finding.subject); });
  return replace(scenario, std::move(detection.findings),
                 [&](const Known& finding) { return is_touched(finding.subject); });
}

std::optional<FindingChanges> IncrementalDetection::State::look_in_windows(
    std::size_t scenario, Cuts& cuts, const Touched& touched, const std::stop_token& stop) {
  const Locality locality = locality_of(scenarios[scenario].params);
  const bool is_hub_new = touched.made_a_hub(graph, locality.max_counterparties);
  // Only what has a transfer since then can have changed ...
  const Micros changed_since = is_hub_new ? kEver : touched.earliest;
  // ... and only what has none before this one is known to be complete.
  Micros complete_since = is_hub_new ? kEver : touched.earliest - locality.span;
  for (;;) {
    const Cut& cut = cuts.since(is_hub_new ? kEver : complete_since - locality.span);
    auto detection = detect(cut, scenario, stop);
    if (detection.truncated) return std::nullopt;

    Micros earliest = complete_since;
    const auto include = [&](Micros first, Micros last) {
      if (last >= changed_since) earliest = std::min(earliest, first);
    };
    for (const detect::Finding& finding : detection.findings)
      include(first(finding), last(finding));
    for (const auto& [id, finding] : found.at(scenario)) include(finding.first, finding.last);
    if (earliest == complete_since) {
      std::erase_if(detection.findings, [&](const detect::Finding& finding) {
        return first(finding) < complete_since;
      });
      return replace(scenario, std::move(detection.findings),
                     [&](const Known& finding) { return finding.first >= complete_since; });
    }
    complete_since = earliest;
  }
}

}  // namespace aml::scenarios
