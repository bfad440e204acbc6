// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "cli/target.hpp"
#include "scenarios/evaluation.hpp"
#include "store/gold_reader.hpp"

namespace aml::cli {
namespace {

void require_findings(const store::RunRow& run, const std::vector<std::string>& typologies) {
  if (typologies.empty()) {
    throw std::invalid_argument(fmt::format(
        "run {} kept nothing to evaluate: {}\n  see:  aml list runs", run.run_id, run.status));
  }
  if (run.status != "succeeded")
    warn(
        fmt::format("run {} {}: only the scenarios that ended are judged", run.run_id, run.status));
}

/// Recall 0 of what nobody looked for says nothing about the scenarios.
void warn_of_typologies_not_looked_for(const std::vector<scenarios::Label>& labels,
                                       const std::vector<std::string>& looked_for) {
  std::set<std::string> others;
  for (const auto& label : labels) others.insert(label.typology);
  others.erase(std::string(scenarios::kAnyTypology));
  for (const std::string& typology : looked_for) others.erase(typology);
  if (!others.empty())
    warn(fmt::format("labelled, but no scenario that was run looks for it: {}",
                     fmt::join(others, ", ")));
}

/// The run beside which the figures are kept.
std::int64_t run_to_evaluate(store::Connection& connection, std::optional<std::int64_t> wanted,
                             const std::vector<std::string>& typologies) {
  if (wanted) {
    require_findings(require_run(connection, *wanted), typologies);
    return *wanted;
  }
  const auto newest = store::newest_successful_run(connection);
  if (newest) return *newest;
  throw std::invalid_argument("there is no successful run to evaluate\n  run:  aml run");
}

/// Nothing can be said about what no label speaks of, nor of the precision of nothing.
Cell share(bool is_known, double value) {
  return is_known ? Cell{value} : Cell{};
}

void add_rows(const scenarios::TypologyQuality& typology, Table& table) {
  const auto add = [&](const char* level, const scenarios::Quality& quality, Cell touched) {
    table.rows.push_back({typology.typology, std::string(level), quality.labelled, quality.found,
                          std::move(touched), quality.flagged, quality.right,
                          share(quality.labelled > 0, quality.recall()),
                          share(quality.labelled > 0 && quality.flagged > 0, quality.precision()),
                          share(quality.labelled > 0, quality.f1())});
  };
  add("instance", typology.instances, typology.touched);
  add("entity", typology.entities, {});
  add("transfer", typology.transfers, {});
}

}  // namespace

int run_evaluate(const GlobalOptions& global, const EvaluateOptions& options) {
  auto connection = connect_ready(global);
  const auto labels = scenarios::read_labels(connection, options.labels);
  const auto looked_for = store::typologies_looked_for(connection, options.run);
  const std::int64_t run = run_to_evaluate(connection, options.run, looked_for);
  const auto qualities = scenarios::evaluate(connection, labels, options.run);
  scenarios::record_evaluation(connection, run, labels,
                               fmt::format("{}", fmt::join(options.labels, ", ")), qualities);
  warn_of_typologies_not_looked_for(labels, looked_for);
  Table table{{"typology", "level", "labelled", "found", "touched", "flagged", "right", "recall",
               "precision", "f1"},
              {}};
  for (const auto& typology : qualities) add_rows(typology, table);
  print(table, effective_format(global.format));
  for (const auto& typology : qualities) {
    if (!typology.missed.empty()) {
      detail(fmt::format("{}: not found whole: {}", typology.typology,
                         fmt::join(typology.missed, ", ")));
    }
  }
  say(fmt::format("Measured as of run {}; kept in aml.evaluations.", run));
  return kOk;
}

}  // namespace aml::cli
