// SPDX-License-Identifier: Apache-2.0
#include "tests/histories/promises.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace aml::test {
namespace {

using Rows = std::vector<std::string>;

constexpr int kVersionsOfALook = 3;

struct Export {
  const char* file;
  const char* header;
  const char* rows;  ///< a text each, of values that need no quotes or have them
};

/// As files say it: derived rows are left to the other bank to derive.
constexpr Export kExports[]{
    {"rates.csv", "currency,rate_date,rate",
     "SELECT concat_ws(',', currency_code, rate_date, rate) FROM silver.fx_rates ORDER BY 1 DESC"},
    {"parties.csv", "party_id,name,kind,country,base_risk,address,email,phone",
     R"(SELECT p.party_id || ',' || string_agg('"' || replace(coalesce(value, ''), '"', '""') || '"', ',' ORDER BY place)
        FROM silver.parties p
        CROSS JOIN LATERAL (VALUES
          (1, p.name), (2, p.kind), (3, p.country), (4, p.base_risk::text),
          (5, (SELECT value FROM silver.party_attributes a WHERE a.party_id = p.party_id AND a.kind = 'address')),
          (6, (SELECT value FROM silver.party_attributes a WHERE a.party_id = p.party_id AND a.kind = 'email')),
          (7, (SELECT value FROM silver.party_attributes a WHERE a.party_id = p.party_id AND a.kind = 'phone'))
        ) AS given (place, value)
        WHERE NOT p.is_derived GROUP BY p.party_id ORDER BY md5(p.party_id))"},
    {"accounts.csv", "account_id,party_id,kind,currency,country,opened_on",
     "SELECT concat(account_id, ',', party_id, ',', kind, ',', currency_code, ',', country, ',', "
     "opened_on) FROM "
     "silver.accounts WHERE NOT is_derived ORDER BY md5(account_id)"},
    {"transfers.csv", "transfer_id,booked_at,from_account,to_account,amount,currency,type",
     "SELECT concat_ws(',', transfer_id, booked_at, from_account_id, to_account_id, amount, "
     "currency_code, type) FROM "
     "silver.transfers ORDER BY md5(transfer_id)"}};

struct GoldTable {
  const char* name;
  const char* columns;
};

constexpr GoldTable kGold[]{
    {"alerts",
     "alert_id, scenario, version, subject_kind, subject, score, severity, amount, currency, "
     "first_activity_at, "
     "last_activity_at, explanation"},
    {"alert_entities", "alert_id, entity_kind, entity_id, role"},
    {"alert_transfers", "alert_id, step, transfer_id, role, branch"},
    {"alert_evidence", "alert_id, item, feature, observed, threshold, contribution, sentence"}};

}  // namespace

Past::Past(const Bank& bank) : bank_(bank) {}

Rows Past::look(std::mt19937& random) {
  const std::string newest = bank_.value("SELECT aml.newest_version()");
  const Digests held = now();
  versions_[newest] = as_of(newest);
  Rows sentences;
  for (const auto& [table, digest] : held)
    if (versions_[newest][table] != digest)
      sentences.push_back(
          fmt::format("{} is not what it is as of version {}, the newest", table, newest));
  std::vector<std::pair<std::string, Digests>> seen;
  std::ranges::sample(versions_, std::back_inserter(seen), kVersionsOfALook, random);
  for (const auto& [version, digests] : seen)
    std::ranges::copy(look_at(version), std::back_inserter(sentences));
  return sentences;
}

Rows Past::look_at_all() const {
  Rows sentences;
  for (const auto& [version, digests] : versions_)
    std::ranges::copy(look_at(version), std::back_inserter(sentences));
  return sentences;
}

void Past::take_anew() {
  for (auto& [version, digests] : versions_) digests = as_of(version);
}

Rows Past::look_at(const std::string& version) const {
  Rows sentences;
  const Digests found = as_of(version);
  for (const auto& [table, digest] : versions_.at(version))
    if (found.at(table) != digest)
      sentences.push_back(fmt::format("{} as of version {} is not what it was", table, version));
  return sentences;
}

Past::Digests Past::now() const {
  return digests("%1$s");
}

Past::Digests Past::as_of(const std::string& version) const {
  return digests(fmt::format("%1$s_as_of({})", version));
}

Past::Digests Past::digests(const std::string& rows_of_a_table) const {
  const std::string statement =
      bank_.value(fmt::format("SELECT string_agg(format('SELECT ''%1$s'', count(*) || '' '' || "
                              "coalesce(sum(hashtextextended(r::text, 0)::numeric), 0) FROM "
                              "{} r', table_name), ' UNION ALL ') FROM aml.versioned_tables",
                              rows_of_a_table));
  Digests found;
  for (const auto& row : bank_.query(statement)) {
    const auto end = row.find('|');
    found[row.substr(0, end)] = row.substr(end + 1);
  }
  return found;
}

Rows traces(const Bank& bank, const Rows& erased_keys) {
  if (erased_keys.empty()) return {};
  // Bytes are written in hexadecimal digits.
  return bank.query(
      fmt::format("SELECT place || ' names somebody who was erased' FROM (SELECT format('%I.%I', "
                  "schemaname, tablename) AS place, "
                  "(SELECT string_agg(key || '|' || encode(convert_to(key, 'UTF8'), 'hex'), '|') "
                  "FROM unnest('{{{}}}'::text[]) AS key) AS keys "
                  "FROM pg_tables WHERE schemaname IN ('aml', 'bronze', 'silver', 'quarantine', "
                  "'gold', 'backtest', 'history')) t "
                  "WHERE (xpath('//n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s r "
                  "WHERE r::text ~ %L', place, keys), false, true, "
                  "'')))[1]::text <> '0'",
                  fmt::join(erased_keys, ",")));
}

void give_silver(const Bank& from, const Bank& to) {
  const std::string folder = to.folder() + "/silver";
  std::filesystem::create_directory(folder);
  for (const auto& part : kExports) {
    const Rows rows = from.query(part.rows);
    if (!rows.empty())
      std::ofstream(fmt::format("{}/{}", folder, part.file))
          << part.header << '\n'
          << fmt::format("{}\n", fmt::join(rows, "\n"));
  }
  if (std::filesystem::is_empty(folder)) return;
  const Ended ended = to.run({"load", folder});
  const std::string counts =
      "SELECT (SELECT count(*) FROM silver.transfers) || ' transfers, ' || (SELECT count(*) FROM "
      "silver.accounts) || ' accounts, ' || (SELECT count(*) FROM silver.parties) || ' parties'";
  if (ended.exit_code != 0 || from.value(counts) != to.value(counts))
    throw std::runtime_error(fmt::format("another bank takes {} of {}:\n{}", to.value(counts),
                                         from.value(counts), ended.err));
}

Rows differences_in_alerts(const Bank& expected, const Bank& found) {
  Rows sentences;
  for (const auto& table : kGold) {
    const std::string rows = fmt::format(
        "SELECT concat_ws('|', {}) FROM gold.{} JOIN (SELECT alert_id FROM gold.alerts WHERE "
        "gone_run_id IS NULL) open USING (alert_id) ORDER BY 1",
        table.columns, table.name);
    const Rows one = expected.query(rows);
    const Rows other = found.query(rows);
    Rows lost;
    Rows extra;
    std::ranges::set_difference(one, other, std::back_inserter(lost));
    std::ranges::set_difference(other, one, std::back_inserter(extra));
    if (one == other) continue;
    sentences.push_back(fmt::format("gold.{}: {} rows lost, as {}; {} too many, as {}", table.name,
                                    lost.size(), lost.empty() ? "" : lost.front(), extra.size(),
                                    extra.empty() ? "" : extra.front()));
  }
  return sentences;
}

}  // namespace aml::test
