// SPDX-License-Identifier: Apache-2.0
#include "store/gold_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <pqxx/pqxx>
#include <set>
#include <stdexcept>
#include <tuple>
#include <unordered_map>

#include "aml_command.hpp"
#include "aml_query.hpp"
#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::store {
namespace {

/// A row of as many fields as there are columns, as COPY has it. libpqxx 6 itself takes tuples only;
/// its stream_to finds separated_list() below by the type of its argument.
struct CopyLine {
  std::string text;
};
template <typename Escape>
const std::string& separated_list(const std::string& /*separator*/, const CopyLine& line,
                                  const Escape& /*escape*/) {
  return line.text;
}

/// A COPY field that may be null.
struct NullableField {
  Parameter text;
};

}  // namespace
}  // namespace aml::store

template <>
struct pqxx::string_traits<aml::store::NullableField> {
  static constexpr const char* name() noexcept { return "NullableField"; }
  static bool is_null(const aml::store::NullableField& field) { return !field.text; }
  static std::string to_string(const aml::store::NullableField& field) {
    return field.text.value_or("");
  }
};

namespace aml::store {
namespace {

constexpr std::array<std::string_view, 3> kSeverities{"low", "medium", "high"};
constexpr std::size_t kAlertIdLength = 32;

std::string_view kind_name(detect::EntityKind kind) {
  return kind == detect::EntityKind::kAccount ? "account" : "party";
}

/// "-12.34" for -1234 with exponent 2: exact, as numeric reads it.
std::string units_text(graph::MinorUnits minor, int exponent) {
  std::string digits = std::to_string(minor);
  const std::string sign = digits.front() == '-' ? "-" : "";
  digits.erase(0, sign.size());
  if (exponent == 0) return sign + digits;
  const auto decimals = static_cast<std::size_t>(exponent);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  digits.insert(digits.size() - decimals, 1, '.');
  return sign + digits;
}

std::string describe_finding(const detect::Finding& finding) {
  return fmt::format("{} {}, evidence key \"{}\"", kind_name(finding.subject_kind), finding.subject,
                     finding.evidence_key);
}

void require_gradable(const GradedFinding& graded) {
  if (std::ranges::find(kSeverities, graded.severity) == kSeverities.end()) {
    throw std::invalid_argument(
        fmt::format("severity of the finding about {}: expected low, medium or high, got \"{}\"",
                    describe_finding(*graded.finding), graded.severity));
  }
  const double score = graded.finding->score;
  if (!(score >= 0 && score <= 1)) {
    throw std::invalid_argument(
        fmt::format("score of the finding about {}: expected 0 to 1, got {}",
                    describe_finding(*graded.finding), score));
  }
}

/// The alert id of each finding.
std::vector<std::string> alert_ids(const std::string& scenario,
                                   const std::vector<GradedFinding>& findings) {
  std::vector<std::string> ids;
  ids.reserve(findings.size());
  std::unordered_map<std::string, const detect::Finding*> known;
  known.reserve(findings.size());
  for (const auto& graded : findings) {
    require_gradable(graded);
    ids.push_back(alert_id(scenario, *graded.finding));
    if (!known.emplace(ids.back(), graded.finding).second) {
      throw std::invalid_argument(fmt::format("scenario {}: two findings about {}", scenario,
                                              describe_finding(*graded.finding)));
    }
  }
  return ids;
}

bool names_subject(const detect::Finding& finding) {
  return std::ranges::any_of(finding.entities, [&](const auto& entity) {
    return entity.kind == finding.subject_kind && entity.key == finding.subject;
  });
}

void execute(pqxx::work& transaction, const command::Embedded& statement) {
  as_statement(statement.file, [&] { transaction.exec(std::string(statement.text)); });
}

/// Fills a staging table by COPY: `rows` is called with a function that takes one row as a tuple.
template <typename Rows>
void copy_into(pqxx::work& transaction, const std::string& table,
               const std::vector<std::string>& columns, Rows&& rows) {
  as_statement("COPY " + table, [&] {
    pqxx::stream_to stream(transaction, table, columns);
    rows([&](const auto& row) { stream << row; });
    stream.complete();
  });
}

void stage_findings(pqxx::work& transaction, const std::vector<GradedFinding>& findings,
                    const std::vector<std::string>& ids, int exponent) {
  const auto time_field = [](const std::optional<graph::Micros>& at) {
    return NullableField{at ? Parameter(time_text(*at)) : std::nullopt};
  };
  copy_into(transaction, "staged_findings",
            {"alert_id", "subject_kind", "subject", "score", "severity", "amount",
             "first_activity_at", "last_activity_at", "explanation"},
            [&](const auto& add) {
              for (std::size_t i = 0; i < findings.size(); ++i) {
                const auto& finding = *findings[i].finding;
                const auto& amount = finding.amount_minor;
                add(std::make_tuple(
                    ids[i], std::string(kind_name(finding.subject_kind)), finding.subject,
                    *to_parameter(finding.score), findings[i].severity,
                    NullableField{amount ? Parameter(units_text(*amount, exponent)) : std::nullopt},
                    time_field(finding.first_activity), time_field(finding.last_activity),
                    finding.explanation));
              }
            });
}

void stage_transfers(pqxx::work& transaction, const std::vector<GradedFinding>& findings,
                     const std::vector<std::string>& ids) {
  copy_into(transaction, "staged_transfers", {"alert_id", "step", "transfer_id", "role", "branch"},
            [&](const auto& add) {
              for (std::size_t i = 0; i < findings.size(); ++i) {
                for (const auto& transfer : findings[i].finding->transfers) {
                  add(std::tie(ids[i], transfer.step, transfer.transfer_key, transfer.role,
                               transfer.branch));
                }
              }
            });
}

void stage_entities(pqxx::work& transaction, const std::vector<GradedFinding>& findings,
                    const std::vector<std::string>& ids) {
  const std::string subject_role = "subject";
  copy_into(transaction, "staged_entities", {"alert_id", "entity_kind", "entity_id", "role"},
            [&](const auto& add) {
              for (std::size_t i = 0; i < findings.size(); ++i) {
                const auto& finding = *findings[i].finding;
                for (const auto& entity : finding.entities) {
                  add(std::make_tuple(ids[i], std::string(kind_name(entity.kind)), entity.key,
                                      entity.role));
                }
                if (!names_subject(finding)) {
                  add(std::make_tuple(ids[i], std::string(kind_name(finding.subject_kind)),
                                      finding.subject, subject_role));
                }
              }
            });
}

void stage_evidence(pqxx::work& transaction, const std::vector<GradedFinding>& findings,
                    const std::vector<std::string>& ids) {
  copy_into(transaction, "staged_evidence",
            {"alert_id", "item", "feature", "observed", "threshold", "contribution", "sentence"},
            [&](const auto& add) {
              for (std::size_t i = 0; i < findings.size(); ++i) {
                int item = 0;
                for (const auto& evidence : findings[i].finding->evidence) {
                  add(std::make_tuple(ids[i], ++item, evidence.feature, evidence.observed,
                                      NullableField{evidence.threshold},
                                      NullableField{to_parameter(evidence.contribution)},
                                      evidence.sentence));
                }
              }
            });
}

void stage_scores(pqxx::work& transaction, const std::vector<detect::ScoreTable>& tables) {
  copy_into(transaction, "staged_scores", {"measure", "entity_kind", "entity_id", "value"},
            [&](const auto& add) {
              for (const auto& table : tables) {
                const std::string kind(kind_name(table.kind));
                for (const auto& [key, value] : table.values) {
                  add(std::make_tuple(table.measure, kind, key, *to_parameter(value)));
                }
              }
            });
}

struct MadeBy {
  std::optional<std::string> model;
  std::optional<std::int32_t> version;
};

MadeBy made_by(const ScenarioIdentity& scenario) {
  if (!scenario.scored_by) return {};
  return {scenario.scored_by->model, scenario.scored_by->version};
}

/// As a field of COPY.
std::string copy_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '\\':
        escaped += "\\\\";
        break;
      case '\t':
        escaped += "\\t";
        break;
      case '\n':
        escaped += "\\n";
        break;
      case '\r':
        escaped += "\\r";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

void stage_account_features(pqxx::work& transaction, const AccountTable& features) {
  execute(transaction, command::stage_account_features);
  execute(transaction, command::stage_account_features_without_run);
  std::vector<std::string> columns{"account_id"};
  std::ranges::copy(features.columns, std::back_inserter(columns));
  copy_into(transaction, "staged_account_features", columns, [&](const auto& add) {
    CopyLine line;
    auto value = features.values.begin();
    for (const std::string_view account : features.accounts) {
      line.text = copy_text(account);
      for (std::size_t i = 0; i < features.columns.size(); ++i) {
        line.text += '\t';
        line.text += number_text(*value++);
      }
      add(line);
    }
  });
}

}  // namespace

struct GoldWriter::State {
  pqxx::work transaction;
  std::int64_t run_id;
  std::string base_currency;
  int exponent;
  Purpose purpose;
  std::set<std::string> written;  ///< scenarios of this run so far

  void stage(const std::vector<GradedFinding>& findings, const std::vector<std::string>& ids,
             const std::vector<detect::ScoreTable>& scores) {
    execute(transaction, command::empty_staged_gold);
    stage_findings(transaction, findings, ids, exponent);
    stage_transfers(transaction, findings, ids);
    stage_entities(transaction, findings, ids);
    stage_evidence(transaction, findings, ids);
    stage_scores(transaction, scores);
    execute(transaction, command::analyze_staged_gold);
  }

  /// What is as staged stays untouched, so that a run that finds the same again writes next to
  /// nothing.
  void replace_what_changed(const ScenarioIdentity& scenario) {
    run(transaction, query::delete_changed_alert_transfers);
    run(transaction, query::insert_missing_alert_transfers);
    run(transaction, query::delete_changed_alert_entities);
    run(transaction, query::insert_missing_alert_entities);
    run(transaction, query::delete_changed_alert_evidence);
    run(transaction, query::insert_missing_alert_evidence);
    const auto [model, version] = made_by(scenario);
    run(transaction, query::delete_changed_scores, scenario.id, model, version);
    run(transaction, query::insert_missing_scores, scenario.id, run_id, model, version);
  }

  GoldCounts write_alerts(const ScenarioIdentity& scenario) {
    GoldCounts counts;
    const auto [model, version] = made_by(scenario);
    run(transaction, query::ensure_typology, scenario.typology, scenario.title, scenario.id);
    counts.changed_without_new_version =
        run(transaction, query::record_scenario_version, scenario.id, scenario.version,
            sha256_hex(scenario.definition_json), scenario.title, scenario.typology,
            scenario.detector, scenario.definition_json)[0][0]
            .as<bool>();
    const auto upserted = run(transaction, query::upsert_alerts, scenario.id, scenario.version,
                              scenario.typology, base_currency, run_id, model, version);
    counts.alerts = upserted[0]["alerts"].as<std::int64_t>();
    counts.added = upserted[0]["added"].as<std::int64_t>();
    counts.gone = run(transaction, query::count_gone_alerts, scenario.id)[0][0].as<std::int64_t>();
    run(transaction, query::record_run_alerts, run_id, scenario.version);
    replace_what_changed(scenario);
    run(transaction, query::record_scenario_run, scenario.id, scenario.version, scenario.title,
        scenario.typology, run_id);
    run(transaction, query::record_run_result, run_id, scenario.id, scenario.version, counts.alerts,
        counts.added, counts.gone, model, version);
    return counts;
  }

  /// The text of the scenario stands beside its result: aml.scenario_versions keeps those that made
  /// alerts.
  GoldCounts write_backtest(const ScenarioIdentity& scenario) {
    const auto [model, version] = made_by(scenario);
    const auto counted =
        run(transaction, query::record_backtest_result, run_id, scenario.id, scenario.version,
            scenario.title, scenario.typology, scenario.definition_json, model, version)[0];
    run(transaction, query::insert_backtest_findings, run_id, scenario.id, base_currency);
    run(transaction, query::insert_backtest_transfers, run_id);
    run(transaction, query::insert_backtest_entities, run_id);
    run(transaction, query::insert_backtest_evidence, run_id);
    return {.alerts = counted["alerts"].as<std::int64_t>(),
            .added = counted["added"].as<std::int64_t>(),
            .gone = counted["gone"].as<std::int64_t>()};
  }
};

GoldWriter::GoldWriter(Connection& connection, std::int64_t run_id,
                       const std::string& base_currency, int base_currency_exponent,
                       Purpose purpose)
    : state_(as_statement("BEGIN", [&] {
        return std::unique_ptr<State>(new State{pqxx::work(connection.pqxx(), "write gold"),
                                                run_id,
                                                base_currency,
                                                base_currency_exponent,
                                                purpose,
                                                {}});
      })) {
  for (const auto* table :
       {&command::stage_findings, &command::stage_transfers, &command::stage_entities,
        &command::stage_evidence, &command::stage_scores}) {
    execute(state_->transaction, *table);
  }
  if (purpose == Purpose::kProduction) run(state_->transaction, query::begin_run_version, run_id);
}

GoldWriter::~GoldWriter() = default;

GoldCounts GoldWriter::write(const ScenarioIdentity& scenario,
                             const std::vector<GradedFinding>& findings,
                             const std::vector<detect::ScoreTable>& scores) {
  if (state_->written.contains(scenario.id)) {
    throw std::invalid_argument(
        fmt::format("scenario {} was already written in this run", scenario.id));
  }
  const auto ids = alert_ids(scenario.id, findings);
  state_->written.insert(scenario.id);
  state_->stage(findings, ids, scores);
  return state_->purpose == Purpose::kProduction ? state_->write_alerts(scenario)
                                                 : state_->write_backtest(scenario);
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
  run(transaction, query::delete_changed_account_features);
  return static_cast<std::int64_t>(
      run(transaction, query::insert_missing_account_features, state_->run_id).affected_rows());
}

void GoldWriter::complete_run(std::int64_t peak_memory_bytes, const std::string& error) {
  auto& transaction = state_->transaction;
  run(transaction,
      state_->purpose == Purpose::kProduction ? query::analyze_gold : query::analyze_backtest);
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
  auto& transaction = state_->transaction;
  record_step(transaction, state_->run_id, step_number, step);
  as_statement("COMMIT", [&] { transaction.commit(); });
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
