// SPDX-License-Identifier: Apache-2.0
#include "scenarios/runner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "detect/features.hpp"
#include "graph/key_order.hpp"
#include "scenarios/locality.hpp"
#include "scenarios/registered_model.hpp"
#include "scenarios/stop_on_interrupt.hpp"
#include "store/error.hpp"
#include "store/migrations.hpp"

namespace aml::scenarios {
namespace {

using Clock = std::chrono::steady_clock;

/// values[order[0]], values[order[1]], ...
template <typename Value>
std::vector<Value> in_order(const std::vector<Value>& values,
                            const std::vector<std::uint32_t>& order) {
  std::vector<Value> ordered;
  ordered.reserve(order.size());
  for (const std::uint32_t position : order) ordered.push_back(values[position]);
  return ordered;
}

/// Numbers the kinds in alphabetical order; a snapshot numbers them in the order it meets them.
void sort_kinds(graph::AttributeColumns& attributes) {
  std::vector<std::string> sorted = attributes.kind_names;
  std::ranges::sort(sorted);
  std::vector<std::uint8_t> rank;
  for (const std::string& name : attributes.kind_names)
    rank.push_back(
        static_cast<std::uint8_t>(std::ranges::lower_bound(sorted, name) - sorted.begin()));
  for (std::uint8_t& kind : attributes.kind) kind = rank[kind];
  attributes.kind_names = std::move(sorted);
}

/// In the order of the graphs' vertices. Countries keep the numbers of the snapshot.
detect::AccountFacts facts_of(const store::Snapshot& snapshot,
                              const std::vector<std::uint32_t>& account_order,
                              const std::vector<std::uint32_t>& party_order) {
  std::vector<graph::Vertex> vertex_of_party(party_order.size());
  for (graph::Vertex v = 0; v < party_order.size(); ++v) vertex_of_party[party_order[v]] = v;
  detect::AccountFacts facts;
  facts.country_names = snapshot.country_names;
  for (const std::uint32_t account : account_order) {
    facts.owner.push_back(vertex_of_party[snapshot.party_of_account[account]]);
    facts.country.push_back(snapshot.country[account]);
    facts.opened_at.push_back(snapshot.opened_at[account].value_or(detect::kNotKnown));
  }
  return facts;
}

void require_distinct_scenarios(const std::vector<Scenario>& scenarios) {
  if (scenarios.empty()) throw std::invalid_argument("no scenario to run");
  std::set<std::string> ids;
  for (const Scenario& scenario : scenarios)
    if (!ids.insert(scenario.id).second)
      throw std::invalid_argument(fmt::format(
          "scenario {} stands twice in one run: alert ids depend on scenario ids", scenario.id));
}

store::RunStart run_start(const std::vector<Scenario>& scenarios, const RunOptions& options,
                          int threads) {
  store::RunStart start{options.program_version, threads, 0, {}, options.as_of, {},
                        options.as_of_version};
  for (const Scenario& scenario : scenarios) {
    start.scenarios.push_back(scenario.id);
    std::ranges::copy(scenario.overrides, std::back_inserter(start.overrides));
    if (const auto* anomalies = std::get_if<detect::AnomaliesParams>(&scenario.params))
      start.seed = anomalies->forest.seed;
  }
  return start;
}

/// What an operator can raise when a detector gave up.
std::string_view budget_parameter(const DetectorParams& params) {
  return std::visit(
      [](const auto& detector_params) -> std::string_view {
        if constexpr (requires { detector_params.max_alerts; }) return "max_alerts";
        if constexpr (requires { detector_params.max_cycles; }) return "max_steps or max_cycles";
        if constexpr (requires { detector_params.max_paths; }) return "max_steps or max_paths";
        if constexpr (requires { detector_params.max_rows; }) return "max_steps or max_rows";
        if constexpr (requires { detector_params.max_transfers; })
          return "max_steps or max_transfers";
        return "max_steps";
      },
      params);
}

std::vector<double> scores_of(const std::vector<detect::Finding>& findings) {
  std::vector<double> scores;
  for (const detect::Finding& finding : findings) scores.push_back(finding.score);
  return scores;
}

store::AccountTable account_table(const graph::TransferGraph& accounts,
                                  detect::FeatureSet&& features) {
  store::AccountTable table{{}, {}, std::move(features.values)};
  for (const auto& feature : detect::feature_set_definitions())
    table.columns.emplace_back(feature.name);
  for (graph::Vertex v = 0; v < accounts.num_vertices(); ++v)
    table.accounts.push_back(accounts.key(v));
  return table;
}

/// One run from its first ledger row to its last.
class Run {
 public:
  Run(store::Connection& connection, const std::vector<Scenario>& scenarios,
      const RunOptions& options, int threads)
      : connection_(connection),
        scenarios_(scenarios),
        options_(options),
        thread_limit_(tbb::global_control::max_allowed_parallelism,
                      static_cast<std::size_t>(threads)),
        arena_(threads) {
    const store::BaseCurrencySetting setting = store::base_currency(connection_);
    currency_ = {setting.code, setting.exponent};
    const store::RunStart start = run_start(scenarios, options, threads);
    outcome_.is_backtest = start.is_backtest();
    outcome_.run_id = store::start_run(connection_, start);
  }

  RunOutcome execute() {
    try {
      outcome_.status =
          run_to_the_end() ? (error_.empty() ? "succeeded" : "failed") : "interrupted";
      if (outcome_.status == "interrupted")
        store::finish_run(connection_, outcome_.run_id, outcome_.status, "", peak_memory_bytes());
    } catch (const std::exception& error) {
      leave_a_trace(error.what());
      throw;
    }
    outcome_.seconds = seconds_since(started_);
    outcome_.peak_memory_bytes = peak_memory_bytes();
    return std::move(outcome_);
  }

 private:
  /// False if it was interrupted on the way.
  bool run_to_the_end() {
    if (interrupted()) return false;
    const std::optional<Graphs> graphs = read_graphs();
    if (!graphs || interrupted()) return false;
    RunModels models(connection_, {.is_backtest = outcome_.is_backtest,
                                   .as_of = options_.as_of,
                                   .as_of_version = options_.as_of_version,
                                   .program_version = options_.program_version,
                                   .run_id = outcome_.run_id});
    std::vector<std::optional<Found>> found;
    for (const Scenario& scenario : scenarios_) {
      found.push_back(run_scenario(*graphs, scenario, models));
      if (interrupted()) return false;
    }
    auto features = measure_accounts(*graphs);
    if (interrupted()) return false;
    write_gold(*graphs, found, std::move(features));
    if (options_.written) tell_what_was_written(*graphs, found);
    return true;
  }

  /// The snapshot dies with this function: from here on only the graphs are in memory.
  std::optional<Graphs> read_graphs() {
    std::optional<store::Snapshot> snapshot;
    stage("read snapshot", nullptr, [&](store::RunStep& step) {
      snapshot = store::read_snapshot(connection_, {options_.as_of, options_.as_of_version});
      outcome_.snapshot = snapshot_facts(*snapshot);
      store::record_snapshot(connection_, outcome_.run_id, outcome_.snapshot);
      step.rows = outcome_.snapshot.transfers;
    });
    if (interrupted()) return std::nullopt;

    std::optional<Graphs> graphs;
    stage("build graph", nullptr, [&](store::RunStep& step) {
      arena_.execute([&] { graphs = build_graphs(std::move(*snapshot)); });
      step.rows = graphs->accounts.num_edges();
    });
    return graphs;
  }

  /// nullopt if the scenario failed; the others go on.
  std::optional<Found> run_scenario(const Graphs& graphs, const Scenario& scenario,
                                    RunModels& models) {
    ScenarioOutcome& outcome = outcome_.scenarios.emplace_back();
    outcome.id = scenario.id;
    outcome.version = scenario.version;
    outcome.title = scenario.title;
    std::optional<Found> found;
    stage(scenario.id, &scenario, [&](store::RunStep& step) {
      try {
        const StopOnInterrupt stop(options_.interrupted);
        arena_.execute([&] { found = find(graphs, scenario, models, stop.token()); });
      } catch (const std::exception& error) {
        outcome.error = error.what();
        error_ += fmt::format("{}{}: {}", error_.empty() ? "" : "; ", scenario.id, error.what());
        step.outcome = "failed";
        step.notes.push_back(outcome.error);
        return;
      }
      const detect::Detection& detection = found->detection;
      outcome.truncated = detection.truncated;
      outcome.detector_counts = detection.counts;
      step.rows = static_cast<std::int64_t>(detection.findings.size());
      step.notes = detection.ignored;
      std::ranges::copy(found->model.notes, std::back_inserter(step.notes));
      step.warnings = found->model.warnings;
      if (!detection.truncated) return;
      step.outcome = "truncated";
      step.notes.push_back(interrupted()
                               ? std::string("interrupted")
                               : fmt::format("budget reached, findings may be missing: raise {}",
                                             budget_parameter(scenario.params)));
    });
    return found;
  }

  Found find(const Graphs& graphs, const Scenario& scenario, RunModels& models,
             const std::stop_token& stop) {
    if (std::holds_alternative<detect::AnomaliesParams>(scenario.params))
      return models.score(graphs, outcome_.snapshot, scenario, currency_);
    return {detect(graphs, scenario, currency_, stop)};
  }

  /// nullopt if gold keeps those it has.
  std::optional<detect::FeatureSet> measure_accounts(const Graphs& graphs) {
    if (outcome_.is_backtest || !options_.account_features) return std::nullopt;
    std::optional<detect::FeatureSet> features;
    stage("account features", nullptr, [&](store::RunStep& step) {
      const StopOnInterrupt stop(options_.interrupted);
      detect::PatternLimits limits;
      limits.stop = stop.token();
      arena_.execute([&] {
        features = detect::account_feature_set(graphs.accounts, currency_.exponent, limits);
      });
      step.rows = graphs.accounts.num_vertices();
      step.notes = features->notes;
      if (features->truncated) step.outcome = "truncated";
    });
    return features;
  }

  void write_gold(const Graphs& graphs, const std::vector<std::optional<Found>>& found,
                  std::optional<detect::FeatureSet> features) {
    store::GoldWriter writer(
        connection_, outcome_.run_id, currency_.code, currency_.exponent,
        outcome_.is_backtest ? store::Purpose::kBacktest : store::Purpose::kProduction);
    std::map<std::string, store::ModelVersion> registered;
    const auto write = [&](store::RunStep& step) {
      std::vector<store::ScenarioFindings> results;
      std::vector<ScenarioOutcome*> outcomes;
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (!found[i]) continue;
        const Scenario& scenario = scenarios_[i];
        ScenarioOutcome& outcome = outcome_.scenarios[i];
        outcome.model = scored_by(found[i]->model, writer, registered);
        results.push_back({identity_of(scenario), graded(found[i]->detection.findings, scenario),
                           found[i]->detection.scores, found[i]->detection.truncated});
        results.back().scenario.scored_by = outcome.model;
        if (const auto* anomalies = std::get_if<detect::AnomaliesParams>(&scenario.params))
          results.back().alert_at = anomalies->alert_at;
        outcome.by_severity = by_severity(scenario, scores_of(found[i]->detection.findings));
        outcomes.push_back(&outcome);
        if (!found[i]->model.drifts.empty())
          writer.write_drift(scenario.id, *outcome.model, found[i]->model.baselines,
                             found[i]->model.drifts);
      }
      const std::vector<store::GoldCounts> counts = writer.write(results);
      for (std::size_t i = 0; i < counts.size(); ++i) {
        outcomes[i]->counts = counts[i];
        step.rows += counts[i].alerts;
        for (auto& [severity, alerts] : outcomes[i]->by_severity) {
          const auto partial = counts[i].partial.find(severity);
          if (partial != counts[i].partial.end()) alerts -= partial->second;
        }
        if (counts[i].unreached > 0)
          step.warnings.push_back(
              fmt::format("scenario {} ended at a budget; current alerts that it did not come to, "
                          "and that stay: {}",
                          outcomes[i]->id, counts[i].unreached));
        if (counts[i].changed_without_new_version)
          step.notes.push_back(
              fmt::format("scenario {} ran before with another text under the same version {}: "
                          "raise the version with every change",
                          outcomes[i]->id, outcomes[i]->version));
      }
      for (const auto& [model, version] : registered)
        step.notes.push_back(fmt::format("registered {}", store::name_of(version)));
      if (features)
        writer.write_account_features(account_table(graphs.accounts, *std::move(features)));
      writer.complete_run(peak_memory_bytes(), error_);
    };
    stage(outcome_.is_backtest ? "write backtest" : "write gold", nullptr, write,
          [&](int number, const store::RunStep& step) { writer.commit(number, step); });
  }

  void tell_what_was_written(const Graphs& graphs,
                             const std::vector<std::optional<Found>>& found) const {
    std::vector<const detect::Detection*> detections;
    for (const auto& each : found) detections.push_back(each ? &each->detection : nullptr);
    options_.written(graphs, detections);
  }

  /// Registers what this run fitted, once for all scenarios that name the model.
  static std::optional<store::ModelVersion> scored_by(
      const ModelUse& use, store::GoldWriter& writer,
      std::map<std::string, store::ModelVersion>& registered) {
    if (!use.fitted) return use.version;
    const auto known = registered.find(use.fitted->model);
    if (known != registered.end()) return known->second;
    return registered.emplace(use.fitted->model, writer.register_version(*use.fitted))
        .first->second;
  }

  template <typename Action>
  void stage(const std::string& name, const Scenario* scenario, Action&& action) {
    stage(name, scenario, action, [&](int number, const store::RunStep& step) {
      store::record_step(connection_, outcome_.run_id, number, step);
    });
  }

  /// Runs one stage and writes its ledger row when it has ended.
  template <typename Action, typename Record>
  void stage(const std::string& name, const Scenario* scenario, Action&& action, Record&& record) {
    stage_ = name;
    if (options_.started) options_.started(name);
    store::RunStep step;
    step.name = name;
    if (scenario) {
      step.scenario = scenario->id;
      step.scenario_version = scenario->version;
      step.parameters_json = scenario->parameters_json;
    }
    const auto start = Clock::now();
    action(step);
    step.seconds = seconds_since(start);
    step.peak_memory_bytes = peak_memory_bytes();
    outcome_.steps.push_back(step);
    record(static_cast<int>(outcome_.steps.size()), step);
    if (options_.finished) options_.finished(step);
  }

  bool interrupted() const { return options_.interrupted && options_.interrupted(); }

  void leave_a_trace(const std::string& what) {
    try {
      store::finish_run(connection_, outcome_.run_id, "failed", stage_ + ": " + what,
                        peak_memory_bytes());
    } catch (const store::StoreError&) {
      // The connection is what failed: the next run finds the row still running and marks it died.
    }
  }

  store::Connection& connection_;
  const std::vector<Scenario>& scenarios_;
  const RunOptions& options_;
  const tbb::global_control thread_limit_;
  tbb::task_arena arena_;
  detect::BaseCurrency currency_;
  RunOutcome outcome_;
  std::string stage_;  ///< the stage at work
  std::string error_;  ///< of the scenarios that failed
  const Clock::time_point started_ = Clock::now();
};

struct DetectOnAllData {
  const Graphs& graphs;
  const detect::BaseCurrency& currency;
  const std::stop_token& stop;
  detect::Detection operator()(const detect::SyntheticIdentityParams& params) const {
    return detect::detect_synthetic_identities(graphs.identities, params);
  }
  detect::Detection operator()(const detect::RiskPropagationParams& params) const {
    return detect::detect_risk(graphs.parties, graphs.base_risk, params, currency);
  }
  detect::Detection operator()(const detect::AnomaliesParams& params) const {
    return detect::detect_anomalies(graphs.accounts, params, currency);
  }
  detect::Detection operator()(const detect::MotifMatchesParams& params) const {
    return detect::detect_motif_matches(graphs.accounts, graphs.account_facts, graphs.parties,
                                        params, currency, stop);
  }
  detect::Detection operator()(const auto& /*on accounts*/) const {
    throw std::logic_error("detect_on_accounts() left out a detector");
  }
};

nlohmann::ordered_json counts_to_json(const Counts& counts) {
  auto object = nlohmann::ordered_json::object();
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

nlohmann::ordered_json to_json(const ScenarioOutcome& scenario) {
  nlohmann::ordered_json object{{"id", scenario.id},
                                {"version", scenario.version},
                                {"title", scenario.title},
                                {"status", scenario.error.empty() ? "succeeded" : "failed"}};
  if (!scenario.error.empty()) {
    object["error"] = scenario.error;
    return object;
  }
  object["truncated"] = scenario.truncated;
  if (scenario.model)
    object["model"] = {{"name", scenario.model->model}, {"version", scenario.model->version}};
  object["alerts"] = scenario.counts.alerts;
  object["added"] = scenario.counts.added;
  object["gone"] = scenario.counts.gone;
  object["unreached"] = scenario.counts.unreached;
  object["by_severity"] = counts_to_json(scenario.by_severity);
  object["counts"] = counts_to_json(scenario.detector_counts);
  return object;
}

nlohmann::ordered_json to_json(const store::RunStep& step) {
  nlohmann::ordered_json object{{"name", step.name},
                                {"outcome", step.outcome},
                                {"rows", step.rows},
                                {"seconds", step.seconds},
                                {"peak_memory_bytes", step.peak_memory_bytes},
                                {"notes", step.notes},
                                {"warnings", step.warnings}};
  if (!step.parameters_json.empty())
    object["parameters"] = nlohmann::ordered_json::parse(step.parameters_json);
  return object;
}

nlohmann::ordered_json to_json(const store::RunSnapshotFacts& facts) {
  nlohmann::ordered_json object{{"id", facts.snapshot},     {"last_file_id", nullptr},
                                {"version", facts.version}, {"accounts", facts.accounts},
                                {"parties", facts.parties}, {"transfers", facts.transfers}};
  if (facts.last_file_id) object["last_file_id"] = *facts.last_file_id;
  return object;
}

}  // namespace

std::int64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  constexpr std::int64_t kKibibyte = 1024;
  return usage.ru_maxrss * kKibibyte;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

store::ScenarioIdentity identity_of(const Scenario& scenario) {
  return {scenario.id,       scenario.version,  scenario.title,
          scenario.typology, scenario.detector, scenario.definition_json};
}

std::vector<store::GradedFinding> graded(const std::vector<detect::Finding>& findings,
                                         const Scenario& scenario) {
  std::vector<store::GradedFinding> graded;
  graded.reserve(findings.size());
  for (const detect::Finding& finding : findings)
    graded.push_back({&finding, scenario.severity_of(finding.score)});
  return graded;
}

Counts by_severity(const Scenario& scenario, const std::vector<double>& scores) {
  Counts counts;
  for (const char* severity : {"high", "medium", "low"})
    counts.emplace_back(severity, std::ranges::count_if(scores, [&](double score) {
                          return scenario.severity_of(score) == severity;
                        }));
  return counts;
}

Graphs build_graphs(store::Snapshot&& snapshot) {
  // A snapshot numbers accounts, parties and kinds in the order they were read, graphs in key
  // order.
  const auto account_order = graph::key_order(snapshot.transfers.vertex_keys);
  const auto party_order = graph::key_order(snapshot.attributes.party_keys);
  const auto party_of_account = in_order(snapshot.party_of_account, account_order);
  detect::AccountFacts facts = facts_of(snapshot, account_order, party_order);

  sort_kinds(snapshot.attributes);

  graph::TransferGraph accounts(std::move(snapshot.transfers));
  graph::TransferGraph parties = accounts.grouped(party_of_account, snapshot.attributes.party_keys);
  return {std::move(accounts), std::move(parties), graph::IdentityGraph(snapshot.attributes),
          in_order(snapshot.base_risk, party_order), std::move(facts)};
}

store::RunSnapshotFacts snapshot_facts(const store::Snapshot& snapshot) {
  return {snapshot.id,
          snapshot.last_file_id,
          static_cast<std::int64_t>(snapshot.transfers.vertex_keys.size()),
          static_cast<std::int64_t>(snapshot.attributes.party_keys.size()),
          static_cast<std::int64_t>(snapshot.transfers.source.size()),
          snapshot.version};
}

detect::AccountPopulation account_population(const Graphs& graphs,
                                             const detect::BaseCurrency& currency) {
  return detect::active_accounts(graphs.accounts, currency);
}

detect::Detection rounded(detect::Detection detection) {
  constexpr double kMillion = 1e6;
  for (detect::Finding& finding : detection.findings)
    finding.score = std::round(finding.score * kMillion) / kMillion;
  return detection;
}

detect::Detection detect(const Graphs& graphs, const Scenario& scenario,
                         const detect::BaseCurrency& currency, const std::stop_token& stop) {
  if (auto found = detect_on_accounts(graphs.accounts, graphs.account_facts, scenario.params,
                                      currency, stop)) {
    return rounded(*std::move(found));
  }
  return rounded(std::visit(DetectOnAllData{graphs, currency, stop}, scenario.params));
}

RunOutcome run(store::Connection& connection, const std::vector<Scenario>& scenarios,
               const RunOptions& options) {
  require_distinct_scenarios(scenarios);
  const int threads = options.threads > 0 ? options.threads : tbb::info::default_concurrency();
  const store::RunLock lock(connection);
  return Run(connection, scenarios, options, threads).execute();
}

std::string to_json(const RunOutcome& outcome) {
  nlohmann::ordered_json object{
      {"schema_version", 1},
      {"run_id", outcome.run_id},
      {"purpose", outcome.is_backtest ? "backtest" : "production"},
      {"kind", outcome.kind == store::RunKind::kFull ? "full" : "incremental"},
      {"status", outcome.status},
      {"seconds", outcome.seconds},
      {"peak_memory_bytes", outcome.peak_memory_bytes},
      {"snapshot", to_json(outcome.snapshot)}};
  object["scenarios"] = nlohmann::ordered_json::array();
  for (const ScenarioOutcome& scenario : outcome.scenarios)
    object["scenarios"].push_back(to_json(scenario));
  object["steps"] = nlohmann::ordered_json::array();
  for (const store::RunStep& step : outcome.steps) object["steps"].push_back(to_json(step));
  // Keys of customers may hold bytes that are no UTF-8: shown as U+FFFD rather than refused.
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace aml::scenarios
