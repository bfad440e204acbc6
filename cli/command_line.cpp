// SPDX-License-Identifier: Apache-2.0
// The whole option tree in one file: CLI11 costs seconds of compile time for each file that
// includes it.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.hpp"
#include "cli/version.hpp"

namespace aml::cli {
namespace {

/// All options of all commands; lives as long as the returned call.
struct Options {
  DbOptions db;
  InitOptions init;
  LoadOptions load;
  ExpectationsOptions expectations;
  QuarantineOptions quarantine;
  RunOptions run;
  WatchOptions watch;
  std::string metrics_out;
  ListOptions list;
  ReportOptions report;
  DemoOptions demo;
  scenarios::GeneratorParams generate;
  std::string generate_out;
  std::string entity;
  std::vector<std::string> scenario_files;
  std::string scenario;
  EvaluateOptions evaluate;
  DiffOptions diff;
  HistoryOptions history;
  RestoreOptions restore;
  FeatureOptions features;
  ForestFitOptions forest_fit;
  ForestScoreOptions forest_score;
  ModelTrainOptions model_train;
  ModelVersionOptions model_version;
  ModelHistoryOptions model_history;
  ModelCompareOptions model_compare;
  std::string model_file;
  GraphFiles graph;
  GraphCycleOptions cycles;
  GraphMotifOptions motif;
  GraphPropagateOptions propagate;
  std::string format;
  bool quiet = false;
  bool verbose = false;
};

/// Edits (insert, delete, replace) that turn a into b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// How far the words name commands.
struct NamedCommand {
  const CLI::App* command;
  std::string path;          ///< "aml list"
  std::string unknown_word;  ///< the first word that names none of its subcommands; may be empty
};

NamedCommand named_command(const CLI::App& app, int argc, char** argv) {
  NamedCommand named{&app, app.get_name(), {}};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (const auto* option = app.get_option_no_throw(word);
        option != nullptr && option->get_expected_min() > 0) {
      ++i;  // the next word is its value
      continue;
    }
    const auto subcommands = named.command->get_subcommands({});
    if (subcommands.empty()) break;
    const auto found = std::ranges::find(subcommands, word, &CLI::App::get_name);
    if (found != subcommands.end()) {
      named = {*found, named.path + ' ' + word, {}};
    } else if (!word.starts_with('-')) {
      named.unknown_word = word;
      break;
    }
  }
  return named;
}

/// What was meant by a word that names no command, or which commands there are.
std::string suggestion(const NamedCommand& named) {
  std::string best;
  std::string all;
  std::size_t best_distance = 3;
  for (const auto* command : named.command->get_subcommands({})) {
    all += (all.empty() ? "" : ", ") + command->get_name();
    const auto distance = edit_distance(named.unknown_word, command->get_name());
    if (distance < best_distance) {
      best = command->get_name();
      best_distance = distance;
    }
  }
  return best.empty() ? " There are: " + all + "." : " Did you mean '" + best + "'?";
}

void add_data_options(CLI::App& app, scenarios::GeneratorParams& params) {
  app.add_option("--accounts", params.accounts, "Accounts to make, 500 to 4,000,000")
      ->capture_default_str();
  app.add_option("--days", params.days, "Days of transfers, 60 to 3650")->capture_default_str();
  app.add_option("--seed", params.seed, "The same seed gives the same bytes")
      ->capture_default_str();
  app.add_option("--instances", params.instances,
                 "Planted instances of each typology, at most accounts / 200 (default: 10, or as "
                 "many as fit)");
}

void fit_instances(const CLI::App& command, scenarios::GeneratorParams& params) {
  if (command.count("--instances") > 0) return;
  params.instances =
      static_cast<int>(std::clamp<std::int64_t>(params.accounts / 200, 1, params.instances));
}

void add_global_options(CLI::App& app, GlobalOptions& global, Options& options) {
  app.add_option("-d,--database", global.database,
                 "Database name, conninfo or URI (default: AML_DATABASE_URL, PG* variables, "
                 "private database)")
      ->type_name("TARGET");
  app.add_option("--dir", global.directory, "Where the private database lives")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--format", options.format,
                 "Output as table, csv or json (default: table on a terminal, else csv; explain "
                 "and demo tell stories)")
      ->check(CLI::IsMember({"table", "csv", "json"}));
  app.add_flag("-q,--quiet", options.quiet, "Only warnings and errors on stderr");
  app.add_flag("-v,--verbose", options.verbose, "Say more on stderr");
  app.add_flag("--no-color", global.no_color, "No colour (also: NO_COLOR)");
}

constexpr const char* kBaseCurrencyHelp =
    "Currency in which amounts are compared (ISO 4217; default: USD for a new database)";

using Command = std::function<int(const GlobalOptions&)>;

void add_lineage(CLI::App& command, std::string& file) {
  command.add_option("--lineage", file, "Add OpenLineage events to this file, one a line")
      ->type_name("FILE.ndjson");
}

CLI::Option* add_sources(CLI::App& command, std::vector<std::string>& files) {
  return command
      .add_option("--source", files,
                  "JSON file of a table or a Kafka topic that is read from where the last reading "
                  "ended; may be repeated")
      ->type_name("FILE.json")
      ->allow_extra_args(false);
}

void add_expectations(CLI::App& command, std::string& file) {
  command
      .add_option("--expectations", file,
                  "Expectations instead of those that come with the program")
      ->type_name("FILE");
}

void add_threads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "Threads (default: all cores)")
      ->check(CLI::Range(1, 1024));
}

void add_db(CLI::App& app, Options& options, Command& chosen) {
  auto* db = app.add_subcommand("db", "The private PostgreSQL of this folder");
  db->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, DbOptions::Action action) {
    auto* command = db->add_subcommand(name, help);
    command->callback([&options, &chosen, action] {
      options.db.action = action;
      chosen = [&options](const GlobalOptions& global) { return run_db(global, options.db); };
    });
    return command;
  };
  add("start", "Create it if needed, start it, bring its schema up to date",
      DbOptions::Action::kStart)
      ->add_option("--base-currency", options.db.base_currency, kBaseCurrencyHelp)
      ->type_name("CODE");
  add("stop", "Stop it; the data stay", DbOptions::Action::kStop);
  add("status", "Where it lives and whether it runs", DbOptions::Action::kStatus);
  add("url", "Print its URI, for example for psql \"$(aml db url)\"", DbOptions::Action::kUrl);
  add("psql", "Open psql on the chosen database", DbOptions::Action::kPsql)
      ->add_option("arguments", options.db.psql_arguments, "Handed to psql; put -- before options")
      ->type_name("ARG");
  add("remove", "Stop it and delete all its data", DbOptions::Action::kRemove)
      ->add_flag("--yes", options.db.yes, "Do not ask");
}

void add_data_commands(CLI::App& app, Options& options, Command& chosen) {
  auto* init = app.add_subcommand("init", "Create or migrate the schema; safe to repeat");
  init->add_option("--base-currency", options.init.base_currency, kBaseCurrencyHelp)
      ->type_name("CODE");
  init->add_flag("-n,--dry-run", options.init.dry_run, "Only say what would be applied");
  init->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_init(global, options.init); };
  });

  auto* generate = app.add_subcommand(
      "generate", "Write labelled data: a plausible bank with planted laundering");
  generate->add_option("--out", options.generate_out, "Folder to write to")
      ->required()
      ->type_name("DIR");
  add_data_options(*generate, options.generate);
  generate->callback([&, generate] {
    fit_instances(*generate, options.generate);
    chosen = [&](const GlobalOptions& global) {
      return run_generate(global, options.generate_out, options.generate);
    };
  });

  auto* load = app.add_subcommand(
      "load", "Load files, folders, tables or Kafka topics of transfers, accounts, parties, rates");
  auto* paths = load->add_option("paths", options.load.paths,
                                 "CSV or JSON lines, plain, .gz or .zst, or folders of them")
                    ->type_name("PATH");
  auto* sources = add_sources(*load, options.load.sources);
  load->add_flag("--full", options.load.full,
                 "Read tables from their first row; rows that are known are not loaded twice")
      ->needs(sources);
  load->add_flag(
          "--accept-gaps", options.load.accept_gaps,
          "Go on behind messages that a topic's retention deleted before they were read, and "
          "keep a record of it")
      ->needs(sources);
  load->add_option(
          "--format", options.load.format,
          "How the files are laid out: auto, aml, amlsim, amlworld (output format: aml --format F "
          "load ...)")
      ->check(CLI::IsMember({"auto", "aml", "amlsim", "amlworld"}))
      ->capture_default_str();
  add_expectations(*load, options.load.expectations);
  load->add_option("--schema-evolution", options.load.schema_evolution,
                   "Columns that amlgraph does not know: rescue keeps them in bronze, add makes "
                   "them columns of silver too, fail refuses a file with new ones")
      ->check(CLI::IsMember({"rescue", "add", "fail"}))
      ->capture_default_str();
  add_lineage(*load, options.load.lineage);
  load->callback([&, paths, sources] {
    if (paths->empty() && sources->empty()) throw CLI::RequiredError("PATH or --source FILE.json");
    chosen = [&](const GlobalOptions& global) { return run_load(global, options.load); };
  });
}

/// A subcommand of expectations or quarantine, which runs with the options of all of them.
template <typename Group>
CLI::App* add_to_group(CLI::App& group, const char* name, const char* help, const Group& options,
                       Command& chosen, int (*run)(const GlobalOptions&, const Group&)) {
  auto* command = group.add_subcommand(name, help);
  command->callback([&options, &chosen, run] {
    chosen = [&options, run](const GlobalOptions& global) { return run(global, options); };
  });
  return command;
}

constexpr const char* kLoadedFileHelp = "Id or path of a loaded file";

void add_expectations_commands(CLI::App& app, ExpectationsOptions& options, Command& chosen) {
  auto* group = app.add_subcommand("expectations", "What is expected of data, and how it was met");
  group->require_subcommand(1);
  auto* list = add_to_group(*group, "list", "What is expected of each dataset", options, chosen,
                            run_expectations_list);
  auto* results = add_to_group(*group, "results", "How loaded files met it, the newest first",
                               options, chosen, run_expectations_results);
  auto* from_schema =
      add_to_group(*group, "from-schema", "Write a JSON schema as a file of expectations", options,
                   chosen, run_expectations_from_schema);
  auto* check = add_to_group(*group, "check", "Hold JSON lines against expectations, in PostgreSQL",
                             options, chosen, run_expectations_check);
  for (auto* command : {list, check}) {
    command
        ->add_option("--expectations", options.expectations,
                     "File of expectations (list: those that come with the program)")
        ->type_name("FILE");
  }
  for (auto* command : {list, results, check, from_schema})
    command->add_option("--dataset", options.dataset,
                        "Dataset: transfers, accounts, json.NAME ...");
  results->add_option("--expectation", options.expectation, "Only of this name")->type_name("NAME");
  results->add_option("--file", options.file, kLoadedFileHelp)->type_name("FILE");
  results->add_flag("--broken", options.only_broken, "Only what was not met");
  results->add_option("--limit", options.limit, "At most so many (default: all)")->type_name("N");
  from_schema->add_option("schema", options.schema, "JSON schema, draft 4 to 7")
      ->required()
      ->type_name("FILE");
  from_schema
      ->add_option("--column-map", options.column_map,
                   "Column that holds a property, for a dataset of files; may be repeated")
      ->type_name("PROPERTY=COLUMN");
  check->add_option("--schema", options.schema, "JSON schema instead of expectations")
      ->type_name("FILE");
  check->add_option("file", options.file, "JSON lines, plain or .gz: an object a line")
      ->required()
      ->type_name("FILE");
}

void add_quarantine_commands(CLI::App& app, QuarantineOptions& options, Command& chosen) {
  auto* group = app.add_subcommand(
      "quarantine", "Rows that broke an expectation: look, fix, replay into silver, drop");
  group->require_subcommand(1);
  auto* list = add_to_group(*group, "list", "Open rows by dataset, reason and file", options,
                            chosen, run_quarantine_list);
  auto* show = add_to_group(*group, "show", "All that is known of a quarantined row", options,
                            chosen, run_quarantine_show);
  auto* fix = add_to_group(*group, "fix", "Correct values; the row itself stays as it came",
                           options, chosen, run_quarantine_fix);
  auto* replay =
      add_to_group(*group, "replay", "Try open rows again, with the expectations of today", options,
                   chosen, run_quarantine_replay);
  auto* drop = add_to_group(*group, "drop", "Take a row that nobody needs out of those that wait",
                            options, chosen, run_quarantine_drop);
  for (auto* command : {list, replay}) {
    command->add_option("--reason", options.reason, "Only rows that break this expectation")
        ->type_name("NAME");
    command->add_option("--file", options.file, kLoadedFileHelp)->type_name("FILE");
  }
  for (auto* command : {list, show, fix, replay, drop})
    command->add_option("--dataset", options.dataset, "transfers, accounts, parties or fx_rates");
  for (auto* command : {show, fix, drop}) {
    command->add_option("row", options.place, "Where the row stood: id or path of its file, line")
        ->type_name("FILE:LINE")
        ->required(command != fix);
  }
  list->add_flag("--rows", options.rows, "The rows, with the columns of --dataset");
  fix->add_option("--set", options.set, "A corrected value; may be repeated")
      ->type_name("COLUMN=VALUE");
  fix->add_option("--from", options.from, "CSV with file, line and the columns that are corrected")
      ->type_name("FILE");
  replay
      ->add_option("--expectations", options.expectations,
                   "Expectations instead of those that come with the program")
      ->type_name("FILE");
  drop->add_option("--reason", options.reason, "Why nobody needs it")->required();
}

void add_scenario_commands(CLI::App& app, Options& options, Command& chosen) {
  auto* scenario = app.add_subcommand("scenario", "Work on scenario files");
  scenario->require_subcommand(1);
  auto* check =
      scenario->add_subcommand("check", "Say whether scenario files are valid, and where not");
  check->add_option("files", options.scenario_files, "Scenario files")
      ->required()
      ->type_name("FILE");
  check->callback([&] {
    chosen = [&](const GlobalOptions& global) {
      return run_scenario_check(global, options.scenario_files);
    };
  });
  const auto add = [&](const char* name, const char* help,
                       int (*run)(const GlobalOptions&, const std::string&)) {
    auto* command = scenario->add_subcommand(name, help);
    command->add_option("scenario", options.scenario, "Id or file; its detector must be motif")
        ->required()
        ->type_name("SCENARIO");
    command->callback([&options, &chosen, run] {
      chosen = [&options, run](const GlobalOptions& global) {
        return run(global, options.scenario);
      };
    });
  };
  add("sql", "Print the PostgreSQL query over silver that gives the matches of its motif",
      run_scenario_sql);
  add("explain", "Print how its motif is matched on what is loaded: the plan, with rows",
      run_scenario_explain);
}

void add_run_commands(CLI::App& app, Options& options, Command& chosen) {
  auto* run = app.add_subcommand("run", "Run scenarios over what is loaded and write gold");
  run->add_option("scenarios", options.run.scenarios,
                  "Ids or files (default: all that come with the program)")
      ->type_name("SCENARIO");
  run->add_flag("-n,--dry-run", options.run.dry_run,
                "Print the plan: rows, memory, tables touched; change nothing");
  run->add_option("--summary", options.run.summary, "Write the outcome as JSON to this file")
      ->type_name("FILE.json");
  add_lineage(*run, options.run.lineage);
  add_threads(*run, options.run.threads);
  run->add_flag("--no-features", options.run.no_features,
                "Leave gold.account_features as it is: quicker, for a run between two others");
  run->add_option("--as-of", options.run.as_of,
                  "Backtest: only transfers booked until this day (it included) or moment, UTC "
                  "unless it names a zone; gold stays as it is")
      ->type_name("TIME");
  run->add_option("--as-of-version", options.run.as_of_version,
                  "Backtest: the data as it stood at this version, or at the end of this day or at "
                  "this moment (see aml history); gold stays as it is")
      ->type_name("VERSION");
  run->add_option("--set", options.run.overrides,
                  "Backtest: another value for a parameter of a scenario, for example "
                  "fan_in.window=\"20 days\"; may be repeated; gold stays as it is")
      ->type_name("SCENARIO.PARAM=VALUE")
      ->allow_extra_args(false);
  run->callback(
      [&] { chosen = [&](const GlobalOptions& global) { return run_run(global, options.run); }; });

  add_scenario_commands(app, options, chosen);
}

void add_service_commands(CLI::App& app, Options& options, Command& chosen) {
  auto* watch = app.add_subcommand(
      "watch",
      "Stay, load what comes into folders, tables and Kafka topics, and run whenever there is "
      "something new");
  auto& watching = options.watch;
  auto* folders = watch
                      ->add_option("folders", watching.load.paths,
                                   "Folders; their files, not their sub-folders")
                      ->type_name("FOLDER");
  auto* sources = add_sources(*watch, watching.load.sources);
  watch->add_option("--every", watching.every, "Seconds between two looks")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str();
  watch
      ->add_option("--settle", watching.settle,
                   "Seconds for which a file must not have changed before it is loaded")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  watch
      ->add_option("--scenario", watching.run.scenarios,
                   "Id or file; may be repeated (default: all that come with the program)")
      ->type_name("SCENARIO")
      ->allow_extra_args(false);
  add_expectations(*watch, watching.load.expectations);
  watch
      ->add_option("--metrics", watching.metrics,
                   "Write the state after each look to this file, in OpenMetrics text format")
      ->type_name("FILE.prom");
  watch
      ->add_option("--summary", watching.run.summary,
                   "Write the outcome of the newest run as JSON to this file")
      ->type_name("FILE.json");
  add_lineage(*watch, watching.load.lineage);
  add_threads(*watch, watching.run.threads);
  watch->callback([&, folders, sources] {
    if (folders->empty() && sources->empty())
      throw CLI::RequiredError("FOLDER or --source FILE.json");
    chosen = [&](const GlobalOptions& global) {
      options.watch.run.lineage = options.watch.load.lineage;
      return run_watch(global, options.watch);
    };
  });

  auto* metrics = app.add_subcommand(
      "metrics", "Print the state of runs, loads and alerts in OpenMetrics text format");
  metrics
      ->add_option("--out", options.metrics_out, "Write to this file instead, whole at any moment")
      ->type_name("FILE.prom");
  metrics->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_metrics(global, options.metrics_out); };
  });
}

void add_forest_params(CLI::App& command, ForestParams& params) {
  command.add_option("--trees", params.trees, "Trees, 1 to 10000")->capture_default_str();
  command.add_option("--sample-size", params.sample_size, "Rows drawn for each tree, 2 to 65536")
      ->capture_default_str();
  command.add_option("--seed", params.seed, "The same seed gives the same model")
      ->capture_default_str();
  command
      .add_option("--max-features", params.max_features,
                  "Share of the columns that each tree draws, above 0 up to 1")
      ->capture_default_str();
  command.add_flag("--bootstrap", params.bootstrap, "Draw rows with replacement");
  command
      .add_option("--contamination", params.contamination,
                  "Share of the rows that are anomalies, above 0 up to 0.5 (default: scores above "
                  "0.5 are)")
      ->type_name("SHARE");
  command
      .add_option("--splits", params.splits,
                  "How nodes are split; all but random may help or harm, see docs/forest.md")
      ->check(CLI::IsMember({"random", "kurtosis", "pooled_gain", "oblique"}))
      ->capture_default_str();
}

void add_features_command(CLI::App& app, FeatureOptions& options, Command& chosen) {
  auto* features = app.add_subcommand(
      "features", "What each account, or each transfer, does as numbers: CSV for models");
  auto* list = features->add_flag("--list", options.list,
                                  "Only what they are: name, unit, window, description");
  features->add_flag("--transfers", options.transfers,
                     "Of transfers, each as it looked when it was made");
  features
      ->add_option("--out", options.out, "File to write, readable by you alone (default: stdout)")
      ->type_name("FILE.csv")
      ->excludes(list);
  features
      ->add_option("--edges", options.edges,
                   "CSV with src, dst, time and amount instead of a database")
      ->type_name("FILE")
      ->excludes(list);
  features
      ->add_option("--as-of", options.as_of,
                   "Only transfers booked until this day (it included) or moment, UTC unless it "
                   "names a zone")
      ->type_name("TIME")
      ->excludes(list);
  features->callback(
      [&] { chosen = [&](const GlobalOptions& global) { return run_features(global, options); }; });
}

void add_forest_fit(CLI::App& forest, ForestFitOptions& options, Command& chosen) {
  auto* fit = forest.add_subcommand("fit", "Fit a model to the rows of a file and write it");
  fit->add_option("--data", options.data, "CSV of numbers with a header line, plain or .gz")
      ->required()
      ->type_name("FILE");
  fit->add_option("--label", options.labels, "A column that is no feature; may be repeated")
      ->type_name("COLUMN");
  fit->add_option("--model", options.model, "File to write")->required()->type_name("FILE");
  add_forest_params(*fit, options.params);
  fit->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_forest_fit(global, options); };
  });
}

void add_forest_commands(CLI::App& app, Options& options, Command& chosen) {
  auto* forest =
      app.add_subcommand("forest", "Isolation forest: rows of a CSV file unlike the others");
  forest->require_subcommand(1);
  add_forest_fit(*forest, options.forest_fit, chosen);
  auto* score = forest->add_subcommand(
      "score", "Score rows with a model: row,anomaly_score,is_anomaly[,reasons]");
  score->add_option("--data", options.forest_score.data, "CSV with the columns of the model")
      ->required()
      ->type_name("FILE");
  score->add_option("--model", options.forest_score.model, "File that `aml forest fit` wrote")
      ->required()
      ->type_name("FILE");
  score
      ->add_option("--reasons", options.forest_score.reasons,
                   "Say which features set each row apart, at most this many")
      ->type_name("N");
  score->callback([&] {
    chosen = [&](const GlobalOptions& global) {
      return run_forest_score(global, options.forest_score);
    };
  });
}

void add_model_train(CLI::App& model, ModelTrainOptions& options, Command& chosen) {
  auto* train = model.add_subcommand(
      "train", "Fit a version to the accounts of what is loaded, or to a file, and register it");
  train->add_option("model", options.model, "Name of the model, new or known")
      ->required()
      ->type_name("MODEL");
  train
      ->add_option("--data", options.data,
                   "CSV of numbers with a header line instead, see aml forest")
      ->type_name("FILE");
  train
      ->add_option("--label", options.label_columns,
                   "A column of it that is no feature; a single one of 0 and 1 is what metrics are "
                   "measured against")
      ->type_name("COLUMN")
      ->allow_extra_args(false);
  train
      ->add_option(
          "--labels", options.label_files,
          "What is known of accounts, as for aml evaluate; metrics are measured against it")
      ->type_name("FILE");
  train
      ->add_option("--experiment", options.experiment,
                   "What is being tried out (default: the name of the model)")
      ->type_name("NAME");
  train
      ->add_option("--promote-if", options.promote_if,
                   "Put it in production if this holds: 'average_precision>=0.5', or against the "
                   "present version on the same rows: 'average_precision>production'; may be "
                   "repeated, then all must hold; else exit code 1")
      ->type_name("CONDITION")
      ->allow_extra_args(false);
  add_forest_params(*train, options.params);
  train->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_model_train(global, options); };
  });
}

constexpr const char* kVersionHelp = "A number, latest, production, staging or an alias";

/// A subcommand about one version of a model.
CLI::App* add_version_command(CLI::App& model, const char* name, const char* help,
                              ModelVersionOptions& options, Command& chosen,
                              int (*run)(const GlobalOptions&, const ModelVersionOptions&)) {
  auto* command = model.add_subcommand(name, help);
  command->add_option("model", options.model, "Name of the model")->required()->type_name("MODEL");
  command->add_option("version", options.version, kVersionHelp)->type_name("VERSION");
  command->callback([&options, &chosen, run] {
    chosen = [&options, run](const GlobalOptions& global) { return run(global, options); };
  });
  return command;
}

void add_reason(CLI::App& command, ModelVersionOptions& options) {
  command.get_option("version")->required();
  command.add_option("--reason", options.reason, "Why; it stays in the log")
      ->required()
      ->type_name("TEXT");
}

void add_model_stages(CLI::App& model, ModelVersionOptions& options, Command& chosen) {
  auto* promote = add_version_command(model, "promote",
                                      "Put a version in production; the one before it is archived",
                                      options, chosen, run_model_promote);
  add_reason(*promote, options);
  promote->add_option("--to", options.stage, "Stage")
      ->check(CLI::IsMember({"Staging", "Production"}))
      ->capture_default_str();
  add_reason(*add_version_command(model, "archive", "Take a version out of use", options, chosen,
                                  run_model_archive),
             options);
  auto* alias = add_version_command(model, "alias", "Give a version a name such as champion",
                                    options, chosen, run_model_alias);
  alias->add_option("alias", options.alias, "The name; it leaves the version that had it")
      ->required()
      ->type_name("ALIAS");
  add_reason(*alias, options);
}

void add_model_reading(CLI::App& model, Options& options, Command& chosen) {
  auto* list = model.add_subcommand("list", "Versions, the newest first");
  list->add_option("model", options.model_version.model, "Only of this model")->type_name("MODEL");
  list->callback([&] {
    chosen = [&](const GlobalOptions& global) {
      return run_model_list(global, options.model_version.model);
    };
  });
  add_version_command(model, "show",
                      "All about a version: training, metrics, columns, history, drift (default: "
                      "production, else the latest)",
                      options.model_version, chosen, run_model_show);
  add_version_command(model, "sql",
                      "Print a version as plain SQL functions, for servers that take no extension "
                      "(default: production)",
                      options.model_version, chosen, run_model_sql);
  auto* history = model.add_subcommand("history", "Who changed which stage when, and why");
  history->add_option("model", options.model_history.model, "Name of the model")
      ->required()
      ->type_name("MODEL");
  history
      ->add_option("--on", options.model_history.on,
                   "Instead: which version was in production on this day or at this moment, UTC "
                   "unless it names a zone")
      ->type_name("TIME");
  history->callback([&] {
    chosen = [&](const GlobalOptions& global) {
      return run_model_history(global, options.model_history);
    };
  });
  auto* compare = model.add_subcommand(
      "compare", "Two versions: parameters, metrics, and what they say of the accounts now loaded");
  compare->add_option("model", options.model_compare.model, "Name of the model")
      ->required()
      ->type_name("MODEL");
  compare->add_option("a", options.model_compare.a, kVersionHelp)->required()->type_name("VERSION");
  compare->add_option("b", options.model_compare.b, kVersionHelp)->required()->type_name("VERSION");
  compare->callback([&] {
    chosen = [&](const GlobalOptions& global) {
      return run_model_compare(global, options.model_compare);
    };
  });
}

void add_model_commands(CLI::App& app, Options& options, Command& chosen) {
  auto* model = app.add_subcommand(
      "model", "The registry of models that score: train, promote, compare, who did what when");
  model->require_subcommand(1);
  add_model_train(*model, options.model_train, chosen);
  add_model_reading(*model, options, chosen);
  add_model_stages(*model, options.model_version, chosen);
  auto* exported = add_version_command(
      *model, "export",
      "Write a version to FILE, for aml forest score, and all about it to FILE.json",
      options.model_version, chosen, run_model_export);
  exported->get_option("version")->required();
  exported->add_option("--out", options.model_version.out, "File to write")
      ->required()
      ->type_name("FILE");
  auto* imported =
      model->add_subcommand("import", "Register what aml model export wrote, in stage None");
  imported->add_option("file", options.model_file, "FILE, with FILE.json beside it")
      ->required()
      ->type_name("FILE");
  imported->callback([&] {
    chosen = [&](const GlobalOptions& global) {
      return run_model_import(global, options.model_file);
    };
  });
}

void add_graph_files(CLI::App& command, GraphFiles& files) {
  command.add_option("--edges", files.edges, "CSV with src, dst and optionally time, amount, ...")
      ->required()
      ->type_name("FILE");
  command.add_option("--vertices", files.vertices, "CSV with id and any other columns")
      ->type_name("FILE");
}

void add_motif_command(CLI::App& graph, GraphMotifOptions& options, Command& chosen) {
  auto* motif = graph.add_subcommand(
      "motif",
      "Matches of a motif: a column for each name; vertices as ids, edges as rows of the file");
  motif->add_option("motif", options.motif, "\"(a)-[e1]->(b); (b)-[e2]->(c)\", see docs/motifs.md")
      ->required()
      ->type_name("PATTERN");
  add_graph_files(*motif, options.files);
  motif->add_option("--where", options.where, "A condition: \"e2.amount >= 0.9 * e1.amount\"")
      ->type_name("EXPR");
  motif->add_option("--mode", options.mode, "Semantics: money, or those of GraphFrames' find()")
      ->check(CLI::IsMember({"money", "graphframes"}))
      ->capture_default_str();
  motif
      ->add_option(
          "--time-order", options.time_order,
          "How edges that follow each other lie in time (default: loose, or none without times)")
      ->check(CLI::IsMember({"strict", "loose", "none"}));
  motif->add_option("--window", options.window, "From the first edge of a match to the last")
      ->type_name("DURATION");
  motif->add_option("--hop-window", options.hop_window, "From an edge to each that follows it")
      ->type_name("DURATION");
  motif
      ->add_option("--distinct", options.distinct,
                   "What a match must not hold twice (default: vertices)")
      ->check(CLI::IsMember({"vertices", "edges", "none"}));
  motif
      ->add_option("--hubs", options.max_counterparties,
                   "Leave out vertices with more counterparties on one side (default: none)")
      ->type_name("N");
  auto* group_by =
      motif->add_option("--group-by", options.group_by, "One row for each binding of this vertex");
  group_by->type_name("VERTEX");
  motif
      ->add_option("--aggregate", options.aggregates,
                   "A column of the groups: \"payers=count(distinct a)\"; may be repeated")
      ->type_name("NAME=EXPR");
  motif->add_option("--having", options.having, "A condition on each group")->type_name("EXPR");
  auto* count = motif->add_flag("--count", options.count, "Only the number of rows");
  auto* limit = motif->add_option("--limit", options.limit, "Only the first rows");
  limit->check(CLI::Range(std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max()));
  count->excludes(limit)->excludes(group_by);
  limit->excludes(group_by);
  motif->add_option("--max-rows", options.max_rows, "Rows that are enumerated, at most")
      ->capture_default_str();
  motif->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_graph_motif(global, options); };
  });
}

void add_graph_commands(CLI::App& app, Options& options, Command& chosen) {
  auto* graph = app.add_subcommand("graph", "The graph kernels on CSV files, without a database");
  graph->require_subcommand(1);

  auto* components =
      graph->add_subcommand("components", "Weakly connected components: id,component");
  add_graph_files(*components, options.graph);
  components->callback([&] {
    chosen = [&](const GlobalOptions& global) {
      return run_graph_components(global, options.graph);
    };
  });

  auto* cycles = graph->add_subcommand(
      "cycles", "Simple cycles inside a window of time, each once: cycle,step,src,dst,edge");
  add_graph_files(*cycles, options.cycles.files);
  cycles->add_option("--min-length", options.cycles.min_length, "Edges in a cycle, at least")
      ->capture_default_str();
  cycles
      ->add_option("--max-length", options.cycles.max_length, "Edges in a cycle, at most (2 to 64)")
      ->required();
  cycles
      ->add_option("--window", options.cycles.window,
                   "From the first edge to the last: 7 days, 36h, 90 min, 604800 (seconds)")
      ->required()
      ->type_name("DURATION");
  cycles
      ->add_option("--time-order", options.cycles.time_order,
                   "strict: each edge later than the one before; loose: never earlier, ties in "
                   "the order of the file; none: any order inside the window")
      ->check(CLI::IsMember({"strict", "loose", "none"}))
      ->capture_default_str();
  cycles->add_option("--limit", options.cycles.limit, "Cycles shown, at most")
      ->capture_default_str();
  cycles->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_graph_cycles(global, options.cycles); };
  });

  add_motif_command(*graph, options.motif, chosen);

  auto* propagate = graph->add_subcommand(
      "propagate",
      "Risk that flows along the edges, from the column risk of the vertices: id,risk,risk_score");
  add_graph_files(*propagate, options.propagate.files);
  propagate->get_option("--vertices")->required();
  propagate->add_option("--rounds", options.propagate.rounds, "Rounds")->capture_default_str();
  propagate->add_option("--mode", options.propagate.mode, "How much of it, see docs/scenarios.md")
      ->check(CLI::IsMember({"literal", "distinct", "normalised", "amount_weighted"}))
      ->capture_default_str();
  propagate->callback([&] {
    chosen = [&](const GlobalOptions& global) {
      return run_graph_propagate(global, options.propagate);
    };
  });

  auto* stats = graph->add_subcommand("stats", "Sizes, degrees, components, times: measure,value");
  add_graph_files(*stats, options.graph);
  stats->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_graph_stats(global, options.graph); };
  });
}

void add_version_commands(CLI::App& app, Options& options, Command& chosen) {
  auto* history = app.add_subcommand(
      "history", "Versions of the data, newest first: who changed what and when");
  history->add_option("table", options.history.table, "Only those that wrote this table")
      ->type_name("TABLE");
  history->add_option("--limit", options.history.limit, "At most this many (default: all)")
      ->check(CLI::Range(1, 1000000000));
  history->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_history(global, options.history); };
  });

  auto* restore = app.add_subcommand(
      "restore", "Make tables of silver what they were at a version, as a new version");
  restore->add_option("tables", options.restore.tables, "Tables, or all")
      ->required()
      ->type_name("TABLE");
  restore->add_option("--to", options.restore.version, "A version, or a time (a day: its end)")
      ->required()
      ->type_name("VERSION");
  restore->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_restore(global, options.restore); };
  });
}

void add_reading_commands(CLI::App& app, Options& options, Command& chosen) {
  auto* list =
      app.add_subcommand("list", "List scenarios, runs, alerts or the columns of loaded files");
  list->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, ListOptions::What what) {
    auto* command = list->add_subcommand(name, help);
    command->add_option("--limit", options.list.limit, "At most this many (default: all)")
        ->check(CLI::Range(1, 1000000000));
    command->callback([&options, &chosen, what] {
      options.list.what = what;
      chosen = [&options](const GlobalOptions& global) { return run_list(global, options.list); };
    });
    return command;
  };
  add("scenarios", "Scenarios that come with the program", ListOptions::What::kScenarios);
  add("runs", "Runs of this database, newest first", ListOptions::What::kRuns);
  add("schemas", "Columns that loaded files had, the newest list first",
      ListOptions::What::kSchemas);
  add("alerts", "Current alerts, the most severe first", ListOptions::What::kAlerts)
      ->add_option("--scenario", options.list.scenario, "Only of this scenario")
      ->type_name("ID");

  auto* explain =
      app.add_subcommand("explain", "Why an account or party was flagged, transfer by transfer");
  explain->add_option("entity", options.entity, "Account id or party id")
      ->required()
      ->type_name("ENTITY");
  explain->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_explain(global, options.entity); };
  });

  auto* evaluate = app.add_subcommand(
      "evaluate", "Hold the current alerts, or a run, against labels: recall, precision, F1");
  evaluate
      ->add_option(
          "--labels", options.evaluate.labels,
          "labels.csv of `aml generate`, AMLSim's alert_transactions and alert_accounts, or "
          "AMLworld's Patterns.txt and Trans.csv; several are put together")
      ->required()
      ->type_name("FILE");
  evaluate
      ->add_option(
          "--run", options.evaluate.run,
          "What this run found: a backtest, or a production run whose scenarios no newer one "
          "ran again (default: the current alerts)")
      ->type_name("RUN");
  evaluate->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_evaluate(global, options.evaluate); };
  });

  auto* diff = app.add_subcommand(
      "diff",
      "Which alerts came and went between two runs, and why; or what differs in a table between "
      "two versions");
  constexpr int kTableAndVersions = 3;
  diff->add_option(
          "what", options.diff.what,
          "RUN RUN, or TABLE VERSION VERSION (numbers or times), for example: accounts 3 5")
      ->required()
      ->expected(2, kTableAndVersions)
      ->type_name("EARLIER LATER");
  diff->add_option("--limit", options.diff.limit,
                   "At most this many rows of a table (default: all)")
      ->check(CLI::Range(1, 1000000000));
  diff->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_diff(global, options.diff); };
  });

  auto* report = app.add_subcommand("report", "Write the report of a run as one HTML file");
  report->add_option("run", options.report.run, "Run id (default: the newest successful one)")
      ->type_name("RUN");
  report->add_option("--out", options.report.out, "File to write")
      ->required()
      ->type_name("FILE.html");
  report
      ->add_option("--stories", options.report.stories,
                   "Alerts told in full, the most severe first")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  report->callback([&] {
    chosen = [&](const GlobalOptions& global) { return run_report(global, options.report); };
  });

  auto* doctor =
      app.add_subcommand("doctor", "Say what is wrong with this set-up and how to mend it");
  doctor->callback(
      [&] { chosen = [](const GlobalOptions& global) { return run_doctor(global); }; });

  auto* demo = app.add_subcommand(
      "demo", "The two-minute tour: private database, labelled data, run, report");
  add_data_options(*demo, options.demo.data);
  demo->add_option("--out", options.demo.out, "Report to write")
      ->type_name("FILE.html")
      ->capture_default_str();
  demo->callback([&, demo] {
    fit_instances(*demo, options.demo.data);
    chosen = [&](const GlobalOptions& global) { return run_demo(global, options.demo); };
  });
}

std::optional<Format> format_of(const std::string& name) {
  if (name == "table") return Format::kTable;
  if (name == "csv") return Format::kCsv;
  if (name == "json") return Format::kJson;
  return std::nullopt;
}

/// CLI11 ends wrong usage with codes of its own; ours is 2 for all of them.
int report_usage(const CLI::App& app, const CLI::ParseError& error, const NamedCommand& named) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
  set_up_console(Verbosity::kNormal, false);
  std::string what = std::string(error.what()) + ".";
  if (!named.unknown_word.empty()) {
    what =
        "There is no command '" + named.path + ' ' + named.unknown_word + "'." + suggestion(named);
  }
  complain(what + "\n  see:  " + named.path + " --help");
  return kUsage;
}

}  // namespace

std::variant<CommandLine, int> parse_command_line(int argc, char** argv) {
  CLI::App app{"amlgraph: finds money laundering in payment data", "aml"};
  app.footer(
      "Start with:\n"
      "  aml demo                               the two-minute tour on made-up data\n"
      "  aml db start; aml load transfers.csv; aml run\n"
      "  aml -d postgresql:///bank run          your own server");
  app.set_version_flag("--version", std::string("aml ") + kVersion);
  app.require_subcommand(1);
  app.fallthrough();
  auto options = std::make_shared<Options>();
  GlobalOptions global;
  Command chosen;
  add_global_options(app, global, *options);
  add_reading_commands(app, *options, chosen);
  add_version_commands(app, *options, chosen);
  add_run_commands(app, *options, chosen);
  add_service_commands(app, *options, chosen);
  add_data_commands(app, *options, chosen);
  add_expectations_commands(app, options->expectations, chosen);
  add_quarantine_commands(app, options->quarantine, chosen);
  add_graph_commands(app, *options, chosen);
  add_features_command(app, options->features, chosen);
  add_forest_commands(app, *options, chosen);
  add_model_commands(app, *options, chosen);
  add_db(app, *options, chosen);
  if (argc == 1) {
    std::fputs(app.help().c_str(), stdout);
    return kOk;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error, named_command(app, argc, argv));
  }
  global.format = format_of(options->format);
  if (options->quiet) global.verbosity = Verbosity::kQuiet;
  if (options->verbose) global.verbosity = Verbosity::kVerbose;
  return CommandLine{global, [options, chosen, global] { return chosen(global); }};
}

}  // namespace aml::cli
