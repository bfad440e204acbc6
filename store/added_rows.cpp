// SPDX-License-Identifier: Apache-2.0
#include "store/added_rows.hpp"

#include <charconv>
#include <pqxx/pqxx>
#include <set>

#include "aml_query.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

using ReadOnly = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

std::optional<graph::MinorUnits> minor_units(std::string_view text) {
  graph::MinorUnits amount = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, amount);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return amount;
}

/// False if one of them is nothing that detectors can read.
bool read_transfers(ReadOnly& view, std::int64_t version, AddedRows& rows) {
  const auto exponent = run(view, query::base_currency)[0][1].as<int>();
  for (const auto& row : run(view, query::added_transfers, version, exponent)) {
    const auto amount = minor_units(row[4].c_str());
    if (row[3].is_null() || !amount) return false;
    rows.transfers.push_back({row[0].c_str(), row[1].c_str(), row[2].c_str(),
                              row[3].as<graph::Micros>(), *amount, row[5].c_str()});
  }
  return true;
}

void read_accounts(ReadOnly& view, const std::function<bool(std::string_view)>& is_known,
                   AddedRows& rows) {
  std::set<std::string> unknown;
  for (const AddedTransfer& transfer : rows.transfers) {
    for (const std::string& key : {transfer.from, transfer.to})
      if (!is_known(key)) unknown.insert(key);
  }
  if (unknown.empty()) return;
  const std::vector<std::string> keys(unknown.begin(), unknown.end());
  for (const auto& row : run(view, query::accounts_by_key, text_array(keys))) {
    AddedAccount& account = rows.accounts.emplace_back(
        AddedAccount{row[0].c_str(), row[1].c_str(), row[2].c_str(), std::nullopt});
    if (!row[3].is_null()) account.opened_at = row[3].as<graph::Micros>();
  }
}

}  // namespace

std::optional<AddedRows> read_added_rows(
    Connection& connection, std::int64_t version, std::size_t most,
    const std::function<bool(std::string_view key)>& is_known) {
  auto view = begin<ReadOnly>(connection);
  AddedRows rows;
  const auto counts = run(view, query::added_row_counts, version)[0];
  const bool is_changed = counts[3].as<bool>();
  if (is_changed || counts[0].as<std::size_t>() > most) return std::nullopt;
  rows.more_accounts = counts[1].as<std::int64_t>();
  rows.more_parties = counts[2].as<std::int64_t>();

  const auto facts = run(view, query::snapshot_facts)[0];
  rows.snapshot = facts[0].c_str();
  if (!facts[1].is_null()) rows.last_file_id = facts[1].as<std::int64_t>();
  rows.version = facts[3].as<std::int64_t>();
  if (!read_transfers(view, version, rows)) return std::nullopt;
  // Rows that are not of a new file, as a restore writes them, are not found by their file.
  if (rows.transfers.size() != counts[0].as<std::size_t>()) return std::nullopt;
  read_accounts(view, is_known, rows);
  return rows;
}

}  // namespace aml::store
