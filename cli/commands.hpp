// SPDX-License-Identifier: Apache-2.0
// The subcommands of aml: each has its options and one function in the file of its name, which
// returns the exit code.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.hpp"
#include "cli/table.hpp"
#include "scenarios/generator.hpp"

namespace aml::cli {

/// What every command takes.
struct GlobalOptions {
  std::string database;            ///< --database; empty: not given
  std::string directory = ".aml";  ///< --dir: where the private database lives
  std::optional<Format> format;    ///< --format; absent: a table on a terminal, else CSV
  Verbosity verbosity = Verbosity::kNormal;
  bool no_color = false;
};

struct DbOptions {
  enum class Action { kStart, kStop, kStatus, kUrl, kPsql, kRemove };
  Action action = Action::kStatus;
  bool yes = false;                         ///< remove without asking
  std::string base_currency;                ///< of a new database; empty: USD
  std::vector<std::string> psql_arguments;  ///< handed to psql
};
struct InitOptions {
  std::string base_currency;  ///< empty: USD for a new database, else what it was made with
  bool dry_run = false;
};
struct GenerateOptions {
  std::string out;  ///< folder
  scenarios::GeneratorParams data;
};
struct LoadOptions {
  std::vector<std::string> paths;
  std::string format = "auto";
  std::string expectations = {};  ///< file; empty: those that come with the program
  std::string schema_evolution = "rescue";
  std::string lineage = {};  ///< file to which OpenLineage events are added; empty: none
  std::vector<std::string> sources = {};  ///< files, see docs/sources.md
  bool full = false;                      ///< read tables from their first row
  bool accept_gaps = false;               ///< go on behind messages that are lost
};
/// See docs/expectations.md.
struct ExpectationsOptions {
  std::string expectations;  ///< file; empty: those that come with the program
  std::string dataset;
  std::string expectation;
  std::string file;  ///< a loaded file, or a file of JSON lines to check
  bool only_broken = false;
  int limit = 0;                        ///< 0: all
  std::string schema;                   ///< JSON schema
  std::vector<std::string> column_map;  ///< property=column
};
struct QuarantineOptions {
  std::string reason;  ///< of quarantined rows, or why a row is dropped
  std::string dataset;
  std::string file;
  std::string place;             ///< FILE:LINE
  bool rows = false;             ///< the rows instead of their numbers
  std::vector<std::string> set;  ///< column=value
  std::string from;              ///< CSV of corrected values
  std::string expectations;      ///< file; empty: those that come with the program
};
struct RunOptions {
  std::vector<std::string> scenarios;  ///< ids or files; empty: all that come with the program
  bool dry_run = false;
  std::string summary;  ///< file; empty: none
  int threads = 0;
  std::optional<std::string> as_of;          ///< a day or time; absent: all transfers
  std::optional<std::string> as_of_version;  ///< a number, day or time; absent: the newest
  std::vector<std::string> overrides;        ///< scenario.parameter=value
  bool no_features = false;                  ///< leave gold.account_features as it is
  std::string lineage;  ///< file to which OpenLineage events are added; empty: none
};
/// See docs/operations.md.
struct WatchOptions {
  LoadOptions load;  ///< its paths are folders
  RunOptions run;
  double every = 10;        ///< seconds between two looks
  double settle = 2;        ///< seconds for which a file must not have changed
  double full_every = 600;  ///< seconds between two runs over all data
  std::string metrics;      ///< file; empty: none
};
/// See docs/versions.md.
struct HistoryOptions {
  std::string table;  ///< empty: all
  int limit = 0;      ///< 0: all
};
struct DiffOptions {
  std::vector<std::string> what;  ///< two runs, or a table and two versions
  int limit = 0;                  ///< rows of a table; 0: all
};
struct RestoreOptions {
  std::vector<std::string> tables;
  std::string version;  ///< a number, day or time
};
/// See docs/access.md.
struct GrantsOptions {
  bool apply = false;
  bool sql = false;  ///< print what would be applied
};
struct ShareOptions {
  std::string share;
  std::vector<std::string> tables;
  std::vector<std::string> where;  ///< table: condition
  std::string version;             ///< a number, day or time
  std::string role;
  std::string until;  ///< a day or time
};
struct PruneOptions {
  int keep_years = 0;
  std::string override_duty;  ///< why less is kept than the law asks; empty: it is not less
  bool dry_run = false;
  bool yes = false;  ///< without asking
};
struct EraseOptions {
  std::string party, account;  ///< one of them
  std::string reference, reason;
  std::string override_duty;  ///< why, though the law asks to keep the data; empty: it does not
  bool dry_run = false;
  bool yes = false;  ///< without asking
};
struct EvaluateOptions {
  std::vector<std::string> labels;  ///< files
  std::optional<std::int64_t> run;  ///< absent: the current alerts
};
struct ListOptions {
  enum class What { kScenarios, kRuns, kAlerts, kSchemas };
  What what = What::kAlerts;
  std::string scenario;
  int limit = 0;  ///< 0: all
};
struct ReportOptions {
  std::optional<std::int64_t> run;
  std::string out;
  int stories = 200;
};
struct DemoOptions {
  scenarios::GeneratorParams data;
  std::string out = "aml-demo-report.html";
};

/// How a forest is fitted, see docs/forest.md.
struct ForestParams {
  int trees = 100;
  int sample_size = 256;
  std::uint64_t seed = 42;
  double max_features = 1;
  bool bootstrap = false;
  std::string splits = "random";
  std::optional<double> contamination;
};
struct ForestFitOptions {
  std::string data;
  std::vector<std::string> labels;  ///< columns that are no features
  std::string model;                ///< file to write
  ForestParams params;
};
struct ForestScoreOptions {
  std::string data;
  std::string model;
  std::size_t reasons = 0;
};

/// See docs/models.md.
struct ModelTrainOptions {
  std::string model;
  ForestParams params;
  std::string data;                        ///< file of rows; empty: the accounts of what is loaded
  std::vector<std::string> label_columns;  ///< columns of it that are no features
  std::vector<std::string> label_files;    ///< what is known of accounts
  std::string experiment;
  std::vector<std::string> promote_if;
};
/// A version and why something is done with it.
struct ModelVersionOptions {
  std::string model;
  std::string version;
  std::string reason;
  std::string stage = "Production";
  std::string alias;
  std::string out;  ///< file to write
};
struct ModelHistoryOptions {
  std::string model;
  std::optional<std::string> on;  ///< a day or time
};
struct ModelCompareOptions {
  std::string model;
  std::string a;
  std::string b;
};

/// See docs/features.md.
struct FeatureOptions {
  bool transfers = false;  ///< of transfers instead of accounts
  bool list = false;       ///< only the definitions
  std::string out;         ///< file; empty: stdout
  std::string edges;       ///< file, see docs/graph_files.md; empty: the database
  std::optional<std::string> as_of;
};

/// A graph in CSV files, see docs/graph_files.md.
struct GraphFiles {
  std::string edges;
  std::string vertices;  ///< empty: the vertices are those that edges name
};
struct GraphCycleOptions {
  GraphFiles files;
  int min_length = 2;
  int max_length = 0;
  std::string window;
  std::string time_order = "loose";
  std::uint64_t limit = 1'000'000;
};
struct GraphMotifOptions {
  GraphFiles files;
  std::string motif;
  std::string where;
  std::string mode = "money";
  std::string time_order;  ///< empty: loose, or none if the edges have no times
  std::string window;
  std::string hop_window;
  std::string distinct;  ///< empty: the default of the mode
  std::string group_by;
  std::vector<std::string> aggregates;  ///< name=expression
  std::string having;
  std::uint32_t max_counterparties = 0;
  bool count = false;
  std::uint64_t limit = 0;  ///< 0: all rows
  std::uint64_t max_rows = 10'000'000;
};
struct GraphPropagateOptions {
  GraphFiles files;
  int rounds = 3;
  std::string mode = "literal";
};

int run_db(const GlobalOptions& global, const DbOptions& options);
int run_demo(const GlobalOptions& global, const DemoOptions& options);
int run_diff(const GlobalOptions& global, const DiffOptions& options);
int run_doctor(const GlobalOptions& global);
int run_erase(const GlobalOptions& global, const EraseOptions& options);
int run_evaluate(const GlobalOptions& global, const EvaluateOptions& options);
int run_expectations_check(const GlobalOptions& global, const ExpectationsOptions& options);
int run_expectations_from_schema(const GlobalOptions& global, const ExpectationsOptions& options);
int run_expectations_list(const GlobalOptions& global, const ExpectationsOptions& options);
int run_expectations_results(const GlobalOptions& global, const ExpectationsOptions& options);
int run_explain(const GlobalOptions& global, const std::string& entity);
int run_features(const GlobalOptions& global, const FeatureOptions& options);
int run_forest_fit(const GlobalOptions& global, const ForestFitOptions& options);
int run_forest_score(const GlobalOptions& global, const ForestScoreOptions& options);
int run_generate(const GlobalOptions& global, const GenerateOptions& options);
int run_grants(const GlobalOptions& global, const GrantsOptions& options);
int run_graph_components(const GlobalOptions& global, const GraphFiles& files);
int run_graph_cycles(const GlobalOptions& global, const GraphCycleOptions& options);
int run_graph_motif(const GlobalOptions& global, const GraphMotifOptions& options);
int run_graph_propagate(const GlobalOptions& global, const GraphPropagateOptions& options);
int run_graph_stats(const GlobalOptions& global, const GraphFiles& files);
int run_history(const GlobalOptions& global, const HistoryOptions& options);
int run_init(const GlobalOptions& global, const InitOptions& options);
int run_list(const GlobalOptions& global, const ListOptions& options);
int run_load(const GlobalOptions& global, const LoadOptions& options);
int run_metrics(const GlobalOptions& global, const std::string& out);
int run_model_alias(const GlobalOptions& global, const ModelVersionOptions& options);
int run_model_archive(const GlobalOptions& global, const ModelVersionOptions& options);
int run_model_compare(const GlobalOptions& global, const ModelCompareOptions& options);
int run_model_export(const GlobalOptions& global, const ModelVersionOptions& options);
int run_model_history(const GlobalOptions& global, const ModelHistoryOptions& options);
int run_model_import(const GlobalOptions& global, const std::string& file);
int run_model_list(const GlobalOptions& global, const std::string& model);
int run_model_promote(const GlobalOptions& global, const ModelVersionOptions& options);
int run_model_show(const GlobalOptions& global, const ModelVersionOptions& options);
int run_model_sql(const GlobalOptions& global, const ModelVersionOptions& options);
int run_model_train(const GlobalOptions& global, const ModelTrainOptions& options);
int run_prune(const GlobalOptions& global, const PruneOptions& options);
int run_quarantine_drop(const GlobalOptions& global, const QuarantineOptions& options);
int run_quarantine_fix(const GlobalOptions& global, const QuarantineOptions& options);
int run_quarantine_list(const GlobalOptions& global, const QuarantineOptions& options);
int run_quarantine_replay(const GlobalOptions& global, const QuarantineOptions& options);
int run_quarantine_show(const GlobalOptions& global, const QuarantineOptions& options);
int run_report(const GlobalOptions& global, const ReportOptions& options);
int run_restore(const GlobalOptions& global, const RestoreOptions& options);
int run_run(const GlobalOptions& global, const RunOptions& options);
int run_scenario_check(const GlobalOptions& global, const std::vector<std::string>& files);
int run_scenario_explain(const GlobalOptions& global, const std::string& name);
int run_scenario_sql(const GlobalOptions& global, const std::string& name);
int run_share_create(const GlobalOptions& global, const ShareOptions& options);
int run_share_drop(const GlobalOptions& global, const ShareOptions& options);
int run_share_grant(const GlobalOptions& global, const ShareOptions& options);
int run_share_list(const GlobalOptions& global, const ShareOptions& options);
int run_share_move(const GlobalOptions& global, const ShareOptions& options);
int run_share_revoke(const GlobalOptions& global, const ShareOptions& options);
int run_share_show(const GlobalOptions& global, const ShareOptions& options);
int run_watch(const GlobalOptions& global, const WatchOptions& options);

/// Exit codes, the same for every command: docs/operations.md lists them.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kUnreachable = 3;
inline constexpr int kRefusedData = 4;
inline constexpr int kLocked = 75;
inline constexpr int kInterrupted = 130;

}  // namespace aml::cli
