// SPDX-License-Identifier: Apache-2.0
#include "store/gold_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <pqxx/pqxx>
#include <set>
#include <stdexcept>
#include <utility>

#include "aml_query.hpp"
#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "store/gold_staging.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::store {
namespace {

constexpr std::size_t kAlertIdLength = 32;

/// How many alerts of a scenario came and went.
struct AlertChanges {
  std::int64_t added = 0;
  std::int64_t found_again = 0;
  std::int64_t gone = 0;
  std::int64_t unreached = 0;
};

std::string number_array(const std::vector<std::int64_t>& numbers) {
  return fmt::format("{{{}}}", fmt::join(numbers, ","));
}

/// As many are worth the time to tell the planner about them.
constexpr std::size_t kManyFindings = 200;
constexpr std::int64_t kManyRows = 1000;

}  // namespace

struct GoldWriter::State {
  pqxx::work transaction;
  std::int64_t run_id = 0;
  std::string base_currency;
  int exponent = 0;
  Purpose purpose = Purpose::kProduction;
  bool is_incremental = false;
  bool has_staged = false;             ///< something lies in the staging tables
  std::set<std::string> written = {};  ///< scenarios of this run so far

  void begin() {
    if (!run(transaction, query::has_staged_gold)[0][0].as<bool>()) {
      for (const auto* table :
           {&command::stage_scenarios, &command::stage_findings, &command::stage_transfers,
            &command::stage_entities, &command::stage_evidence, &command::stage_scores,
            &command::stage_missing_alerts, &command::stage_gone_scores}) {
        execute(transaction, *table);
      }
      execute(transaction, command::analyze_staged_gold);
    }
    if (purpose == Purpose::kProduction) run(transaction, query::begin_run_version, run_id);
  }

  void require_not_written(const std::vector<const ScenarioIdentity*>& scenarios) const {
    std::set<std::string> known = written;
    for (const auto* scenario : scenarios) {
      if (!known.insert(scenario->id).second)
        throw std::invalid_argument(
            fmt::format("scenario {} was already written in this run", scenario->id));
    }
  }

  void stage(const std::vector<const ScenarioIdentity*>& scenarios,
             const std::map<std::string, std::optional<double>>& truncated,
             const std::vector<StagedFinding>& findings,
             const OfScenarios<detect::ScoreTable>& scores) {
    for (const auto* scenario : scenarios) written.insert(scenario->id);
    if (has_staged) execute(transaction, command::empty_staged_gold);
    has_staged = true;
    stage_scenarios(transaction, scenarios, truncated);
    if (!findings.empty()) {
      stage_findings(transaction, findings, exponent);
      stage_transfers(transaction, findings);
      stage_entities(transaction, findings);
      stage_evidence(transaction, findings);
    }
    const bool has_scores =
        std::ranges::any_of(scores, [](const auto& of) { return !of.second.empty(); });
    if (has_scores) stage_scores(transaction, scores);
    if (has_scores || findings.size() > kManyFindings)
      execute(transaction, command::analyze_staged_gold);
  }

  /// The texts of the staged scenarios; returns the scenarios that ran before with another text
  /// under the same version.
  std::set<std::string> register_scenarios() {
    run(transaction, query::ensure_typologies);
    std::set<std::string> other_text;
    for (const auto& row : run(transaction, query::record_scenario_versions))
      other_text.insert(row[0].as<std::string>());
    run(transaction, query::write_scenarios);
    return other_text;
  }

  /// How many of each scenario, by severity.
  std::map<std::string, std::map<std::string, std::int64_t>> unstage_partial_findings() {
    std::map<std::string, std::map<std::string, std::int64_t>> partial;
    for (const auto& row : run(transaction, query::unstage_partial_findings))
      partial[row["scenario"].as<std::string>()][row["severity"].as<std::string>()] =
          row["partial"].as<std::int64_t>();
    return partial;
  }

  /// What is as staged stays untouched, so that a run that finds the same again writes nothing.
  std::map<std::string, AlertChanges> write_staged_findings() {
    std::map<std::string, AlertChanges> changes;
    for (const auto& row : run(transaction, query::write_alerts, run_id, base_currency)) {
      auto& of_scenario = changes[row["scenario"].as<std::string>()];
      of_scenario.added = row["added"].as<std::int64_t>();
      of_scenario.found_again = row["found_again"].as<std::int64_t>();
    }
    for (const auto& row : run(transaction, query::mark_gone_alerts, run_id))
      changes[row["scenario"].as<std::string>()].gone = row["gone"].as<std::int64_t>();
    for (const auto& row : run(transaction, query::keep_unreached_alerts))
      changes[row["scenario"].as<std::string>()].unreached = row["unreached"].as<std::int64_t>();
    run(transaction, query::end_alert_periods, run_id);
    run(transaction, query::begin_alert_periods, run_id);
    run(transaction, query::delete_changed_alert_transfers);
    run(transaction, query::insert_missing_alert_transfers);
    run(transaction, query::delete_changed_alert_entities);
    run(transaction, query::insert_missing_alert_entities);
    run(transaction, query::delete_changed_alert_evidence);
    run(transaction, query::insert_missing_alert_evidence);
    return changes;
  }

  void write_staged_scores() {
    run(transaction, query::delete_changed_scores);
    run(transaction, query::insert_missing_scores, run_id);
  }

  /// The outcome of the staged scenarios, in their order. `found`: how many findings each has; empty:
  /// as many as before, but for the changes.
  std::vector<GoldCounts> write_outcomes(const std::vector<const ScenarioIdentity*>& scenarios,
                                         std::map<std::string, AlertChanges> changes,
                                         const std::vector<std::int64_t>& found) {
    std::vector<std::string> ids;
    std::vector<std::int64_t> came, went, added;
    for (const auto* scenario : scenarios) {
      const auto& of_scenario = changes[scenario->id];
      ids.push_back(scenario->id);
      came.push_back(of_scenario.added + of_scenario.found_again);
      went.push_back(of_scenario.gone);
      added.push_back(of_scenario.added);
    }
    run(transaction, query::end_scenario_periods, run_id, text_array(ids), number_array(came),
        number_array(went), number_array(found));
    std::map<std::string, std::int64_t> alerts;
    for (const auto& row :
         run(transaction, query::begin_scenario_periods, run_id, text_array(ids),
             number_array(came), number_array(went), number_array(added), number_array(found)))
      alerts[row["scenario"].as<std::string>()] = row["alerts"].as<std::int64_t>();
    std::vector<GoldCounts> counts;
    for (std::size_t i = 0; i < ids.size(); ++i)
      counts.push_back({.alerts = alerts[ids[i]],
                        .added = added[i],
                        .gone = went[i],
                        .unreached = changes[ids[i]].unreached});
    return counts;
  }

  /// The text of a scenario stands beside its result: aml.scenario_versions keeps those that made
  /// alerts.
  std::vector<GoldCounts> write_backtest(const std::vector<const ScenarioIdentity*>& scenarios) {
    std::map<std::string, GoldCounts> counts;
    run(transaction, query::stage_missing_alerts);
    for (const auto& row : run(transaction, query::record_backtest_results, run_id))
      counts[row["scenario"].as<std::string>()] = {.alerts = row["alerts"].as<std::int64_t>(),
                                                   .added = row["added"].as<std::int64_t>(),
                                                   .gone = row["gone"].as<std::int64_t>()};
    run(transaction, query::insert_backtest_findings, run_id, base_currency);
    run(transaction, query::insert_backtest_transfers, run_id);
    run(transaction, query::insert_backtest_entities, run_id);
    run(transaction, query::insert_backtest_evidence, run_id);
    std::vector<GoldCounts> in_order;
    for (const auto* scenario : scenarios) in_order.push_back(counts.at(scenario->id));
    return in_order;
  }

  void require_like_newest_run() {
    const auto unlike = run(transaction, query::unlike_newest_run);
    if (unlike.empty()) return;
    throw std::invalid_argument(fmt::format(
        "scenario {}: its newest run was of another version, or another model scored it, or it did "
        "not come to all alerts, or there is none; changes are not enough then, write all that it "
        "found",
        unlike[0][0].as<std::string>()));
  }
};

namespace {

template <typename OfScenario>
std::vector<const ScenarioIdentity*> identities(const std::vector<OfScenario>& of_scenarios) {
  std::vector<const ScenarioIdentity*> all;
  for (const auto& of_scenario : of_scenarios) all.push_back(&of_scenario.scenario);
  return all;
}

template <typename OfScenario>
std::vector<StagedFinding> all_findings(const std::vector<OfScenario>& of_scenarios) {
  std::vector<StagedFinding> all;
  for (const auto& of_scenario : of_scenarios)
    std::ranges::move(stageable(of_scenario.scenario.id, of_scenario.findings),
                      std::back_inserter(all));
  return all;
}

template <typename Value, typename OfScenario, typename Member>
OfScenarios<Value> all_of(const std::vector<OfScenario>& of_scenarios, Member member) {
  OfScenarios<Value> all;
  for (const auto& of_scenario : of_scenarios)
    all.emplace_back(of_scenario.scenario.id, of_scenario.*member);
  return all;
}

std::map<std::string, std::optional<double>> truncated_of(
    const std::vector<ScenarioFindings>& found) {
  std::map<std::string, std::optional<double>> truncated;
  for (const auto& of_scenario : found)
    if (of_scenario.truncated) truncated[of_scenario.scenario.id] = of_scenario.alert_at;
  return truncated;
}

/// An alert cannot be found and gone, or gone twice.
void require_gone_once(const std::vector<ScenarioChanges>& changes,
                       const std::vector<StagedFinding>& findings) {
  std::set<std::string> named;
  for (const auto& finding : findings) named.insert(finding.id);
  for (const auto& of_scenario : changes) {
    for (const auto& id : of_scenario.gone) {
      if (!named.insert(id).second)
        throw std::invalid_argument(fmt::format("scenario {}: alert {} is gone, and named twice",
                                                of_scenario.scenario.id, id));
    }
  }
}

void require_all_gone(const std::vector<ScenarioChanges>& changes,
                      const std::vector<GoldCounts>& counts) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto named = static_cast<std::int64_t>(changes[i].gone.size());
    if (named != counts[i].gone)
      throw std::invalid_argument(
          fmt::format("scenario {}: {} of the {} gone alerts were not current alerts of it",
                      changes[i].scenario.id, named - counts[i].gone, named));
  }
}

}  // namespace

GoldWriter::GoldWriter(Connection& connection, std::int64_t run_id,
                       const std::string& base_currency, int base_currency_exponent,
                       Purpose purpose)
    : state_(as_statement("BEGIN", [&] {
        return std::unique_ptr<State>(new State{pqxx::work(connection.pqxx(), "write gold"), run_id,
                                                base_currency, base_currency_exponent, purpose});
      })) {
  state_->begin();
}

GoldWriter::GoldWriter(Connection& connection, const RunStart& start, const RunSnapshotFacts& facts,
                       const std::string& base_currency, int base_currency_exponent)
    : state_(as_statement("BEGIN", [&] {
        return std::unique_ptr<State>(new State{pqxx::work(connection.pqxx(), "write gold"), 0,
                                                base_currency, base_currency_exponent,
                                                Purpose::kProduction});
      })) {
  if (start.is_backtest())
    throw std::invalid_argument("a backtest is no run that is written in one transaction");
  state_->is_incremental = start.kind == RunKind::kIncremental;
  state_->run_id = start_run(state_->transaction, start);
  record_snapshot(state_->transaction, state_->run_id, facts);
  state_->begin();
}

GoldWriter::~GoldWriter() = default;

std::int64_t GoldWriter::run_id() const {
  return state_->run_id;
}

std::vector<GoldCounts> GoldWriter::write(const std::vector<ScenarioFindings>& found) {
  const auto scenarios = identities(found);
  state_->require_not_written(scenarios);
  const auto findings = all_findings(found);
  auto& transaction = state_->transaction;
  state_->stage(scenarios, truncated_of(found), findings,
                all_of<detect::ScoreTable>(found, &ScenarioFindings::scores));
  if (state_->purpose == Purpose::kBacktest) return state_->write_backtest(scenarios);

  const auto other_text = state_->register_scenarios();
  auto partial = state_->unstage_partial_findings();
  run(transaction, query::stage_missing_alerts);
  run(transaction, query::stage_gone_scores);
  auto changes = state_->write_staged_findings();
  state_->write_staged_scores();
  std::vector<std::int64_t> of_each;
  for (const auto& of_scenario : found) {
    std::int64_t whole = std::ssize(of_scenario.findings);
    for (const auto& [severity, parts] : partial[of_scenario.scenario.id]) whole -= parts;
    of_each.push_back(whole);
  }
  auto counts = state_->write_outcomes(scenarios, std::move(changes), of_each);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i].partial = std::move(partial[scenarios[i]->id]);
    counts[i].changed_without_new_version = other_text.contains(scenarios[i]->id);
  }
  return counts;
}

std::vector<GoldCounts> GoldWriter::write_changes(const std::vector<ScenarioChanges>& changes) {
  const auto scenarios = identities(changes);
  state_->require_not_written(scenarios);
  const auto findings = all_findings(changes);
  require_gone_once(changes, findings);
  state_->stage(scenarios, {}, findings, {});
  state_->require_like_newest_run();
  const bool has_gone =
      std::ranges::any_of(changes, [](const auto& of) { return !of.gone.empty(); });
  if (has_gone)
    stage_missing_alerts(state_->transaction, all_of<std::string>(changes, &ScenarioChanges::gone));

  std::map<std::string, AlertChanges> written;
  if (has_gone || !findings.empty()) written = state_->write_staged_findings();
  auto counts = state_->write_outcomes(scenarios, std::move(written), {});
  require_all_gone(changes, counts);
  return counts;
}

ModelVersion GoldWriter::register_version(const NewModelVersion& version) {
  auto& transaction = state_->transaction;
  ModelVersion id = store::register_version(transaction, version);
  if (!production_version(transaction, id.model)) {
    change_stage(transaction, id, kProductionStage, version.reason);
  }
  return id;
}

void GoldWriter::write_drift(const std::string& scenario, const ModelVersion& version,
                             const std::vector<detect::Baseline>& baselines,
                             const std::vector<detect::Drift>& drifts) {
  record_drift(state_->transaction, state_->run_id, scenario, version, baselines, drifts);
}

std::int64_t GoldWriter::write_account_features(const AccountTable& features) {
  auto& transaction = state_->transaction;
  stage_account_features(transaction, features);
  run(transaction, query::delete_gone_account_features);
  run(transaction, query::delete_changed_account_features);
  return static_cast<std::int64_t>(
      run(transaction, query::insert_missing_account_features, state_->run_id).affected_rows());
}

void GoldWriter::complete_run(std::int64_t peak_memory_bytes, const std::string& error) {
  auto& transaction = state_->transaction;
  if (state_->purpose == Purpose::kProduction) {
    const std::vector<std::string> written(state_->written.begin(), state_->written.end());
    run(transaction, query::end_other_scenario_periods, state_->run_id, text_array(written));
    if (!state_->is_incremental &&
        run(transaction, query::count_written_rows)[0][0].as<std::int64_t>() >= kManyRows)
      run(transaction, query::analyze_gold);
  } else {
    run(transaction, query::analyze_backtest);
  }
  const auto completed =
      run(transaction, query::complete_run, state_->run_id, error.empty() ? "succeeded" : "failed",
          error.empty() ? Parameter() : Parameter(storable_text(error)), peak_memory_bytes);
  if (completed.affected_rows() != 1) {
    throw StoreError(
        StoreFailure::kStatement,
        fmt::format(
            "run {} is no longer running: another process declared it dead; its gold was not "
            "written, start a new run",
            state_->run_id),
        std::string(query::complete_run.file));
  }
}

void GoldWriter::commit(int step_number, const RunStep& step) {
  record_step(state_->transaction, state_->run_id, step_number, step);
  as_statement("COMMIT", [&] { state_->transaction.commit(); });
}

std::string alert_id(const std::string& scenario_id, const detect::Finding& finding) {
  std::string content;
  for (const std::string_view part :
       {std::string_view(scenario_id), kind_name(finding.subject_kind),
        std::string_view(finding.subject), std::string_view(finding.evidence_key)}) {
    content += fmt::format("{}:{}", part.size(), part);
  }
  return sha256_hex(content).substr(0, kAlertIdLength);
}

}  // namespace aml::store
