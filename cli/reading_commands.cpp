// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/command_tree.hpp"

namespace aml::cli {
namespace {

void add_list_commands(const CommandTree& aml) {
  const CommandTree list =
      aml.group("list", "List scenarios, runs, alerts or the columns of loaded files");
  const auto options = std::make_shared<ListOptions>();
  const auto add = [&](const char* name, const char* help, ListOptions::What what) {
    auto* command = list.add(name, help, run_list, options);
    command->parse_complete_callback([options, what] { options->what = what; });
    command->add_option("--limit", options->limit, "At most this many (default: all)")
        ->check(CLI::Range(1, 1000000000));
    return command;
  };
  add("scenarios", "Scenarios that come with the program", ListOptions::What::kScenarios);
  add("runs", "Runs of this database, newest first", ListOptions::What::kRuns);
  add("schemas", "Columns that loaded files had, the newest list first",
      ListOptions::What::kSchemas);
  add("alerts", "Current alerts, the most severe first", ListOptions::What::kAlerts)
      ->add_option("--scenario", options->scenario, "Only of this scenario")
      ->type_name("ID");
}

void add_explain_command(const CommandTree& aml) {
  const auto entity = std::make_shared<std::string>();
  auto* explain = aml.add("explain", "Why an account or party was flagged, transfer by transfer",
                          run_explain, entity);
  explain->add_option("entity", *entity, "Account id or party id")->required()->type_name("ENTITY");
}

void add_evaluate_command(const CommandTree& aml) {
  const auto options = std::make_shared<EvaluateOptions>();
  auto* evaluate = aml.add(
      "evaluate", "Hold the current alerts, or a run, against labels: recall, precision, F1",
      run_evaluate, options);
  evaluate
      ->add_option(
          "--labels", options->labels,
          "labels.csv of `aml generate`, AMLSim's alert_transactions and alert_accounts, or "
          "AMLworld's Patterns.txt and Trans.csv; several are put together")
      ->required()
      ->type_name("FILE");
  evaluate
      ->add_option(
          "--run", options->run,
          "What this run found: a backtest, or a production run whose scenarios no newer one "
          "ran again (default: the current alerts)")
      ->type_name("RUN");
}

void add_diff_command(const CommandTree& aml) {
  const auto options = std::make_shared<DiffOptions>();
  auto* diff = aml.add(
      "diff",
      "Which alerts came and went between two runs, and why; or what differs in a table between "
      "two versions",
      run_diff, options);
  constexpr int kTableAndVersions = 3;
  diff->add_option(
          "what", options->what,
          "RUN RUN, or TABLE VERSION VERSION (numbers or times), for example: accounts 3 5")
      ->required()
      ->expected(2, kTableAndVersions)
      ->type_name("EARLIER LATER");
  diff->add_option("--limit", options->limit, "At most this many rows of a table (default: all)")
      ->check(CLI::Range(1, 1000000000));
}

void add_report_command(const CommandTree& aml) {
  const auto options = std::make_shared<ReportOptions>();
  auto* report =
      aml.add("report", "Write gold as it stands, or what one run found, as one HTML file",
              run_report, options);
  report
      ->add_option(
          "run", options->run,
          "Run id: what this run found (default: gold as it stands, with the run that found what)")
      ->type_name("RUN");
  report->add_option("--out", options->out, "File to write")->required()->type_name("FILE.html");
  report->add_option("--stories", options->stories, "Alerts told in full, the most severe first")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
}

}  // namespace

void add_reading_commands(const CommandTree& aml) {
  add_list_commands(aml);
  add_explain_command(aml);
  add_evaluate_command(aml);
  add_diff_command(aml);
  add_report_command(aml);
}

}  // namespace aml::cli
