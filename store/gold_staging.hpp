// SPDX-License-Identifier: Apache-2.0
// Findings, scores and features by COPY into the staging tables, which are then held against gold. For
// the sources of this folder only.
#pragma once

#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aml_command.hpp"
#include "store/gold_writer.hpp"

namespace aml::store {

/// As gold writes it: account, party.
std::string_view kind_name(detect::EntityKind kind);

/// Throws: StoreError kStatement.
void execute(pqxx::work& transaction, const command::Embedded& statement);

/// A finding on its way into gold.
struct StagedFinding {
  std::string id;
  std::string scenario;
  const GradedFinding* graded;

  const detect::Finding& finding() const { return *graded->finding; }
};

/// With their alert ids. The findings must outlive it.
/// Throws: std::invalid_argument for what GoldWriter::write() refuses in a finding.
std::vector<StagedFinding> stageable(const std::string& scenario,
                                     const std::vector<GradedFinding>& findings);

/// Scenarios and what each has, for example its scores.
template <typename Value>
using OfScenarios = std::vector<std::pair<std::string, std::span<const Value>>>;

// Each fills the table of its name. Throws: StoreError kStatement.

/// `truncated`: the ids of those that ended at a budget, with ScenarioFindings::alert_at.
void stage_scenarios(pqxx::work& transaction, const std::vector<const ScenarioIdentity*>& scenarios,
                     const std::map<std::string, std::optional<double>>& truncated);
/// Amounts are units of a currency with this exponent.
void stage_findings(pqxx::work& transaction, const std::vector<StagedFinding>& findings,
                    int exponent);
void stage_transfers(pqxx::work& transaction, const std::vector<StagedFinding>& findings);
void stage_entities(pqxx::work& transaction, const std::vector<StagedFinding>& findings);
void stage_evidence(pqxx::work& transaction, const std::vector<StagedFinding>& findings);
void stage_scores(pqxx::work& transaction, const OfScenarios<detect::ScoreTable>& scores);
void stage_missing_alerts(pqxx::work& transaction, const OfScenarios<std::string>& missing);
/// Makes its table first, anew.
void stage_account_features(pqxx::work& transaction, const AccountTable& features);

}  // namespace aml::store
