// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/lineage.hpp"
#include "cli/load.hpp"
#include "cli/stop_signal.hpp"
#include "cli/target.hpp"
#include "scenarios/runner.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/source_file.hpp"
#include "store/error.hpp"
#include "store/landing_folder.hpp"

namespace aml::cli {
namespace {

store::InputFormat input_format(const std::string& name) {
  if (name == "aml") return store::InputFormat::kAml;
  if (name == "amlsim") return store::InputFormat::kAmlsim;
  if (name == "amlworld") return store::InputFormat::kAmlworld;
  return store::InputFormat::kAuto;
}

store::SchemaEvolution schema_evolution(const std::string& name) {
  if (name == "add") return store::SchemaEvolution::kAdd;
  return name == "fail" ? store::SchemaEvolution::kFail : store::SchemaEvolution::kRescue;
}

std::string outcome_name(store::FileOutcome::Kind kind) {
  switch (kind) {
    case store::FileOutcome::Kind::kLoaded:
      return "loaded";
    case store::FileOutcome::Kind::kAlreadyKnown:
      return "already known";
    case store::FileOutcome::Kind::kIgnored:
      return "ignored";
    case store::FileOutcome::Kind::kRefused:
      return "refused";
    case store::FileOutcome::Kind::kUnreachable:
      return "unreachable";
  }
  return {};
}

Cell rows_per_second(const store::FileOutcome& file) {
  if (file.kind != store::FileOutcome::Kind::kLoaded || file.seconds <= 0) return std::monostate{};
  return static_cast<std::int64_t>(static_cast<double>(file.rows_read) / file.seconds);
}

Table summary(const std::vector<store::FileOutcome>& files) {
  Table table{
      {"file", "dataset", "outcome", "read", "loaded", "quarantined", "seconds", "rows_per_second"},
      {}};
  for (const auto& file : files) {
    table.rows.push_back(
        {file.path, file.dataset, outcome_name(file.kind),
         static_cast<std::int64_t>(file.rows_read), static_cast<std::int64_t>(file.rows_loaded),
         static_cast<std::int64_t>(file.rows_quarantined), file.seconds, rows_per_second(file)});
  }
  return table;
}

/// A control file that cannot be read refuses its file, not the load.
std::map<std::string, std::string> control_totals(const std::string& path) {
  const std::string file = path + std::string(store::kControlFileEnding);
  if (!std::filesystem::exists(file)) return {};
  try {
    return scenarios::load_control_totals(file);
  } catch (const scenarios::ScenarioError& error) {
    throw store::StoreError(store::StoreFailure::kRefusedData,
                            fmt::format("{}\n  nothing of {} was loaded", error.what(), path));
  }
}

std::vector<reports::LineageDataset> files_as_datasets(const std::vector<std::string>& paths) {
  std::vector<reports::LineageDataset> datasets;
  for (const auto& path : paths)
    datasets.push_back({"file", std::filesystem::absolute(path).lexically_normal().string()});
  return datasets;
}

std::vector<reports::LineageDataset> tables_filled(store::Connection& connection,
                                                   const std::vector<store::FileOutcome>& files) {
  std::map<std::string, std::int64_t> rows;
  for (const auto& file : files) {
    if (file.kind != store::FileOutcome::Kind::kLoaded) continue;
    rows["bronze." + file.dataset] += static_cast<std::int64_t>(file.rows_read);
    rows["silver." + file.dataset] += static_cast<std::int64_t>(file.rows_loaded);
    if (file.rows_quarantined > 0)
      rows["quarantine.rows"] += static_cast<std::int64_t>(file.rows_quarantined);
  }
  return lineage_tables(connection, {rows.begin(), rows.end()});
}

std::string rows_and_memory(std::uint64_t rows) {
  return fmt::format("{} rows, peak memory {}", human_count(rows),
                     human_bytes(static_cast<std::uint64_t>(scenarios::peak_memory_bytes())));
}

store::IngestOptions ingest_options(const LoadOptions& options) {
  store::IngestOptions ingest;
  ingest.format = input_format(options.format);
  ingest.expectations = scenarios::load_expectations(options.expectations);
  ingest.schema_evolution = schema_evolution(options.schema_evolution);
  return ingest;
}

store::IngestOptions ingest_options(const LoadOptions& options, Stage& stage) {
  store::IngestOptions ingest = ingest_options(options);
  ingest.progress = [&stage](const std::string& path, std::uint64_t read, std::uint64_t total) {
    stage.progress(total == 0 ? path : fmt::format("{} {} %", path, 100 * read / total));
  };
  return ingest;
}

template <typename Count>
void add_counts(std::map<std::string, Count>& to, const std::map<std::string, Count>& counts) {
  for (const auto& [name, count] : counts) to[name] += count;
}

/// What became of one more batch of the same source.
void add_batch(store::FileOutcome& all, store::FileOutcome&& batch) {
  all.kind = batch.kind;
  all.message = std::move(batch.message);
  all.dataset = std::move(batch.dataset);
  all.rows_read += batch.rows_read;
  all.rows_loaded += batch.rows_loaded;
  all.rows_quarantined += batch.rows_quarantined;
  all.seconds += batch.seconds;
  add_counts(all.quarantined_by_reason, batch.quarantined_by_reason);
  add_counts(all.warnings, batch.warnings);
  add_counts(all.of_erased, batch.of_erased);
  all.new_columns.insert(all.new_columns.end(), batch.new_columns.begin(), batch.new_columns.end());
  all.added_columns.merge(batch.added_columns);
  all.unmet.merge(batch.unmet);
}

/// All that lay there when reading began; a quiet look: what has come by now.
store::FileOutcome load_topic(store::Connection& connection, store::TopicReader& topic,
                              Stage& stage, bool is_quiet) {
  using Kind = store::FileOutcome::Kind;
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kPatience{1};
  constexpr std::chrono::seconds kLongestSilence{60};
  store::FileOutcome all;
  all.path = topic.source().name;
  all.kind = Kind::kAlreadyKnown;
  auto heard = Clock::now();
  do {
    auto batch = topic.load_batch(connection, is_quiet ? std::chrono::seconds(0) : kPatience);
    if (batch) {
      heard = Clock::now();
      add_batch(all, std::move(*batch));
      stage.progress(fmt::format("{} {} rows", all.path, human_count(all.rows_loaded)));
      if (all.kind != Kind::kLoaded) return all;
    } else if (Clock::now() - heard > kLongestSilence) {
      all.kind = Kind::kUnreachable;
      all.message = fmt::format(
          "{}: the brokers answer, but give no more messages, although some lie there", all.path);
      return all;
    }
  } while (is_quiet ? topic.is_behind() && !StopSignal::requested() : !topic.has_caught_up());
  topic.record_lags(connection);
  return all;
}

store::FileOutcome load_source(store::Connection& connection, OpenSource& open,
                               const LoadOptions& options, Stage& stage, bool is_quiet) {
  if (auto* topic = std::get_if<store::TopicReader>(&open.reader))
    return load_topic(connection, *topic, stage, is_quiet);
  const auto reading = options.full ? store::TableReading::kAll : store::TableReading::kNew;
  return std::get<store::SourceTable>(open.reader)
      .load(connection, ingest_options(options, stage), reading);
}

/// All are in aml.file_schemas, and there can be thousands.
std::string some_of(const std::vector<std::string>& columns) {
  constexpr std::size_t kShown = 20;
  const auto shown = std::min(kShown, columns.size());
  const auto some = fmt::format(
      "{}", fmt::join(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return columns.size() == shown
             ? some
             : fmt::format("{} and {} more", some, human_count(columns.size() - shown));
}

}  // namespace

void explain_outcomes(const std::vector<store::FileOutcome>& files) {
  for (const auto& file : files) {
    if (file.kind == store::FileOutcome::Kind::kRefused ||
        file.kind == store::FileOutcome::Kind::kUnreachable) {
      complain(file.message);
    } else if (file.kind == store::FileOutcome::Kind::kIgnored) {
      say("ignored " + file.message);
    } else if (!file.message.empty()) {
      detail(file.message);
    }
    if (file.rows_known > 0)
      detail(fmt::format("{}: {} rows were known", file.path, human_count(file.rows_known)));
    if (!file.new_columns.empty()) {
      say(fmt::format("{}: columns that no file of {} had before: {}", file.path, file.dataset,
                      some_of(file.new_columns)));
    }
    for (const auto& [name, column] : file.added_columns) {
      say(fmt::format("{}: column {} is now silver.{}.{}", file.path, name, file.dataset, column));
    }
    for (const auto& [reason, rows] : file.quarantined_by_reason) {
      warn(fmt::format("{}: {} rows quarantined: {}", file.path, human_count(rows), reason));
    }
    for (const auto& [expectation, rows] : file.warnings) {
      warn(fmt::format("{}: {} rows loaded although they break {}", file.path, human_count(rows),
                       expectation));
    }
    for (const auto& [pseudonym, rows] : file.of_erased) {
      warn(
          fmt::format("{}: {} rows name the one whose data were erased as {}; they came in under "
                      "that pseudonym, "
                      "without facts: docs/operations.md, Erase",
                      file.path, human_count(rows), pseudonym));
    }
    for (const auto& [expectation, finding] : file.unmet) {
      warn(fmt::format("{}: loaded although it does not meet {}: {}", file.path, expectation,
                       finding));
    }
  }
}

std::vector<store::FileOutcome> load_with_progress(store::Connection& connection,
                                                   const LoadOptions& options) {
  Stage stage("load");
  store::IngestOptions ingest = ingest_options(options, stage);
  ingest.control_totals = control_totals;
  auto files = with_lineage(
      options.lineage, "aml.load", files_as_datasets(options.paths),
      [&] { return store::ingest(connection, options.paths, ingest); },
      [&](const auto& ended) { return LineageEnd{.outputs = tables_filled(connection, ended)}; });
  std::uint64_t rows = 0;
  for (const auto& file : files) rows += file.rows_loaded;
  stage.done(rows_and_memory(rows));
  return files;
}

OpenSource open_source(const std::string& file, const LoadOptions& options) {
  const scenarios::Source source = scenarios::load_source(file);
  const std::string& name = scenarios::name_of(source);
  if (const auto* table = std::get_if<store::TableSource>(&source))
    return {name, store::SourceTable(*table)};
  if (options.full) {
    throw std::invalid_argument(
        fmt::format("{}: --full is for tables; a topic under another name is read from its first "
                    "message",
                    file));
  }
  const auto& topic = std::get<store::KafkaSource>(source);
  return {name, store::TopicReader(topic, ingest_options(options),
                                   store::TopicOptions{.accept_gaps = options.accept_gaps},
                                   [topic] { return store::open_kafka_topic(topic); })};
}

store::FileOutcome load_source_with_progress(store::Connection& connection, OpenSource& open,
                                             const LoadOptions& options, bool is_quiet) {
  Stage stage("load");
  const std::string& name = open.name;
  const auto load = [&] { return load_source(connection, open, options, stage, is_quiet); };
  const auto with_events = [&](const auto& action) {
    return with_lineage(options.lineage, "aml.load", {{"source", name}}, action,
                        [&](const auto& ended) {
                          return LineageEnd{.outputs = tables_filled(connection, {ended})};
                        });
  };
  if (!is_quiet) {
    auto outcome = with_events(load);
    stage.done(fmt::format("{}: {}", name, rows_and_memory(outcome.rows_loaded)));
    return outcome;
  }
  auto outcome = load();
  if (outcome.kind != store::FileOutcome::Kind::kLoaded) return outcome;
  stage.done(fmt::format("{}: {}", name, rows_and_memory(outcome.rows_loaded)));
  return with_events([&] { return outcome; });
}

int run_load(const GlobalOptions& global, const LoadOptions& options) {
  std::vector<OpenSource> sources;
  for (const auto& file : options.sources) sources.push_back(open_source(file, options));
  auto connection = connect_ready(global);
  std::vector<store::FileOutcome> files;
  if (!options.paths.empty()) files = load_with_progress(connection, options);
  for (auto& source : sources)
    files.push_back(load_source_with_progress(connection, source, options, /*is_quiet=*/false));
  explain_outcomes(files);
  print(summary(files), effective_format(global.format));
  const auto ended_as = [&](store::FileOutcome::Kind kind) {
    return std::ranges::find(files, kind, &store::FileOutcome::kind) != files.end();
  };
  if (std::ranges::any_of(files, [](const auto& file) { return file.rows_quarantined > 0; }))
    say("Quarantined rows are kept whole, with their reasons: aml quarantine list");
  if (ended_as(store::FileOutcome::Kind::kUnreachable)) return kUnreachable;
  return ended_as(store::FileOutcome::Kind::kRefused) ? kRefusedData : kOk;
}

}  // namespace aml::cli
