// SPDX-License-Identifier: Apache-2.0
#include "store/ingest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <variant>

#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "store/input_file.hpp"
#include "store/known_content.hpp"
#include "store/landing_folder.hpp"
#include "store/load_session.hpp"
#include "store/load_transaction.hpp"
#include "store/record_load.hpp"
#include "store/record_reader.hpp"

namespace aml::store {
namespace {

/// A file to look at.
struct Candidate {
  std::string path;
  bool is_named;  // by the caller, not only found in a folder
  bool is_finished;
};

/// The file that a path names, or those of the folder.
std::vector<Candidate> find_files(const std::string& path) {
  try {
    if (!std::filesystem::exists(path)) refuse_file(path, "there is no such file or folder");
    if (!std::filesystem::is_directory(path)) return {{path, true, true}};
    std::vector<Candidate> files;
    const FolderContent content = files_in(path);
    for (const auto& file : content.files) files.push_back({file, false, true});
    for (const auto& file : content.unfinished) files.push_back({file, false, false});
    return files;
  } catch (const std::system_error& error) {
    refuse_file(path, error.code().message());
  }
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

/// The load of one recognised file.
class FileLoad {
 public:
  FileLoad(LoadSession& session, const std::string& path, const FilePlan& plan)
      : session_(session),
        path_(path),
        stored_path_(storable_text(session.erased().without_keys(path))),
        plan_(plan) {}

  FileOutcome run() {
    LoadTransaction transaction(session_.loader());
    transaction.run(query::ingest_settings, {});
    // The program of an earlier load may be gone while its server process still commits: what that loads must be seen.
    transaction.run(query::wait_for_other_versions, {});
    FileOutcome outcome = outcome_of(path_, FileOutcome::Kind::kLoaded, "");
    outcome.dataset = name_of(plan_.dataset());
    RecordLoad records(session_, transaction, path_, plan_, outcome);
    content_ = hash_content(path_, list_known_contents(transaction, plan_));
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
                    {stored_path_, content_.sha256, std::string(name_of(plan_.dataset()))});
    records.find_new_columns();
    copy_into_bronze(transaction, records);
    constexpr std::size_t kContentNameLength = 12;
    records.load_into_silver(content_.sha256.substr(0, kContentNameLength));
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
    const bool gives_transfers = std::ranges::find(plan_.datasets, Dataset::kTransfers,
                                                   &DatasetPlan::dataset) != plan_.datasets.end();
    if (plan_.format != InputFormat::kAmlworld || !gives_transfers) return;
    if (transaction.run(query::has_fx_rates, {}).text(0, 0) == "t") return;
    refuse_file(path_,
                "is in many currencies, and no exchange rate is loaded; nothing of the file was "
                "loaded\n  load rates first, for example docs/amlworld_rates.csv, which is for the "
                "base currency USD");
  }

  void copy_into_bronze(LoadTransaction& transaction, RecordLoad& records) const {
    InputFile file(path_);
    const std::int64_t file_id =
        transaction
            .run(query::register_file,
                 {content_.sha256, std::string(name_of(plan_.dataset())),
                  std::string(name_of(plan_.format)), stored_path_,
                  to_parameter(file.bytes_total()), to_parameter(content_.bytes),
                  content_.beginning ? to_parameter(content_.beginning->file_id) : std::nullopt})
            .number(0, 0);
    record_control_totals(transaction, file_id);
    const auto& progress = session_.options().progress;
    Sha256 hash;
    const auto hashing = [&](char* buffer, std::size_t size) {
      const std::size_t got = file.read(buffer, size);
      hash.update({buffer, got});
      if (progress) progress(path_, file.bytes_read(), file.bytes_total());
      return got;
    };
    const auto reader = open_records(hashing, path_, plan_.header);
    records.copy_into_bronze(file_id, *reader, content_.beginning ? content_.beginning->bytes : 0);
    if (hash.finish_hex() != content_.sha256)
      refuse_file(path_, "has changed while it was being loaded; load it again");
  }

  void record_control_totals(LoadTransaction& transaction, std::int64_t file_id) const {
    if (!session_.options().control_totals) return;
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const auto& [name, value] : session_.options().control_totals(path_)) {
      names.push_back(name);
      values.push_back(value);
    }
    transaction.run(query::insert_control_totals,
                    {to_parameter(file_id), text_array(names), text_array(values)});
  }

  LoadSession& session_;
  const std::string& path_;
  const std::string stored_path_;
  const FilePlan& plan_;
  HashedContent content_;
};

struct PlannedFile {
  std::string path;
  FilePlan plan;
};

}  // namespace

std::vector<FileOutcome> ingest(Connection& connection, const std::vector<std::string>& paths,
                                const IngestOptions& options) {
  validate(options.expectations);
  std::vector<FileOutcome> outcomes;
  std::vector<PlannedFile> planned;
  std::vector<Candidate> candidates;
  for (const auto& path : paths) {
    using Found = std::variant<std::vector<Candidate>, FileOutcome>;
    const auto found =
        refusal_as_outcome(path, [&path = path]() -> Found { return find_files(path); });
    if (const auto* files = std::get_if<std::vector<Candidate>>(&found)) {
      candidates.insert(candidates.end(), files->begin(), files->end());
    } else {
      outcomes.push_back(std::get<FileOutcome>(found));
    }
  }
  for (const auto& candidate : candidates) {
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

  LoadSession session(connection, options);
  std::uint64_t rows = 0;
  for (const auto& [path, plan] : planned) {
    outcomes.push_back(refusal_as_outcome(path, [&, &file = path, &file_plan = plan] {
      return FileLoad(session, file, file_plan).run();
    }));
    if (outcomes.back().kind == FileOutcome::Kind::kLoaded) rows += outcomes.back().rows_loaded;
  }
  if (rows > 0) session.analyze(rows);
  return outcomes;
}

}  // namespace aml::store
