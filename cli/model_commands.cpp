// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/command_tree.hpp"

namespace aml::cli {
namespace {

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

void add_features_command(const CommandTree& aml) {
  const auto options = std::make_shared<FeatureOptions>();
  auto* features =
      aml.add("features", "What each account, or each transfer, does as numbers: CSV for models",
              run_features, options);
  auto* list = features->add_flag("--list", options->list,
                                  "Only what they are: name, unit, window, description");
  features->add_flag("--transfers", options->transfers,
                     "Of transfers, each as it looked when it was made");
  features
      ->add_option("--out", options->out, "File to write, readable by you alone (default: stdout)")
      ->type_name("FILE.csv")
      ->excludes(list);
  features
      ->add_option("--edges", options->edges,
                   "CSV with src, dst, time and amount instead of a database")
      ->type_name("FILE")
      ->excludes(list);
  features
      ->add_option("--as-of", options->as_of,
                   "Only transfers booked until this day (it included) or moment, UTC unless it "
                   "names a zone")
      ->type_name("TIME")
      ->excludes(list);
}

void add_forest_fit(const CommandTree& forest) {
  const auto options = std::make_shared<ForestFitOptions>();
  auto* fit =
      forest.add("fit", "Fit a model to the rows of a file and write it", run_forest_fit, options);
  fit->add_option("--data", options->data, "CSV of numbers with a header line, plain or .gz")
      ->required()
      ->type_name("FILE");
  fit->add_option("--label", options->labels, "A column that is no feature; may be repeated")
      ->type_name("COLUMN");
  fit->add_option("--model", options->model, "File to write")->required()->type_name("FILE");
  add_forest_params(*fit, options->params);
}

void add_forest_score(const CommandTree& forest) {
  const auto options = std::make_shared<ForestScoreOptions>();
  auto* score =
      forest.add("score", "Score rows with a model: row,anomaly_score,is_anomaly[,reasons]",
                 run_forest_score, options);
  score->add_option("--data", options->data, "CSV with the columns of the model")
      ->required()
      ->type_name("FILE");
  score->add_option("--model", options->model, "File that `aml forest fit` wrote")
      ->required()
      ->type_name("FILE");
  score
      ->add_option("--reasons", options->reasons,
                   "Say which features set each row apart, at most this many")
      ->type_name("N");
}

void add_model_train(const CommandTree& model) {
  const auto options = std::make_shared<ModelTrainOptions>();
  auto* train = model.add(
      "train", "Fit a version to the accounts of what is loaded, or to a file, and register it",
      run_model_train, options);
  train->add_option("model", options->model, "Name of the model, new or known")
      ->required()
      ->type_name("MODEL");
  train
      ->add_option("--data", options->data,
                   "CSV of numbers with a header line instead, see aml forest")
      ->type_name("FILE");
  train
      ->add_option("--label", options->label_columns,
                   "A column of it that is no feature; a single one of 0 and 1 is what metrics are "
                   "measured against")
      ->type_name("COLUMN")
      ->allow_extra_args(false);
  train
      ->add_option(
          "--labels", options->label_files,
          "What is known of accounts, as for aml evaluate; metrics are measured against it")
      ->type_name("FILE");
  train
      ->add_option("--experiment", options->experiment,
                   "What is being tried out (default: the name of the model)")
      ->type_name("NAME");
  train
      ->add_option("--promote-if", options->promote_if,
                   "Put it in production if this holds: 'average_precision>=0.5', or against the "
                   "present version on the same rows: 'average_precision>production'; may be "
                   "repeated, then all must hold; else exit code 1")
      ->type_name("CONDITION")
      ->allow_extra_args(false);
  add_forest_params(*train, options->params);
}

constexpr const char* kVersionHelp = "A number, latest, production, staging or an alias";

/// A subcommand about one version of a model.
CLI::App* add_version_command(const CommandTree& model, const char* name, const char* help,
                              int (*run)(const GlobalOptions&, const ModelVersionOptions&),
                              const std::shared_ptr<ModelVersionOptions>& options) {
  auto* command = model.add(name, help, run, options);
  command->add_option("model", options->model, "Name of the model")->required()->type_name("MODEL");
  command->add_option("version", options->version, kVersionHelp)->type_name("VERSION");
  return command;
}

void add_reason(CLI::App& command, ModelVersionOptions& options) {
  command.get_option("version")->required();
  command.add_option("--reason", options.reason, "Why; it stays in the log")
      ->required()
      ->type_name("TEXT");
}

void add_model_versions(const CommandTree& model) {
  const auto options = std::make_shared<ModelVersionOptions>();
  add_version_command(model, "show",
                      "All about a version: training, metrics, columns, history, drift (default: "
                      "production, else the latest)",
                      run_model_show, options);
  add_version_command(model, "sql",
                      "Print a version as plain SQL functions, for servers that take no extension "
                      "(default: production)",
                      run_model_sql, options);
  auto* promote = add_version_command(model, "promote",
                                      "Put a version in production; the one before it is archived",
                                      run_model_promote, options);
  add_reason(*promote, *options);
  promote->add_option("--to", options->stage, "Stage")
      ->check(CLI::IsMember({"Staging", "Production"}))
      ->capture_default_str();
  add_reason(*add_version_command(model, "archive", "Take a version out of use", run_model_archive,
                                  options),
             *options);
  auto* alias = add_version_command(model, "alias", "Give a version a name such as champion",
                                    run_model_alias, options);
  alias->add_option("alias", options->alias, "The name; it leaves the version that had it")
      ->required()
      ->type_name("ALIAS");
  add_reason(*alias, *options);
  auto* exported = add_version_command(
      model, "export",
      "Write a version to FILE, for aml forest score, and all about it to FILE.json",
      run_model_export, options);
  exported->get_option("version")->required();
  exported->add_option("--out", options->out, "File to write")->required()->type_name("FILE");
}

void add_model_registry(const CommandTree& model) {
  const auto of_model = std::make_shared<std::string>();
  model.add("list", "Versions, the newest first", run_model_list, of_model)
      ->add_option("model", *of_model, "Only of this model")
      ->type_name("MODEL");
  const auto of_history = std::make_shared<ModelHistoryOptions>();
  auto* history =
      model.add("history", "Who changed which stage when, and why", run_model_history, of_history);
  history->add_option("model", of_history->model, "Name of the model")
      ->required()
      ->type_name("MODEL");
  history
      ->add_option("--on", of_history->on,
                   "Instead: which version was in production on this day or at this moment, UTC "
                   "unless it names a zone")
      ->type_name("TIME");
  const auto of_compare = std::make_shared<ModelCompareOptions>();
  auto* compare = model.add(
      "compare", "Two versions: parameters, metrics, and what they say of the accounts now loaded",
      run_model_compare, of_compare);
  compare->add_option("model", of_compare->model, "Name of the model")
      ->required()
      ->type_name("MODEL");
  compare->add_option("a", of_compare->a, kVersionHelp)->required()->type_name("VERSION");
  compare->add_option("b", of_compare->b, kVersionHelp)->required()->type_name("VERSION");
  const auto file = std::make_shared<std::string>();
  model
      .add("import", "Register what aml model export wrote, in stage None", run_model_import, file)
      ->add_option("file", *file, "FILE, with FILE.json beside it")
      ->required()
      ->type_name("FILE");
}

}  // namespace

void add_model_commands(const CommandTree& aml) {
  add_features_command(aml);
  const CommandTree forest =
      aml.group("forest", "Isolation forest: rows of a CSV file unlike the others");
  add_forest_fit(forest);
  add_forest_score(forest);
  const CommandTree model = aml.group(
      "model", "The registry of models that score: train, promote, compare, who did what when");
  add_model_train(model);
  add_model_registry(model);
  add_model_versions(model);
}

}  // namespace aml::cli
