// SPDX-License-Identifier: Apache-2.0
#include "store/ingest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <pqxx/pqxx>

#include "store/bronze_writer.hpp"
#include "store/column_types.hpp"
#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "store/file_columns.hpp"
#include "store/input_file.hpp"
#include "store/known_content.hpp"
#include "store/landing_folder.hpp"
#include "store/load_transaction.hpp"
#include "store/migrations.hpp"
#include "store/record_reader.hpp"
#include "store/row_split.hpp"
#include "store/run_ledger.hpp"
#include "store/silver_load.hpp"

namespace aml::store {
namespace {

constexpr std::array<Dataset, 4> kDatasets{Dataset::kFxRates, Dataset::kParties, Dataset::kAccounts,
                                           Dataset::kTransfers};

/// A file to look at.
struct Candidate {
  std::string path;
  bool is_named;  // by the caller, not only found in a folder
  bool is_finished;
};

std::vector<Candidate> find_files(const std::vector<std::string>& paths) {
  std::vector<Candidate> files;
  for (const auto& path : paths) {
    try {
      if (!std::filesystem::exists(path)) refuse_file(path, "there is no such file or folder");
      if (!std::filesystem::is_directory(path)) {
        files.push_back({path, true, true});
        continue;
      }
      const FolderContent content = files_in(path);
      for (const auto& file : content.files) files.push_back({file, false, true});
      for (const auto& file : content.unfinished) files.push_back({file, false, false});
    } catch (const std::filesystem::filesystem_error& error) {
      refuse_file(path, error.code().message());
    }
  }
  return files;
}

FileOutcome outcome_of(const std::string& path, FileOutcome::Kind kind, std::string message) {
  FileOutcome outcome;
  outcome.path = path;
  outcome.kind = kind;
  outcome.message = std::move(message);
  return outcome;
}

LineBuffer::Source source_of(InputFile& file) {
  return [&file](char* buffer, std::size_t size) { return file.read(buffer, size); };
}

/// A file whose header was recognised, or the outcome of one that will not be loaded.
using Inspected = std::variant<FilePlan, FileOutcome>;

Inspected inspect(const Candidate& candidate, InputFormat wanted) {
  const std::string& path = candidate.path;
  using Kind = FileOutcome::Kind;
  if (!candidate.is_finished) {
    return outcome_of(path, Kind::kIgnored,
                      path + ": its name says that it is still being written");
  }
  InputFile file(path);
  const ContentHeader header = read_header(source_of(file), path);
  if (header.columns.empty()) refuse_file(path, "is empty: " + example_header(wanted));
  Recognition recognition = recognise(header.columns, wanted);
  if (auto* plan = std::get_if<FilePlan>(&recognition)) {
    plan->header = header.columns;
    return std::move(*plan);
  }
  if (const auto* ignored = std::get_if<IgnoredFile>(&recognition)) {
    return outcome_of(path, Kind::kIgnored, fmt::format("{}: {}", path, ignored->reason));
  }
  const auto& unknown = std::get<UnknownHeader>(recognition);
  const bool was_meant = candidate.is_named || unknown.is_near_miss;
  return outcome_of(path, was_meant ? Kind::kRefused : Kind::kIgnored,
                    fmt::format("{}:{}: {}", path, header.line, unknown.why));
}

/// What the server says against rows that no expectation stopped: their values do not fit silver,
/// or a check fails on them.
bool is_fault_of_the_data(const StoreError& error) {
  const std::string& state = error.sqlstate();
  return state.starts_with("22") || state.starts_with("23") || state.starts_with("54");
}

/// The load of one recognised file.
class FileLoad {
 public:
  FileLoad(RawConnection& connection, const IngestOptions& options,
           const std::vector<RowSplit>& splits, const BaseCurrencySetting& base_currency,
           const std::string& path, const FilePlan& plan)
      : connection_(connection),
        options_(options),
        splits_(splits),
        base_currency_(base_currency),
        path_(path),
        plan_(plan) {}

  FileOutcome run() {
    const auto started = std::chrono::steady_clock::now();
    LoadTransaction transaction(connection_);
    transaction.run(query::ingest_settings, {});
    // The program of an earlier load may be gone while its server process still commits: what that loads must be seen.
    transaction.run(query::wait_for_other_versions, {});
    content_ = hash_content(path_, list_known_contents(transaction, plan_));
    FileOutcome outcome = outcome_of(path_, FileOutcome::Kind::kLoaded, "");
    outcome.dataset = name_of(plan_.dataset());
    if (const auto known_as = find_known(transaction)) {
      outcome.kind = FileOutcome::Kind::kAlreadyKnown;
      outcome.message = fmt::format("{}: its content was loaded as {}", path_, *known_as);
      return outcome;
    }
    if (content_.beginning) {
      outcome.message =
          fmt::format("{}: begins with the content that was loaded as {}; only what follows is new",
                      path_, content_.beginning->path);
    }
    require_rates(transaction);
    transaction.run(query::begin_load_version,
                    {storable_text(path_), content_.sha256, std::string(name_of(plan_.dataset()))});
    find_new_columns(transaction, outcome);
    copy_into_bronze(transaction, outcome);
    if (options_.schema_evolution == SchemaEvolution::kAdd)
      outcome.added_columns = add_columns(transaction, file_id_, plan_, column_types_);
    load_into_silver(transaction, outcome);
    for (const auto& [column, rows] : fill_added_columns(transaction, file_id_, plan_))
      outcome.warnings[fmt::format("the type of column {}", column)] = rows;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
    outcome.seconds = elapsed.count();
    record_counts(transaction, outcome);
    transaction.commit();
    return outcome;
  }

 private:
  std::optional<std::string> find_known(LoadTransaction& transaction) const {
    const Rows known = transaction.run(query::find_ingested_file, {content_.sha256});
    if (known.size() == 0) return {};
    return std::string(known.text(0, 0));
  }

  /// AMLworld's transfers are in fifteen currencies. What is quarantined for want of a rate stays
  /// there, so rates that come after it come too late.
  void require_rates(LoadTransaction& transaction) const {
    if (plan_.format != InputFormat::kAmlworld || !gives(Dataset::kTransfers)) return;
    if (transaction.run(query::has_fx_rates, {}).text(0, 0) == "t") return;
    refuse_file(path_,
                "is in many currencies, and no exchange rate is loaded; nothing of the file was "
                "loaded\n  load rates first, for example docs/amlworld_rates.csv, which is for the "
                "base currency USD");
  }

  void find_new_columns(LoadTransaction& transaction, FileOutcome& outcome) const {
    outcome.new_columns = unseen_columns(transaction, plan_);
    if (outcome.new_columns.empty() || options_.schema_evolution != SchemaEvolution::kFail) return;
    refuse_file(path_, fmt::format("has columns that no file of {} had before: {}; nothing of the "
                                   "file was loaded\n  to keep them in bronze, load it with "
                                   "--schema-evolution rescue; to have them in silver, with add",
                                   outcome.dataset, fmt::join(outcome.new_columns, ", ")));
  }

  bool gives(Dataset dataset) const {
    return std::ranges::any_of(plan_.datasets,
                               [&](const auto& given) { return given.dataset == dataset; });
  }

  void copy_into_bronze(LoadTransaction& transaction, FileOutcome& outcome) {
    InputFile file(path_);
    file_id_ =
        transaction
            .run(query::register_file,
                 {content_.sha256, std::string(name_of(plan_.dataset())),
                  std::string(name_of(plan_.format)), storable_text(path_),
                  to_parameter(file.bytes_total()), to_parameter(content_.bytes),
                  content_.beginning ? to_parameter(content_.beginning->file_id) : std::nullopt})
            .number(0, 0);
    record_control_totals(transaction);
    Sha256 hash;
    const auto hashing = [&](char* buffer, std::size_t size) {
      const std::size_t got = file.read(buffer, size);
      hash.update({buffer, got});
      if (options_.progress) options_.progress(path_, file.bytes_read(), file.bytes_total());
      return got;
    };
    const auto reader = open_records(hashing, path_, plan_.header);
    BronzeWriter writer(transaction, file_id_, plan_);
    const std::uint64_t known_bytes = content_.beginning ? content_.beginning->bytes : 0;
    Record record;
    ColumnTypes types(plan_.header.size());
    while (reader->next(record)) {
      if (record.end <= known_bytes) continue;
      writer.write(record);
      types.observe(record);
    }
    if (hash.finish_hex() != content_.sha256)
      refuse_file(path_, "has changed while it was being loaded; load it again");
    writer.close();
    outcome.rows_read = writer.records();
    readable_records_ = writer.readable_records();
    column_types_ = types.names();
    record_columns(transaction, file_id_, plan_, column_types_);
  }

  void record_control_totals(LoadTransaction& transaction) const {
    if (!options_.control_totals) return;
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const auto& [name, value] : options_.control_totals(path_)) {
      names.push_back(name);
      values.push_back(value);
    }
    transaction.run(query::insert_control_totals,
                    {to_parameter(file_id_), text_array(names), text_array(values)});
  }

  void load_into_silver(LoadTransaction& transaction, FileOutcome& outcome) const {
    constexpr std::size_t kContentNameLength = 12;
    BronzeFile file{file_id_, path_, content_.sha256.substr(0, kContentNameLength), {}};
    for (const auto& given : plan_.datasets)
      file.parts.push_back({given.dataset, readable_records_});
    auto silver = load_silver(transaction, file, splits_, base_currency_);
    outcome.rows_quarantined = silver.lines_quarantined;
    outcome.rows_loaded = outcome.rows_read - outcome.rows_quarantined;
    outcome.quarantined_by_reason = std::move(silver.quarantined_by_reason);
    outcome.warnings = std::move(silver.warnings);
    outcome.unmet = std::move(silver.unmet);
  }

  void record_counts(LoadTransaction& transaction, const FileOutcome& outcome) const {
    transaction.run(
        query::record_file_counts,
        {to_parameter(file_id_), to_parameter(outcome.rows_read), to_parameter(outcome.rows_loaded),
         to_parameter(outcome.rows_quarantined), to_parameter(outcome.seconds)});
  }

  RawConnection& connection_;
  const IngestOptions& options_;
  const std::vector<RowSplit>& splits_;
  const BaseCurrencySetting& base_currency_;
  const std::string& path_;
  const FilePlan& plan_;
  HashedContent content_;
  std::int64_t file_id_ = 0;
  std::uint64_t readable_records_ = 0;
  std::vector<std::string> column_types_;
};

/// Runs `load`; a refusal of the file becomes its outcome.
template <typename Load>
auto refusal_as_outcome(const std::string& path, Load&& load) -> decltype(load()) {
  try {
    return load();
  } catch (const StoreError& error) {
    if (error.failure() == StoreFailure::kRefusedData) {
      return outcome_of(path, FileOutcome::Kind::kRefused, error.what());
    }
    if (!is_fault_of_the_data(error)) throw;
    return outcome_of(
        path, FileOutcome::Kind::kRefused,
        fmt::format("{}: {}\n  no expectation stops such a row; nothing of the file was loaded",
                    path, error.what()));
  }
}

struct PlannedFile {
  std::string path;
  FilePlan plan;
};

void analyze(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  as_statement(command::analyze_silver.file,
               [&] { session.exec(std::string(command::analyze_silver.text)); });
}

}  // namespace

std::vector<FileOutcome> ingest(Connection& connection, const std::vector<std::string>& paths,
                                const IngestOptions& options) {
  validate(options.expectations);
  std::vector<FileOutcome> outcomes;
  std::vector<PlannedFile> planned;
  for (const auto& candidate : find_files(paths)) {
    auto inspected = refusal_as_outcome(
        candidate.path, [&]() -> Inspected { return inspect(candidate, options.format); });
    if (auto* outcome = std::get_if<FileOutcome>(&inspected)) {
      const bool is_foreign = !candidate.is_named && !is_named_as_data(candidate.path);
      if (is_foreign) outcome->kind = FileOutcome::Kind::kIgnored;
    }
    if (auto* plan = std::get_if<FilePlan>(&inspected)) {
      planned.push_back({candidate.path, std::move(*plan)});
    } else {
      outcomes.push_back(std::move(std::get<FileOutcome>(inspected)));
    }
  }
  const bool nothing_was_meant = std::ranges::all_of(outcomes, [](const FileOutcome& outcome) {
    return outcome.kind == FileOutcome::Kind::kIgnored;
  });
  if (planned.empty() && nothing_was_meant) {
    refuse_file(fmt::format("{}", fmt::join(paths, ", ")),
                "holds no file that can be loaded; " + example_header(options.format));
  }
  std::ranges::stable_sort(planned, {},
                           [](const PlannedFile& file) { return file.plan.dataset(); });

  const RunLock lock(connection);
  const BaseCurrencySetting base = base_currency(connection);
  std::vector<RowSplit> splits;
  for (const Dataset dataset : kDatasets) {
    splits.emplace_back(dataset, options.expectations);
    splits.back().prepare(connection);
  }
  RawConnection loader(connection.target());
  bool is_anything_new = false;
  for (const auto& [path, plan] : planned) {
    outcomes.push_back(refusal_as_outcome(path, [&, &file = path, &file_plan = plan] {
      return FileLoad(loader, options, splits, base, file, file_plan).run();
    }));
    is_anything_new |= outcomes.back().kind == FileOutcome::Kind::kLoaded;
  }
  if (is_anything_new) analyze(connection);
  return outcomes;
}

}  // namespace aml::store
