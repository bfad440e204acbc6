// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <ranges>
#include <tuple>

#include "store/error.hpp"
#include "store/load_transaction.hpp"
#include "store/migrations.hpp"
#include "store/quarantine.hpp"
#include "store/record_load.hpp"
#include "store/run_ledger.hpp"
#include "store/silver_load.hpp"

namespace aml::store {
namespace {

struct DatasetReplay {
  Dataset dataset;
  const query::Embedded& into_bronze;
};

const std::vector<DatasetReplay>& dataset_replays() {
  static const std::vector<DatasetReplay> kReplays{{Dataset::kFxRates, query::replay_fx_rates},
                                                   {Dataset::kParties, query::replay_parties},
                                                   {Dataset::kAccounts, query::replay_accounts},
                                                   {Dataset::kTransfers, query::replay_transfers}};
  return kReplays;
}

/// Rows are judged one by one: those that were right must not wait for those that are not.
std::vector<Expectation> of_single_rows(const std::vector<Expectation>& expectations) {
  std::vector<Expectation> found;
  for (Expectation expectation : expectations) {
    if (!names_rows(expectation.condition)) continue;
    if (expectation.policy == ExpectationPolicy::kFail)
      expectation.policy = ExpectationPolicy::kQuarantine;
    found.push_back(std::move(expectation));
  }
  return found;
}

/// The open rows of one kind of file, as a file of their own.
class Replay {
 public:
  Replay(LoadTransaction& transaction, const QuarantineFilter& filter,
         const std::vector<RowSplit>& splits, const BaseCurrencySetting& base_currency)
      : transaction_(transaction),
        filter_(filter),
        splits_(splits),
        base_currency_(base_currency) {}

  ReplayOutcome run(const std::string& dataset, const std::string& format) {
    const auto started = std::chrono::steady_clock::now();
    ReplayOutcome outcome;
    outcome.dataset = dataset;
    outcome.format = format;
    const std::int64_t file_id =
        transaction_.run(query::register_replay, {dataset, format}).number(0, 0);
    const std::vector<Parameter> file{to_parameter(file_id)};
    BronzeFile bronze = place_rows(file_id, outcome);
    if (!bronze.parts.empty()) {
      replay_lines(bronze, outcome);
      for (const auto& part : bronze.parts) {
        transaction_.run(query::fill_replayed_columns,
                         {std::string(name_of(part.dataset)), to_parameter(file_id)});
      }
      const Rows failed = transaction_.run(query::return_failed_rows, file);
      for (int row = 0; row < failed.size(); ++row) {
        outcome.still_broken[std::string(failed.text(row, 0))] =
            static_cast<std::uint64_t>(failed.number(row, 1));
      }
      outcome.rows_replayed = static_cast<std::uint64_t>(
          transaction_.run(query::close_replayed_rows, file).number(0, 0));
    }
    if (outcome.rows_replayed == 0) {
      transaction_.run(query::delete_empty_replay, file);
      return outcome;
    }
    outcome.file_id = file_id;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
    transaction_.run(query::finish_replay, {to_parameter(file_id), to_parameter(elapsed.count())});
    return outcome;
  }

 private:
  BronzeFile place_rows(std::int64_t file_id, ReplayOutcome& outcome) {
    BronzeFile bronze{file_id, "quarantine", "", {}, {}};
    const Rows placed =
        transaction_.run(query::place_replayed_rows,
                         {to_parameter(file_id), outcome.dataset, outcome.format,
                          given(filter_.reason), given(filter_.dataset), given(filter_.file)});
    for (int row = 0; row < placed.size(); ++row) {
      const auto replay = std::ranges::find_if(dataset_replays(), [&](const DatasetReplay& known) {
        return name_of(known.dataset) == placed.text(row, 0);
      });
      const auto rows = static_cast<std::uint64_t>(placed.number(row, 1));
      bronze.parts.push_back({replay->dataset, rows});
      outcome.rows_tried += rows;
    }
    return bronze;
  }

  /// All lines but those that are refused.
  void replay_lines(BronzeFile& bronze, ReplayOutcome& outcome) {
    const Lines all{1, static_cast<std::int64_t>(outcome.rows_tried)};
    transaction_.run(command::begin_replayed_lines);
    const auto objection = try_lines(bronze, all);
    if (!objection) return;
    std::map<std::int64_t, std::string> refused;
    find_refused(bronze, all, *objection, refused);
    const Rows left =
        transaction_.run(query::leave_refused_rows,
                         {to_parameter(bronze.file_id),
                          fmt::format("{{{}}}", fmt::join(std::views::keys(refused), ","))});
    for (int row = 0; row < left.size(); ++row) {
      const std::string dataset(left.text(row, 3));
      outcome.refused.push_back(
          {left.number(row, 1), left.number(row, 2), dataset, refused.at(left.number(row, 0))});
      for (auto& part : bronze.parts) {
        if (name_of(part.dataset) == dataset) --part.rows;
      }
    }
    std::ranges::sort(outcome.refused, {}, [](const RefusedRow& row) {
      return std::tie(row.file_id, row.line, row.dataset);
    });
    if (const auto of_the_rest = try_lines(bronze, all))
      throw StoreError(
          StoreFailure::kRefusedData,
          fmt::format("{}\n  no single row is to blame; nothing was replayed", *of_the_rest));
  }

  static constexpr std::size_t kMostRefused = 100;

  struct Lines {
    std::int64_t first, last;  // of the replay
  };

  /// Those of the lines that are refused, and why. Requires: all of them together are. Nothing is changed.
  void find_refused(const BronzeFile& bronze, const Lines& lines, const std::string& objection,
                    std::map<std::int64_t, std::string>& refused) {
    if (lines.first == lines.last) {
      refused[lines.first] = objection;
      if (refused.size() > kMostRefused) give_up(refused.begin()->second);
      return;
    }
    const std::int64_t middle = lines.first + (lines.last - lines.first) / 2;
    for (const Lines& half : {Lines{lines.first, middle}, Lines{middle + 1, lines.last}}) {
      if (const auto why = try_lines(bronze, half)) {
        find_refused(bronze, half, *why, refused);
      } else {
        transaction_.run(command::undo_replayed_lines);
      }
    }
  }

  /// Each costs some tries, and all loads wait.
  [[noreturn]] static void give_up(const std::string& objection) {
    throw StoreError(
        StoreFailure::kRefusedData,
        fmt::format("{}\n  that is one of more than {} rows which the server refuses; nothing was "
                    "replayed\n  mend the check that fails on them, or replay the others by "
                    "--reason, --file or --dataset",
                    objection, kMostRefused));
  }

  /// Into bronze and silver; what the server has against the lines, and then nothing is changed since begin_replayed_lines.
  std::optional<std::string> try_lines(const BronzeFile& bronze, const Lines& lines) {
    try {
      for (const auto& [dataset, into_bronze] : dataset_replays()) {
        transaction_.run(into_bronze, {to_parameter(bronze.file_id), to_parameter(lines.first),
                                       to_parameter(lines.last)});
      }
      load_silver(transaction_, bronze, splits_, base_currency_);
      return {};
    } catch (const StoreError& error) {
      if (!is_fault_of_the_data(error)) throw;
      transaction_.run(command::undo_replayed_lines);
      return error.what();
    }
  }

  LoadTransaction& transaction_;
  const QuarantineFilter& filter_;
  const std::vector<RowSplit>& splits_;
  const BaseCurrencySetting& base_currency_;
};

}  // namespace

std::vector<ReplayOutcome> replay_quarantined(Connection& connection,
                                              const QuarantineFilter& filter,
                                              const std::vector<Expectation>& expectations) {
  validate(expectations);
  const RunLock lock(connection);
  const BaseCurrencySetting base = base_currency(connection);
  std::vector<RowSplit> splits;
  for (const auto& [dataset, statement] : dataset_replays()) {
    splits.emplace_back(dataset, of_single_rows(expectations));
    splits.back().prepare(connection);
  }
  RawConnection loader(connection.target());
  LoadTransaction transaction(loader);  // all of a replay is one version
  transaction.run(query::ingest_settings, {});
  transaction.run(query::begin_replay_version,
                  {given(filter.reason), given(filter.dataset), given(filter.file)});
  Replay replay(transaction, filter, splits, base);
  std::vector<ReplayOutcome> outcomes;
  const Rows groups = transaction.run(
      query::list_replay_groups, {given(filter.reason), given(filter.dataset), given(filter.file)});
  for (int row = 0; row < groups.size(); ++row) {
    outcomes.push_back(
        replay.run(std::string(groups.text(row, 0)), std::string(groups.text(row, 1))));
  }
  transaction.commit();
  return outcomes;
}

}  // namespace aml::store
