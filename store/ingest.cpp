// SPDX-License-Identifier: Apache-2.0
#include "store/ingest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <stdexcept>

#include "store/bronze_writer.hpp"
#include "store/content_hash.hpp"
#include "store/csv_reader.hpp"
#include "store/error.hpp"
#include "store/input_file.hpp"
#include "store/load_transaction.hpp"
#include "store/migrations.hpp"
#include "store/row_split.hpp"
#include "store/run_ledger.hpp"

namespace aml::store {
namespace {

constexpr std::array<Dataset, 4> kDatasets{Dataset::kFxRates, Dataset::kParties, Dataset::kAccounts,
                                           Dataset::kTransfers};

/// A file to look at.
struct Candidate {
  std::string path;
  bool is_named;  // by the caller, not only found in a folder
};

std::string_view name_of(ExpectationPolicy policy) {
  switch (policy) {
    case ExpectationPolicy::kWarn:
      return "warn";
    case ExpectationPolicy::kQuarantine:
      return "quarantine";
    case ExpectationPolicy::kFail:
      return "fail";
  }
  return "unknown";
}

void validate(const std::vector<Expectation>& expectations) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& expectation : expectations) {
    if (std::ranges::none_of(kDatasets,
                             [&](Dataset d) { return name_of(d) == expectation.dataset; })) {
      throw std::invalid_argument(fmt::format(
          "expectation {}: dataset \"{}\" is none of fx_rates, parties, accounts, transfers",
          expectation.name, expectation.dataset));
    }
    if (!seen.emplace(expectation.dataset, expectation.name).second) {
      throw std::invalid_argument(fmt::format("expectation {} of {} is there twice",
                                              expectation.name, expectation.dataset));
    }
  }
}

/// Hidden files and markers such as Hadoop's _SUCCESS are not data.
bool is_marker(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  return name.starts_with('.') || name.starts_with('_');
}

std::vector<Candidate> files_in(const std::filesystem::path& folder) {
  std::vector<Candidate> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file() && !is_marker(entry.path()))
      files.push_back({entry.path().string(), false});
  }
  std::ranges::sort(files, {},
                    &Candidate::path);  // the order of a folder is the file system's whim
  return files;
}

std::vector<Candidate> find_files(const std::vector<std::string>& paths) {
  std::vector<Candidate> files;
  for (const auto& path : paths) {
    try {
      if (!std::filesystem::exists(path)) refuse_file(path, "there is no such file or folder");
      if (!std::filesystem::is_directory(path)) {
        files.push_back({path, true});
        continue;
      }
      for (auto& file : files_in(path)) files.push_back(std::move(file));
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

CsvReader::Source source_of(InputFile& file) {
  return [&file](char* buffer, std::size_t size) { return file.read(buffer, size); };
}

/// Whether a file of a folder says by its name that it holds data.
bool is_named_as_data(const std::string& path) {
  std::filesystem::path name = std::filesystem::path(path).filename();
  if (name.extension() == ".gz") name = name.stem();
  return name.extension() == ".csv" || name.extension() == ".tsv";
}

/// A file whose header was recognised, or the outcome of one that will not be loaded.
using Inspected = std::variant<FilePlan, FileOutcome>;

Inspected inspect(const Candidate& candidate, InputFormat wanted) {
  const std::string& path = candidate.path;
  using Kind = FileOutcome::Kind;
  InputFile file(path);
  const CsvReader reader(source_of(file), path);
  if (reader.header().empty()) refuse_file(path, "is empty: " + example_header(wanted));
  Recognition recognition = recognise(reader.header(), wanted);
  if (auto* plan = std::get_if<FilePlan>(&recognition)) {
    plan->header = reader.header();
    return std::move(*plan);
  }
  if (const auto* ignored = std::get_if<IgnoredFile>(&recognition)) {
    return outcome_of(path, Kind::kIgnored, fmt::format("{}: {}", path, ignored->reason));
  }
  const auto& unknown = std::get<UnknownHeader>(recognition);
  const bool was_meant = candidate.is_named || unknown.is_near_miss;
  return outcome_of(path, was_meant ? Kind::kRefused : Kind::kIgnored,
                    fmt::format("{}:{}: {}", path, reader.header_line(), unknown.why));
}

std::string hash_content(const std::string& path) {
  InputFile file(path);
  Sha256 hash;
  std::vector<char> buffer(std::size_t{256} << 10);
  while (const std::size_t got = file.read(buffer.data(), buffer.size()))
    hash.update({buffer.data(), got});
  return hash.finish_hex();
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
    sha256_ = hash_content(path_);
    LoadTransaction transaction(connection_);
    transaction.run(query::ingest_settings, {});
    FileOutcome outcome = outcome_of(path_, FileOutcome::Kind::kLoaded, "");
    outcome.dataset = name_of(plan_.dataset());
    if (const auto known_as = find_known(transaction)) {
      outcome.kind = FileOutcome::Kind::kAlreadyKnown;
      outcome.message = fmt::format("{}: its content was loaded as {}", path_, *known_as);
      return outcome;
    }
    require_rates(transaction);
    transaction.run(query::begin_load_version,
                    {storable_text(path_), sha256_, std::string(name_of(plan_.dataset()))});
    copy_into_bronze(transaction, outcome);
    split_into_silver(transaction, outcome);
    complete_silver(transaction);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
    outcome.seconds = elapsed.count();
    record_counts(transaction, outcome);
    transaction.commit();
    return outcome;
  }

 private:
  std::optional<std::string> find_known(LoadTransaction& transaction) const {
    const Rows known = transaction.run(query::find_ingested_file, {sha256_});
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

  bool gives(Dataset dataset) const {
    return std::ranges::any_of(plan_.datasets,
                               [&](const auto& given) { return given.dataset == dataset; });
  }

  void copy_into_bronze(LoadTransaction& transaction, FileOutcome& outcome) {
    InputFile file(path_);
    file_id_ =
        transaction
            .run(query::register_file, {sha256_, std::string(name_of(plan_.dataset())),
                                        std::string(name_of(plan_.format)), storable_text(path_),
                                        to_parameter(file.bytes_total())})
            .number(0, 0);
    Sha256 hash;
    const auto hashing = [&](char* buffer, std::size_t size) {
      const std::size_t got = file.read(buffer, size);
      hash.update({buffer, got});
      if (options_.progress) options_.progress(path_, file.bytes_read(), file.bytes_total());
      return got;
    };
    CsvReader reader(hashing, path_);
    if (reader.header() != plan_.header)
      refuse_file(path_, "has changed since its header was read; load it again");
    BronzeWriter writer(transaction, file_id_, plan_);
    CsvRecord record;
    while (reader.next(record)) writer.write(record);
    if (hash.finish_hex() != sha256_)
      refuse_file(path_, "has changed while it was being loaded; load it again");
    writer.close();
    outcome.rows_read = writer.records();
    readable_records_ = writer.readable_records();
  }

  void split_into_silver(LoadTransaction& transaction, FileOutcome& outcome) {
    const Rows unreadable =
        transaction.run(query::quarantine_unreadable_lines, {to_parameter(file_id_)});
    for (int row = 0; row < unreadable.size(); ++row) {
      outcome.quarantined_by_reason[std::string(unreadable.text(row, 0))] +=
          static_cast<std::uint64_t>(unreadable.number(row, 1));
    }
    // Nobody reads an empty table, so its indexes can be built after it is filled.
    const bool rebuilds_indexes =
        gives(Dataset::kTransfers) &&
        transaction.run(query::may_rebuild_transfer_indexes, {}).text(0, 0) == "t";
    if (rebuilds_indexes) transaction.run(command::drop_transfer_indexes);
    for (const auto& split : splits_) {
      if (gives(split.dataset())) split_dataset(transaction, split, outcome);
    }
    if (rebuilds_indexes) {
      transaction.run(command::create_transfers_from_account);
      transaction.run(command::create_transfers_to_account);
    }
    outcome.rows_quarantined = static_cast<std::uint64_t>(
        transaction.run(query::count_quarantined_lines, {to_parameter(file_id_)}).number(0, 0));
    outcome.rows_loaded = outcome.rows_read - outcome.rows_quarantined;
  }

  void split_dataset(LoadTransaction& transaction, const RowSplit& split, FileOutcome& outcome) {
    constexpr std::size_t kContentNameLength = 12;
    const auto result =
        split.run(transaction, file_id_, sha256_.substr(0, kContentNameLength), base_currency_);
    for (const auto& [reason, rows] : result.quarantined_by_reason)
      outcome.quarantined_by_reason[reason] += rows;
    for (const auto& expectation : split.expectations()) {
      const auto broken = result.broken.find(expectation.name);
      const std::uint64_t failed = broken == result.broken.end() ? 0 : broken->second.rows;
      if (failed > 0 && expectation.policy == ExpectationPolicy::kFail) {
        refuse_file(path_, broken->second.first_line,
                    fmt::format("{} of {} {} break{} expectation {}, whose policy is fail: {}\n  "
                                "nothing of the file was loaded",
                                failed, readable_records_, expectation.dataset,
                                failed == 1 ? "s" : "", expectation.name, expectation.description));
      }
      if (failed > 0 && expectation.policy == ExpectationPolicy::kWarn)
        outcome.warnings[expectation.name] += failed;
      transaction.run(query::record_expectation_result,
                      {to_parameter(file_id_), expectation.dataset, expectation.name,
                       std::string(name_of(expectation.policy)),
                       to_parameter(readable_records_ - failed), to_parameter(failed)});
    }
  }

  /// What follows from the new rows for other tables, so that the order of files does not matter.
  void complete_silver(LoadTransaction& transaction) const {
    const std::vector<Parameter> file{to_parameter(file_id_)};
    if (gives(Dataset::kTransfers)) transaction.run(query::derive_accounts, file);
    if (gives(Dataset::kAccounts)) transaction.run(query::delete_unused_derived_parties, {});
    if (gives(Dataset::kParties)) {
      transaction.run(query::delete_replaced_attributes, file);
      transaction.run(query::insert_attributes, file);
    }
    if (gives(Dataset::kFxRates)) {
      transaction.run(query::revalue_transfers,
                      {base_currency_.code, to_parameter(base_currency_.exponent)});
    }
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
  std::string sha256_;
  std::int64_t file_id_ = 0;
  std::uint64_t readable_records_ = 0;
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
  pqxx::nontransaction session(connection.pqxx());
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
