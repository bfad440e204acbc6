// SPDX-License-Identifier: Apache-2.0
#include "store/table_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "store/input_file.hpp"
#include "store/input_format.hpp"
#include "store/load_session.hpp"
#include "store/load_transaction.hpp"
#include "store/new_rows.hpp"
#include "store/record_load.hpp"
#include "store/table_reader.hpp"

namespace aml::store {
namespace {

/// A table is read in one order, which has no name.
const std::string kOnlyPart;

/// What makes a row of a dataset the row that it is.
std::vector<std::string_view> key_of(Dataset dataset) {
  switch (dataset) {
    case Dataset::kTransfers:
      return {"transfer_id"};
    case Dataset::kAccounts:
      return {"account_id"};
    case Dataset::kParties:
      return {"party_id"};
    case Dataset::kFxRates:
      break;
  }
  return {"currency", "rate_date"};
}

std::vector<std::string> wanted_names(const TableSource& source) {
  std::vector<std::string> names;
  for (const auto& [wanted, column] : source.columns) names.push_back(wanted);
  return names;
}

FilePlan plan_of(const TableSource& source) {
  const auto names = wanted_names(source);
  Recognition recognition = recognise(names, InputFormat::kAml);
  auto* plan = std::get_if<FilePlan>(&recognition);
  if (plan == nullptr) {
    const auto* unknown = std::get_if<UnknownHeader>(&recognition);
    refuse_file("source " + source.name,
                fmt::format("its columns make no dataset: {}", unknown ? unknown->why : ""));
  }
  if (name_of(plan->dataset()) != source.dataset) {
    refuse_file("source " + source.name,
                fmt::format("its columns are those of {}, but its dataset is {}",
                            name_of(plan->dataset()), source.dataset));
  }
  plan->header = names;
  return std::move(*plan);
}

/// The source with the columns of the key before the others.
TableSource with_key_first(TableSource source) {
  const FilePlan plan = plan_of(source);
  const auto& columns = plan.datasets.front().columns;
  std::size_t front = 0;
  for (const std::string_view key : key_of(plan.dataset())) {
    const auto found = std::ranges::find(columns, key, &ColumnSource::column);
    if (found == columns.end()) {
      refuse_file(
          "source " + source.name,
          fmt::format("its columns have no {}, by which a row that is read again is known", key));
    }
    const auto named = std::ranges::find(source.columns, plan.header[found->positions.front()],
                                         &std::pair<std::string, std::string>::first);
    std::rotate(source.columns.begin() + static_cast<std::ptrdiff_t>(front++), named, named + 1);
  }
  return source;
}

/// One batch of a source.
class TableLoad {
 public:
  TableLoad(LoadSession& session, TableReader& reader, const TableSource& source,
            TableReading reading)
      : session_(session),
        reader_(reader),
        source_(source),
        plan_(plan_of(source)),
        reading_(reading) {}

  FileOutcome run() {
    FileOutcome outcome = outcome_of(source_.name, FileOutcome::Kind::kLoaded, "");
    outcome.dataset = source_.dataset;
    reader_.begin();
    find_positions();
    if (!load_batch(outcome)) {
      outcome.kind = FileOutcome::Kind::kAlreadyKnown;
      outcome.message = fmt::format("{}: nothing new{}", reader_.origin(),
                                    last_ ? fmt::format(" since {}", *last_) : "");
      if (next_ && next_ != last_) keep_position();
    }
    return outcome;
  }

 private:
  void find_positions() {
    LoadTransaction transaction(session_.loader());
    const Rows known = transaction.run(query::find_source_position, {source_.name, kOnlyPart});
    if (known.size() > 0) last_ = known.text(0, 0);
    const bool reads_all = reading_ == TableReading::kAll || !last_;
    if (!reads_all) least_ = position(transaction, last_, std::nullopt).least;
    const auto newest = reader_.newest(least_, last_);
    if (least_ && !newest) require_no_way_back();
    next_ = position(transaction, reads_all ? std::nullopt : last_, newest).newest;
  }

  struct Position {
    std::optional<std::string> newest;
    std::optional<std::string> least;
  };
  /// The greater of two watermarks, and it less the lateness.
  Position position(LoadTransaction& transaction, const std::optional<std::string>& a,
                    const std::optional<std::string>& b) const {
    const auto* time = std::get_if<TimeLateness>(&source_.lateness);
    const Rows found = transaction.run(
        time ? query::source_times : query::source_numbers,
        {a, b,
         to_parameter(time ? time->micros
                           : std::get<NumberLateness>(source_.lateness).difference)});
    if (found.is_null(0, 0)) return {};
    return {std::string(found.text(0, 0)), std::string(found.text(0, 1))};
  }

  /// Nothing is as new as what was read last: new rows of a table that was set back would be taken
  /// for old ones.
  void require_no_way_back() {
    const auto newest = reader_.newest(std::nullopt, last_);
    if (!newest) return;  // it is empty
    refuse_file(
        reader_.origin(),
        fmt::format("its newest watermark is {}, but it was read up to {} before: was it restored "
                    "from a backup?\n  nothing was stored; to go on from there, read all of it "
                    "again with --full: rows that are known are not loaded twice",
                    *newest, last_.value_or("")));
  }

  /// False, and nothing is stored, if no row is new.
  bool load_batch(FileOutcome& outcome) {
    LoadTransaction transaction(session_.loader());
    transaction.run(query::ingest_settings, {});
    transaction.run(query::begin_source_version, {source_.name, source_.dataset, least_, next_});
    RecordLoad records(session_, transaction, source_.name, plan_, outcome);
    records.find_new_columns();
    const std::int64_t file_id =
        transaction.run(query::register_batch, {source_.name, source_.dataset, least_, next_})
            .number(0, 0);
    outcome.rows_known = copy(transaction, records, file_id);
    if (outcome.rows_read == 0) return false;
    records.load_into_silver("");
    if (next_) set_position(transaction, to_parameter(file_id));
    transaction.commit();
    return true;
  }

  /// The new rows into bronze; how many were known.
  std::uint64_t copy(LoadTransaction& transaction, RecordLoad& records, std::int64_t file_id) {
    CopyOut given = reader_.copy(least_);
    CopiedRow row;
    const auto next_row = [&](std::string& text) {
      const bool is_there = reader_.at_source([&] { return given.next(row); });
      if (is_there) text = row.bytes();
      return is_there;
    };
    const bool is_replacing = plan_.dataset() != Dataset::kTransfers;
    NewRows rows(transaction,
                 {file_id, source_.name, plan_.header, key_of(plan_.dataset()).size(), is_replacing,
                  !is_replacing && has_other_columns(transaction)},
                 next_row);
    if (const auto& progress = session_.options().progress) progress(source_.name, 0, 0);
    records.copy_into_bronze(file_id, rows, 0);
    transaction.run(query::finish_batch, {to_parameter(file_id), rows.finish_hash(),
                                          to_parameter(rows.bytes()), to_parameter(rows.known())});
    return rows.known();
  }

  /// With other columns every row reads otherwise; a transfer, which is never replaced, has not
  /// changed by that.
  bool has_other_columns(LoadTransaction& transaction) const {
    const Rows found =
        transaction.run(query::has_other_columns, {source_.name, text_array(plan_.header)});
    return found.size() > 0 && found.text(0, 0) == "t";
  }

  void set_position(LoadTransaction& transaction, const Parameter& file_id) const {
    transaction.run(query::set_source_position, {source_.name, kOnlyPart, next_, file_id});
  }

  void keep_position() {
    LoadTransaction transaction(session_.loader());
    set_position(transaction, std::nullopt);
    transaction.commit();
  }

  LoadSession& session_;
  TableReader& reader_;
  const TableSource& source_;
  const FilePlan plan_;
  const TableReading reading_;
  std::optional<std::string> last_;   // the position before
  std::optional<std::string> least_;  // the least watermark to read; absent: all
  std::optional<std::string> next_;   // the position afterwards
};

/// Runs `load`; what goes wrong at the source becomes its outcome.
template <typename Load>
FileOutcome failure_as_outcome(const TableReader& reader, const std::string& name, Load&& load) {
  try {
    return load();
  } catch (const StoreError& error) {
    if (error.statement() != reader.origin()) throw;
    const bool may_pass = error.retryable() || error.failure() == StoreFailure::kUnreachable;
    return outcome_of(name,
                      may_pass ? FileOutcome::Kind::kUnreachable : FileOutcome::Kind::kRefused,
                      error.what());
  }
}

}  // namespace

FileOutcome ingest_table(Connection& connection, const TableSource& given,
                         const IngestOptions& options, TableReading reading) {
  validate(options.expectations);
  return refusal_as_outcome(given.name, [&] {
    const TableSource source = with_key_first(given);
    TableReader reader(source);
    return failure_as_outcome(reader, source.name, [&] {
      reader.connect();
      LoadSession session(connection, options);
      FileOutcome outcome = TableLoad(session, reader, source, reading).run();
      if (outcome.kind == FileOutcome::Kind::kLoaded) session.analyze(outcome.rows_loaded);
      return outcome;
    });
  });
}

}  // namespace aml::store
