// SPDX-License-Identifier: Apache-2.0
#include "store/gold_staging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <tuple>
#include <unordered_map>

#include "store/content_hash.hpp"
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

}  // namespace

std::string_view kind_name(detect::EntityKind kind) {
  return kind == detect::EntityKind::kAccount ? "account" : "party";
}

void execute(pqxx::work& transaction, const command::Embedded& statement) {
  as_statement(statement.file, [&] { transaction.exec(std::string(statement.text)); });
}

std::vector<StagedFinding> stageable(const std::string& scenario,
                                     const std::vector<GradedFinding>& findings) {
  std::vector<StagedFinding> staged;
  auto ids = alert_ids(scenario, findings);
  for (std::size_t i = 0; i < findings.size(); ++i)
    staged.push_back({std::move(ids[i]), scenario, &findings[i]});
  return staged;
}

void stage_scenarios(pqxx::work& transaction, const std::vector<const ScenarioIdentity*>& scenarios,
                     const std::map<std::string, std::optional<double>>& truncated) {
  copy_into(
      transaction, "staged_scenarios",
      {"scenario", "version", "title", "typology", "detector", "definition", "sha256", "model",
       "model_version", "is_truncated", "alert_at"},
      [&](const auto& add) {
        for (const auto* scenario : scenarios) {
          const auto& model = scenario->scored_by;
          const auto budget = truncated.find(scenario->id);
          add(std::make_tuple(
              scenario->id, scenario->version, scenario->title, scenario->typology,
              scenario->detector, scenario->definition_json, sha256_hex(scenario->definition_json),
              NullableField{model ? Parameter(model->model) : std::nullopt},
              NullableField{model ? to_parameter(model->version) : std::nullopt},
              budget != truncated.end(),
              NullableField{budget == truncated.end() ? std::nullopt
                                                      : to_parameter(budget->second)}));
        }
      });
}

void stage_findings(pqxx::work& transaction, const std::vector<StagedFinding>& findings,
                    int exponent) {
  const auto time_field = [](const std::optional<graph::Micros>& at) {
    return NullableField{at ? Parameter(time_text(*at)) : std::nullopt};
  };
  copy_into(transaction, "staged_findings",
            {"alert_id", "scenario", "subject_kind", "subject", "score", "severity", "amount",
             "first_activity_at", "last_activity_at", "explanation"},
            [&](const auto& add) {
              for (const auto& staged : findings) {
                const auto& finding = staged.finding();
                const auto& amount = finding.amount_minor;
                add(std::make_tuple(
                    staged.id, staged.scenario, std::string(kind_name(finding.subject_kind)),
                    finding.subject, *to_parameter(finding.score), staged.graded->severity,
                    NullableField{amount ? Parameter(units_text(*amount, exponent)) : std::nullopt},
                    time_field(finding.first_activity), time_field(finding.last_activity),
                    finding.explanation));
              }
            });
}

void stage_transfers(pqxx::work& transaction, const std::vector<StagedFinding>& findings) {
  copy_into(transaction, "staged_transfers", {"alert_id", "step", "transfer_id", "role", "branch"},
            [&](const auto& add) {
              for (const auto& staged : findings) {
                for (const auto& transfer : staged.finding().transfers) {
                  add(std::tie(staged.id, transfer.step, transfer.transfer_key, transfer.role,
                               transfer.branch));
                }
              }
            });
}

void stage_entities(pqxx::work& transaction, const std::vector<StagedFinding>& findings) {
  const std::string subject_role = "subject";
  copy_into(transaction, "staged_entities", {"alert_id", "entity_kind", "entity_id", "role"},
            [&](const auto& add) {
              for (const auto& staged : findings) {
                const auto& finding = staged.finding();
                for (const auto& entity : finding.entities) {
                  add(std::make_tuple(staged.id, std::string(kind_name(entity.kind)), entity.key,
                                      entity.role));
                }
                if (!names_subject(finding)) {
                  add(std::make_tuple(staged.id, std::string(kind_name(finding.subject_kind)),
                                      finding.subject, subject_role));
                }
              }
            });
}

void stage_evidence(pqxx::work& transaction, const std::vector<StagedFinding>& findings) {
  copy_into(transaction, "staged_evidence",
            {"alert_id", "item", "feature", "observed", "threshold", "contribution", "sentence"},
            [&](const auto& add) {
              for (const auto& staged : findings) {
                int item = 0;
                for (const auto& evidence : staged.finding().evidence) {
                  add(std::make_tuple(staged.id, ++item, evidence.feature, evidence.observed,
                                      NullableField{evidence.threshold},
                                      NullableField{to_parameter(evidence.contribution)},
                                      evidence.sentence));
                }
              }
            });
}

void stage_scores(pqxx::work& transaction, const OfScenarios<detect::ScoreTable>& scores) {
  copy_into(transaction, "staged_scores",
            {"scenario", "measure", "entity_kind", "entity_id", "value"}, [&](const auto& add) {
              for (const auto& [scenario, tables] : scores) {
                for (const auto& table : tables) {
                  const std::string kind(kind_name(table.kind));
                  for (const auto& [key, value] : table.values) {
                    add(std::make_tuple(scenario, table.measure, kind, key, *to_parameter(value)));
                  }
                }
              }
            });
}

void stage_missing_alerts(pqxx::work& transaction, const OfScenarios<std::string>& missing) {
  copy_into(transaction, "staged_missing_alerts", {"alert_id", "scenario"}, [&](const auto& add) {
    for (const auto& [scenario, ids] : missing)
      for (const auto& id : ids) add(std::tie(id, scenario));
  });
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

}  // namespace aml::store
