// SPDX-License-Identifier: Apache-2.0
#include "store/table_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <pqxx/pqxx>

#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "store/input_file.hpp"
#include "store/input_format.hpp"
#include "store/load_session.hpp"
#include "store/load_transaction.hpp"
#include "store/new_rows.hpp"
#include "store/record_load.hpp"
#include "store/run_ledger.hpp"
#include "store/statement.hpp"
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

/// What is known of a source before it is read.
enum class FirstRows {
  kTakenForNew,  ///< those that it gives first, which saves to look them up
  kLookedUp
};

/// One batch of a source.
class TableLoad {
 public:
  TableLoad(Connection& connection, TableReader& reader, const IngestOptions& options,
            TableReading reading, FirstRows first_rows)
      : connection_(connection),
        reader_(reader),
        options_(options),
        reading_(reading),
        first_rows_(first_rows),
        source_(reader.source()),
        plan_(plan_of(source_)) {}
  ~TableLoad() { reader_.end(); }
  TableLoad(const TableLoad&) = delete;
  TableLoad& operator=(const TableLoad&) = delete;

  FileOutcome run() {
    FileOutcome outcome = outcome_of(source_.name, FileOutcome::Kind::kLoaded, "");
    outcome.dataset = source_.dataset;
    reader_.begin();
    const RunLock lock(connection_);
    ErasedKeys erased(connection_);
    find_positions();
    CopyOut given = reader_.copy(least_);
    CopiedRow row;
    NewRows rows(
        source_.name, plan_.header, key_of(plan_.dataset()).size(), rules(),
        [&](std::string_view& text) {
          const bool is_there = reader_.at_source([&] { return given.next(row); });
          if (is_there) text = row.bytes();
          return is_there;
        },
        erased, [&](const Record& record) { return how_hidden(erased, record); });
    if (!rows.find_first(connection_) || !load_batch(rows, outcome)) {
      outcome.kind = FileOutcome::Kind::kAlreadyKnown;
      outcome.message = fmt::format("{}: nothing new{}", reader_.origin(),
                                    last_ ? fmt::format(" since {}", *last_) : "");
      if (next_ && next_ != last_)
        on_own_server(query::set_source_position, source_.name, kOnlyPart, next_, std::nullopt);
    }
    outcome.rows_known = rows.known();
    return outcome;
  }

 private:
  /// A statement by itself.
  template <typename... Arguments>
  pqxx::result on_own_server(const query::Embedded& statement, const Arguments&... arguments) {
    auto session = store::begin<pqxx::nontransaction>(connection_);
    return store::run(session, statement, arguments...);
  }

  void find_positions() {
    const auto known = on_own_server(query::find_source_position, source_.name, kOnlyPart);
    if (!known.empty()) last_ = known[0][0].c_str();
    const bool reads_all = reading_ == TableReading::kAll || !last_;
    if (!reads_all) least_ = position(last_, std::nullopt).least;
    const auto newest = reader_.newest(least_, last_);
    if (least_ && !newest) require_no_way_back();
    next_ = position(reads_all ? std::nullopt : last_, newest).newest;
  }

  struct Position {
    std::optional<std::string> newest;
    std::optional<std::string> least;
  };
  /// The greater of two watermarks, and it less the lateness.
  Position position(const std::optional<std::string>& a, const std::optional<std::string>& b) {
    const auto* time = std::get_if<TimeLateness>(&source_.lateness);
    const auto found =
        on_own_server(time ? query::source_times : query::source_numbers, a, b,
                      time ? time->micros : std::get<NumberLateness>(source_.lateness).difference);
    if (found[0][0].is_null()) return {};
    return {found[0][0].c_str(), found[0][1].c_str()};
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

  /// Of who was erased, and of their transfers, all is hidden; of an account with such an owner only the row.
  NewRows::Hidden how_hidden(ErasedKeys& erased, const Record& record) const {
    const DatasetPlan& given = plan_.datasets.front();
    auto hidden = NewRows::Hidden::kNothing;
    for (const auto& column : given.columns) {
      const Personal holds = erased.held_by(given.dataset, column.column);
      if (holds != Personal::kAccount && holds != Personal::kParty) continue;
      if (!erased.pseudonym(holds, record.fields[column.positions.front()])) continue;
      const bool is_owner = given.dataset == Dataset::kAccounts && holds == Personal::kParty;
      hidden = std::max(hidden, is_owner ? NewRows::Hidden::kContent : NewRows::Hidden::kAll);
    }
    return hidden;
  }

  /// Under other columns every row reads otherwise. A transfer, which is never replaced, has not changed by that; what is replaced may now say more.
  NewRows::Rules rules() {
    const auto with_other_columns =
        on_own_server(query::batch_with_other_columns, source_.name, text_array(plan_.header));
    const bool is_first_batch = with_other_columns.empty();
    const bool is_replacing = plan_.dataset() != Dataset::kTransfers;
    return {is_replacing,
            is_replacing || is_first_batch ? 0 : with_other_columns[0][0].as<std::int64_t>(),
            is_first_batch && first_rows_ == FirstRows::kTakenForNew};
  }

  /// False, and nothing is stored, if somebody else was faster.
  bool load_batch(NewRows& rows, FileOutcome& outcome) {
    LoadSession session(connection_, options_);
    LoadTransaction transaction(session.loader());
    transaction.run(query::ingest_settings, {});
    transaction.run(query::begin_source_version, {source_.name, source_.dataset, least_, next_});
    RecordLoad records(session, transaction, source_.name, plan_, outcome);
    records.find_new_columns();
    const std::int64_t file_id =
        transaction.run(query::register_batch, {source_.name, source_.dataset, least_, next_})
            .number(0, 0);
    rows.begin(transaction, file_id);
    if (options_.progress) options_.progress(source_.name, 0, 0);
    records.copy_into_bronze(file_id, rows, 0);
    if (outcome.rows_read == 0) return false;
    transaction.run(query::finish_batch, {to_parameter(file_id), rows.finish(),
                                          to_parameter(rows.bytes()), to_parameter(rows.known())});
    records.load_into_silver("");
    if (next_)
      transaction.run(query::set_source_position,
                      {source_.name, kOnlyPart, next_, to_parameter(file_id)});
    transaction.commit();
    session.analyze(outcome.rows_loaded);
    return true;
  }

  Connection& connection_;
  TableReader& reader_;
  const IngestOptions& options_;
  const TableReading reading_;
  const FirstRows first_rows_;
  const TableSource& source_;
  const FilePlan plan_;
  std::optional<std::string> last_;   // the position before
  std::optional<std::string> least_;  // the least watermark to read; absent: all
  std::optional<std::string> next_;   // the position afterwards
};

/// Runs `load`; what goes wrong at the source becomes its outcome.
template <typename Load>
FileOutcome failure_as_outcome(const TableReader& reader, Load&& load) {
  try {
    return load();
  } catch (const StoreError& error) {
    if (error.statement() != reader.origin()) throw;
    const bool may_pass = error.retryable() || error.failure() == StoreFailure::kUnreachable;
    return outcome_of(reader.source().name,
                      may_pass ? FileOutcome::Kind::kUnreachable : FileOutcome::Kind::kRefused,
                      error.what());
  }
}

}  // namespace

SourceTable::SourceTable(TableSource source) : source_(std::move(source)) {}
SourceTable::~SourceTable() = default;
SourceTable::SourceTable(SourceTable&&) noexcept = default;
SourceTable& SourceTable::operator=(SourceTable&&) noexcept = default;

FileOutcome SourceTable::load(Connection& connection, const IngestOptions& options,
                              TableReading reading) {
  validate(options.expectations);
  return refusal_as_outcome(source_.name, [&] {
    if (!reader_) reader_ = std::make_unique<TableReader>(with_key_first(source_));
    return failure_as_outcome(*reader_, [&] {
      const auto load_batch = [&](FirstRows first_rows) {
        return TableLoad(connection, *reader_, options, reading, first_rows).run();
      };
      try {
        return load_batch(FirstRows::kTakenForNew);
      } catch (const StoreError& error) {
        if (!is_of_repeated_row(error)) throw;
      }
      return load_batch(FirstRows::kLookedUp);
    });
  });
}

}  // namespace aml::store
