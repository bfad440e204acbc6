// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "cli/command_tree.hpp"

namespace aml::cli {
namespace {

void add_threads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "Threads (default: all cores)")
      ->check(CLI::Range(1, 1024));
}

void add_run_command(const CommandTree& aml) {
  const auto options = std::make_shared<RunOptions>();
  auto* run = aml.add("run", "Run scenarios over what is loaded and write gold", run_run, options);
  run->add_option("scenarios", options->scenarios,
                  "Ids or files (default: all that come with the program)")
      ->type_name("SCENARIO");
  run->add_flag("-n,--dry-run", options->dry_run,
                "Print the plan: rows, memory, tables touched; change nothing");
  run->add_option("--summary", options->summary, "Write the outcome as JSON to this file")
      ->type_name("FILE.json");
  add_lineage(*run, options->lineage);
  add_threads(*run, options->threads);
  run->add_flag("--no-features", options->no_features,
                "Leave gold.account_features as it is: quicker, for a run between two others");
  run->add_option("--as-of", options->as_of,
                  "Backtest: only transfers booked until this day (it included) or moment, UTC "
                  "unless it names a zone; gold stays as it is")
      ->type_name("TIME");
  run->add_option("--as-of-version", options->as_of_version,
                  "Backtest: the data as it stood at this version, or at the end of this day or at "
                  "this moment (see aml history); gold stays as it is")
      ->type_name("VERSION");
  run->add_option("--set", options->overrides,
                  "Backtest: another value for a parameter of a scenario, for example "
                  "fan_in.window=\"20 days\"; may be repeated; gold stays as it is")
      ->type_name("SCENARIO.PARAM=VALUE")
      ->allow_extra_args(false);
}

void add_scenario_commands(const CommandTree& aml) {
  const CommandTree scenario = aml.group("scenario", "Work on scenario files");
  const auto files = std::make_shared<std::vector<std::string>>();
  auto* check = scenario.add("check", "Say whether scenario files are valid, and where not",
                             run_scenario_check, files);
  check->add_option("files", *files, "Scenario files")->required()->type_name("FILE");
  const auto name = std::make_shared<std::string>();
  auto* sql = scenario.add(
      "sql", "Print the PostgreSQL query over silver that gives the matches of its motif",
      run_scenario_sql, name);
  auto* explain = scenario.add(
      "explain", "Print how its motif is matched on what is loaded: the plan, with rows",
      run_scenario_explain, name);
  for (auto* command : {sql, explain}) {
    command->add_option("scenario", *name, "Id or file; its detector must be motif")
        ->required()
        ->type_name("SCENARIO");
  }
}

void add_watch_command(const CommandTree& aml) {
  const auto options = std::make_shared<WatchOptions>();
  auto* watch = aml.add(
      "watch",
      "Stay, load what comes into folders, tables and Kafka topics, and run whenever there is "
      "something new",
      run_watch, options);
  auto* folders = watch
                      ->add_option("folders", options->load.paths,
                                   "Folders; their files, not their sub-folders")
                      ->type_name("FOLDER");
  auto* sources = add_sources(*watch, options->load.sources);
  watch->add_option("--every", options->every, "Seconds between two looks")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str();
  watch
      ->add_option("--settle", options->settle,
                   "Seconds for which a file must not have changed before it is loaded")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  watch
      ->add_option("--scenario", options->run.scenarios,
                   "Id or file; may be repeated (default: all that come with the program)")
      ->type_name("SCENARIO")
      ->allow_extra_args(false);
  watch
      ->add_option("--full-every", options->full_every,
                   "Seconds between two runs over all data; runs in between look only at what is "
                   "new, and not for what depends on all data: risk, anomalies, identities, motifs")
      ->check(CLI::Range(0.0, 604'800.0))
      ->capture_default_str();
  add_expectations(*watch, options->load.expectations);
  add_schema_evolution(*watch, options->load.schema_evolution);
  watch
      ->add_option("--metrics", options->metrics,
                   "Write the state after each look to this file, in OpenMetrics text format")
      ->type_name("FILE.prom");
  watch
      ->add_option("--summary", options->run.summary,
                   "Write the outcome of the newest run as JSON to this file")
      ->type_name("FILE.json");
  add_lineage(*watch, options->load.lineage);
  add_threads(*watch, options->run.threads);
  watch->parse_complete_callback([options, folders, sources] {
    if (folders->empty() && sources->empty())
      throw CLI::RequiredError("FOLDER or --source FILE.json");
    options->run.lineage = options->load.lineage;
  });
}

void add_metrics_command(const CommandTree& aml) {
  const auto out = std::make_shared<std::string>();
  auto* metrics =
      aml.add("metrics", "Print the state of runs, loads and alerts in OpenMetrics text format",
              run_metrics, out);
  metrics->add_option("--out", *out, "Write to this file instead, whole at any moment")
      ->type_name("FILE.prom");
}

}  // namespace

void add_run_commands(const CommandTree& aml) {
  add_run_command(aml);
  add_scenario_commands(aml);
  add_watch_command(aml);
  add_metrics_command(aml);
}

}  // namespace aml::cli
