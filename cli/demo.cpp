// SPDX-License-Identifier: Apache-2.0
// The two-minute tour. It has a private database of its own, so that made-up data never mix with
// real data.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/load.hpp"
#include "cli/run.hpp"
#include "cli/version.hpp"
#include "reports/report.hpp"
#include "scenarios/evaluation.hpp"
#include "store/gold_reader.hpp"
#include "store/migrations.hpp"
#include "store/private_cluster.hpp"

namespace aml::cli {
namespace {

constexpr int kExamplesPerScenario = 2;

std::string describe(const scenarios::GeneratorParams& data) {
  return fmt::format("version={} accounts={} days={} seed={} instances={} first_day={}\n", kVersion,
                     data.accounts, data.days, data.seed, data.instances, data.first_day);
}

/// A demo of other parameters or of another version was here before: its database goes, so that two data sets never mix.
void forget_other_demo(const std::string& directory, const std::string& parameters_file,
                       const std::string& parameters) {
  std::ifstream file(parameters_file);
  if (!file) return;
  std::stringstream before;
  before << file.rdbuf();
  if (before.str() != parameters) store::remove_cluster(directory);
}

store::Connection open_database(const std::string& directory) {
  Stage stage("start private database");
  store::Connection connection(store::start_cluster({.directory = directory, .durable = true}));
  store::migrate(connection, {.base_currency = {}, .program_version = kVersion});
  stage.done();
  return connection;
}

Table quality_table(const std::vector<scenarios::TypologyQuality>& rows) {
  Table table{{"typology", "planted", "found", "recall", "alerts", "true_alerts", "precision"}, {}};
  for (const auto& row : rows) {
    table.rows.push_back({row.typology, row.instances.labelled, row.instances.found,
                          row.instances.recall(), row.instances.flagged, row.instances.right,
                          row.instances.precision()});
  }
  return table;
}

void print_examples(store::Connection& connection) {
  std::map<std::string, int> shown;
  std::string scenario;
  for (const auto& alert : store::list_alerts(connection, {})) ++shown[alert.scenario];
  for (const auto& [name, alerts] : shown) {
    store::AlertFilter filter;
    filter.scenario = name;
    filter.limit = kExamplesPerScenario;
    fmt::print("\n{}: {} alerts, the first {}:\n", name, alerts,
               std::min(alerts, kExamplesPerScenario));
    for (const auto& alert : store::list_alerts(connection, filter)) {
      fmt::print("  [{}] {} {}: {}\n", alert.severity, alert.subject_kind, alert.subject,
                 printable(alert.explanation));
    }
  }
}

void print_quality(store::Connection& connection, const std::string& labels, Format format) {
  const auto rows = scenarios::evaluate(connection, scenarios::read_labels(connection, labels));
  fmt::print("\nHeld against the labels of what was planted:\n");
  print(quality_table(rows), format);
  for (const auto& row : rows) {
    for (const auto& missed : row.missed) warn(fmt::format("{} was not found", missed));
  }
}

}  // namespace

int run_demo(const GlobalOptions& global, const DemoOptions& options) {
  if (!global.database.empty()) {
    throw std::invalid_argument(
        "aml demo works on a private database of its own; -d would mix made-up data with yours");
  }
  scenarios::validate(options.data);
  const std::string directory = global.directory + "/demo";
  const std::string data = global.directory + "/demo-data";
  const std::string parameters_file = data + "/parameters.txt";
  forget_other_demo(directory, parameters_file, describe(options.data));

  auto connection = open_database(directory);
  {
    Stage stage("generate labelled data");
    const auto made = scenarios::generate(data, options.data);
    std::ofstream(parameters_file) << describe(options.data);
    stage.done(fmt::format("{} transfers, {} planted instances",
                           human_count(static_cast<std::uint64_t>(made.transfers)),
                           made.planted_instances));
  }
  load_with_progress(connection, {.paths = {data}, .format = "aml"});
  const auto outcome = run_with_progress(connection, {});
  if (outcome.status == "interrupted") return kInterrupted;
  Stage report("write report");
  reports::write_report(connection, options.out, {});
  report.done(options.out);

  const Format format = global.format.value_or(Format::kTable);
  print(outcome_table(outcome), format);
  print_examples(connection);
  print_quality(connection, data + "/labels.csv", format);
  const std::string dir = fmt::format("--dir {}", directory);
  fmt::print(
      "\nThe report: {}\nIn SQL:     psql \"$(aml db url {})\" -c 'SELECT * FROM "
      "gold.flagged_entities LIMIT 10'\n"
      "Stop it:    aml db stop {}\n",
      std::filesystem::absolute(options.out).string(), dir, dir);
  return outcome.status == "succeeded" ? kOk : kFailed;
}

}  // namespace aml::cli
