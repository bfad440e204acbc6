// SPDX-License-Identifier: Apache-2.0
#include "store/silver_load.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "store/error.hpp"
#include "store/input_file.hpp"

namespace aml::store {
namespace {

class SilverLoad {
 public:
  SilverLoad(LoadTransaction& transaction, const BronzeFile& file,
             const BaseCurrencySetting& base_currency)
      : transaction_(transaction), file_(file), base_currency_(base_currency) {}

  SilverOutcome run(const std::vector<RowSplit>& splits) {
    const Rows unreadable = run_on_file(query::quarantine_unreadable_lines);
    for (int row = 0; row < unreadable.size(); ++row) {
      outcome_.quarantined_by_reason[std::string(unreadable.text(row, 0))] +=
          static_cast<std::uint64_t>(unreadable.number(row, 1));
    }
    for (const auto& split : splits) {
      const auto part = std::ranges::find(file_.parts, split.dataset(), &BronzeFile::Part::dataset);
      if (part != file_.parts.end()) judge(split, place(split), part->rows);
    }
    complete_silver();
    outcome_.lines_quarantined =
        static_cast<std::uint64_t>(run_on_file(query::count_quarantined_lines).number(0, 0));
    return std::move(outcome_);
  }

 private:
  Rows run_on_file(const query::Embedded& statement) {
    return transaction_.run(statement, {to_parameter(file_.file_id)});
  }

  bool gives(Dataset dataset) const {
    return std::ranges::find(file_.parts, dataset, &BronzeFile::Part::dataset) != file_.parts.end();
  }

  SplitOutcome place(const RowSplit& split) {
    using Ids = RowSplit::Ids;
    if (split.dataset() == Dataset::kAccounts) return place_accounts(split);
    if (split.dataset() != Dataset::kTransfers)
      return split.run(transaction_, file_, base_currency_, Ids::kCanBeTaken);
    // Hardly a file repeats an id.
    transaction_.run(command::begin_attempt);
    try {
      return place_transfers(split, Ids::kAreNew);
    } catch (const StoreError& error) {
      if (error.sqlstate() != kUniqueViolation) throw;
    }
    transaction_.run(command::undo_attempt);
    return place_transfers(split, Ids::kCanBeTaken);
  }

  SplitOutcome place_transfers(const RowSplit& split, RowSplit::Ids ids) {
    const bool rebuilds_indexes = may_rebuild("{silver.transfers}");
    const bool rebuilds_key = rebuilds_indexes && ids == RowSplit::Ids::kAreNew;
    if (rebuilds_indexes) transaction_.run(command::drop_transfer_indexes);
    if (rebuilds_key) transaction_.run(command::drop_transfers_key);
    auto outcome = split.run(transaction_, file_, base_currency_, ids);
    if (rebuilds_key) transaction_.run(command::create_transfers_key);
    if (rebuilds_indexes) {
      transaction_.run(command::create_transfers_from_account);
      transaction_.run(command::create_transfers_to_account);
      transaction_.run(command::create_transfers_file);
    }
    return outcome;
  }

  SplitOutcome place_accounts(const RowSplit& split) {
    const bool rebuilds = may_rebuild("{silver.accounts,silver.parties,silver.currencies}");
    if (rebuilds) transaction_.run(command::drop_account_references);
    auto outcome = split.run(transaction_, file_, base_currency_, RowSplit::Ids::kCanBeTaken);
    if (rebuilds) transaction_.run(command::create_account_references);
    return outcome;
  }

  void place_attributes() {
    run_on_file(query::delete_replaced_attributes);
    const bool rebuilds = may_rebuild("{silver.party_attributes,silver.parties}");
    if (rebuilds) transaction_.run(command::drop_attribute_keys);
    run_on_file(query::insert_attributes);
    if (rebuilds) transaction_.run(command::create_attribute_keys);
  }

  /// Nobody reads an empty table, so its indexes can be built, and what it refers to be checked, after it is filled.
  bool may_rebuild(const std::string& tables) {
    return transaction_.run(query::may_rebuild_indexes, {tables}).text(0, 0) == "t";
  }

  void judge(const RowSplit& split, const SplitOutcome& result, std::uint64_t rows) {
    for (const auto& [reason, count] : result.quarantined_by_reason)
      outcome_.quarantined_by_reason[reason] += count;
    for (const auto& expectation : split.of_rows()) {
      const auto broken = result.broken.find(expectation.name);
      judge_rows(expectation, broken == result.broken.end() ? BrokenExpectation{} : broken->second,
                 rows);
    }
    for (const auto& expectation : split.of_files())
      judge_file(expectation, result.measured.at(expectation.name));
  }

  void judge_rows(const Expectation& expectation, const BrokenExpectation& broken,
                  std::uint64_t rows) {
    if (broken.rows > 0 && expectation.policy == ExpectationPolicy::kFail) {
      refuse_file(file_.path, broken.first_line,
                  fmt::format("{} of {} {} break{} expectation {}, whose policy is fail: {}\n  "
                              "nothing of the file was loaded",
                              broken.rows, rows, expectation.dataset, broken.rows == 1 ? "s" : "",
                              expectation.name, expectation.description));
    }
    if (broken.rows > 0 && expectation.policy == ExpectationPolicy::kWarn)
      outcome_.warnings[expectation.name] += broken.rows;
    record(expectation, rows - broken.rows, broken.rows,
           {broken.sample_lines, broken.sample_keys, std::nullopt, std::nullopt});
  }

  void judge_file(const Expectation& expectation, const MeasuredExpectation& measured) {
    if (!measured.is_met) {
      const std::string finding =
          fmt::format("observed {}, expected {}",
                      measured.observed.empty() ? "nothing" : measured.observed, measured.expected);
      if (expectation.policy == ExpectationPolicy::kFail) {
        refuse_file(file_.path, fmt::format("does not meet expectation {}, whose policy is fail: "
                                            "{}: {}\n  nothing of the file was loaded",
                                            expectation.name, finding, expectation.description));
      }
      outcome_.unmet[expectation.name] = finding;
    }
    record(expectation, measured.is_met ? 1 : 0, measured.is_met ? 0 : 1,
           {"{}", "{}", measured.observed, measured.expected});
  }

  void record(const Expectation& expectation, std::uint64_t passed, std::uint64_t failed,
              const std::vector<Parameter>& shown) {
    std::vector<Parameter> parameters{to_parameter(file_.file_id),
                                      expectation.dataset,
                                      expectation.name,
                                      std::string(name_of(expectation.policy)),
                                      to_parameter(passed),
                                      to_parameter(failed)};
    parameters.insert(parameters.end(), shown.begin(), shown.end());
    transaction_.run(query::record_expectation_result, parameters);
  }

  /// What follows from the new rows for other tables, so that the order of files does not matter.
  void complete_silver() {
    if (gives(Dataset::kTransfers)) run_on_file(query::derive_accounts);
    if (gives(Dataset::kAccounts)) transaction_.run(query::delete_unused_derived_parties, {});
    if (gives(Dataset::kParties)) place_attributes();
    if (gives(Dataset::kFxRates)) {
      transaction_.run(query::revalue_transfers,
                       {base_currency_.code, to_parameter(base_currency_.exponent)});
    }
  }

  LoadTransaction& transaction_;
  const BronzeFile& file_;
  const BaseCurrencySetting& base_currency_;
  SilverOutcome outcome_;
};

}  // namespace

SilverOutcome load_silver(LoadTransaction& transaction, const BronzeFile& file,
                          const std::vector<RowSplit>& splits,
                          const BaseCurrencySetting& base_currency) {
  return SilverLoad(transaction, file, base_currency).run(splits);
}

}  // namespace aml::store
