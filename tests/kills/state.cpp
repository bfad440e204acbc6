// SPDX-License-Identifier: Apache-2.0
#include "tests/kills/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <thread>

namespace aml::test {
namespace {

using Rows = std::vector<std::string>;

/// Numbers that count attempts, times of work, and for gold.*_periods what only the first of two runs over the same data says.
constexpr const char* kOwnOfABank =
    "{file_id,valid_from,run_id,first_run_id,from_run_id,until_run_id,gone_run_id,loaded_at,"
    "seconds,"
    "quarantined_at,closed_"
    "at,"
    "fixed_at,fix_id,replay_file_id,continues_file_id,replaces_file_id,schema_id,first_file_id,"
    "added,gone}";

Rows compared_tables(const Bank& bank) {
  Rows tables = bank.query(
      "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('bronze', "
      "'silver', 'quarantine', 'gold') ORDER BY 1");
  tables.insert(tables.end(), {"aml.ingested_files", "aml.expectation_results", "aml.file_schemas",
                               "aml.added_columns"});
  return tables;
}

/// Each row as text, in order; where it came from by the content of the file. Of the periods that runs begin and end, what the newest run
/// said.
Rows rows_of(const Bank& bank, const std::string& table) {
  const bool is_of_runs = table == "gold.alert_periods" || table == "gold.scenario_periods";
  const std::string removed =
      table == "aml.ingested_files"
          ? fmt::format(
                "('{}'::text[] || CASE WHEN r->>'operation' = 'REPLAY' THEN "
                "'{{version,sha256}}'::text[] ELSE '{{version}}' END)",
                kOwnOfABank)
          : fmt::format("'{}'::text[]", kOwnOfABank);
  const std::string row =
      table == "aml.ingested_files"
          ? "to_jsonb(t) || jsonb_build_object('path', regexp_replace(t.path, '^.*/', ''))"
          : "to_jsonb(t)";
  return bank.query(fmt::format(
      "SELECT (r - {})::text || coalesce((SELECT CASE f.operation WHEN 'LOAD' THEN f.sha256 ELSE "
      "f.operation END FROM aml.ingested_files f WHERE f.file_id = (r->>'file_id')::bigint), '') "
      "FROM (SELECT {} AS r FROM {} t{}) rows ORDER BY 1",
      removed, row, table, is_of_runs ? " WHERE until_run_id IS NULL" : ""));
}

std::string beginning(const std::string& text) {
  constexpr std::size_t kShown = 300;
  return text.substr(0, kShown);
}

/// A sentence if the two differ; both are in order.
void compare(const std::string& what, const Rows& expected, const Rows& found, Rows& sentences) {
  if (expected == found) return;
  Rows lost;
  Rows extra;
  std::ranges::set_difference(expected, found, std::back_inserter(lost));
  std::ranges::set_difference(found, expected, std::back_inserter(extra));
  std::string sentence = fmt::format("{}: {} rows, expected {}; {} lost, {} too many", what,
                                     found.size(), expected.size(), lost.size(), extra.size());
  if (!lost.empty()) sentence += "\n  lost: " + beginning(lost.front());
  if (!extra.empty()) sentence += "\n  too many: " + beginning(extra.front());
  sentences.push_back(sentence);
}

struct Rule {
  const char* what;
  const char* sql;  ///< rows that break it
};

constexpr const char* kTemporaryObjects = "SELECT relname FROM pg_class WHERE relpersistence = 't'";

constexpr Rule kRules[]{
    {"a run that nobody runs has no end", "SELECT run_id FROM aml.runs WHERE status = 'running'"},
    {"a run that succeeded has no version, or a version no run",
     "SELECT run_id, v.version FROM (SELECT * FROM aml.runs WHERE version IS NOT NULL OR status = "
     "'succeeded' AND purpose = 'production') r FULL JOIN (SELECT * FROM aml.versions WHERE "
     "operation = 'RUN') v USING "
     "(version) WHERE r.run_id IS NULL OR v.version IS NULL OR r.status <> 'succeeded'"},
    {"a run that succeeded does not have all its steps",
     "SELECT run_id FROM aml.runs r WHERE status = 'succeeded' AND purpose = 'production' AND "
     "(SELECT count(*) FROM "
     "aml.run_steps s WHERE s.run_id = r.run_id) <> (SELECT max(step) FROM aml.run_steps s WHERE "
     "s.run_id = r.run_id) OR status = 'succeeded' AND purpose = 'production' AND NOT EXISTS "
     "(SELECT FROM aml.run_steps s "
     "WHERE s.run_id = r.run_id AND name = CASE kind WHEN 'full' THEN 'write gold' ELSE "
     "'incremental run' END)"},
    {"a load has no version, or a version no load",
     "SELECT file_id, v.version FROM aml.ingested_files f FULL JOIN (SELECT * FROM aml.versions "
     "WHERE operation = 'LOAD') v USING (version) WHERE f.file_id IS NULL OR v.version IS NULL AND "
     "f.operation = 'LOAD'"},
    {"a content was loaded twice",
     "SELECT sha256 FROM aml.ingested_files GROUP BY sha256 HAVING count(*) > 1"},
    {"a file was read otherwise than loaded and quarantined",
     "SELECT file_id FROM aml.ingested_files WHERE lines_read <> rows_loaded + rows_quarantined "
     "AND "
     "operation = 'LOAD'"},
    {"versions have gaps, no end or another order than their commits",
     "SELECT version FROM (SELECT version, committed_at, row_number() OVER (ORDER BY version) - 1 "
     "AS "
     "place, lag(committed_at, 1, '-infinity') OVER (ORDER BY version) AS before FROM "
     "aml.versions) "
     "v WHERE version <> place OR committed_at IS NULL OR committed_at <= before"},
    {"the newest version of transfers is not the table",
     "(TABLE silver.transfers EXCEPT SELECT * FROM silver.transfers_as_of(aml.newest_version())) "
     "UNION ALL (SELECT * FROM silver.transfers_as_of(aml.newest_version()) EXCEPT TABLE "
     "silver.transfers)"},
    {"the newest version of alerts is not the table",
     "(TABLE gold.alerts EXCEPT SELECT * FROM gold.alerts_as_of(aml.newest_version())) UNION ALL "
     "(SELECT * FROM gold.alerts_as_of(aml.newest_version()) EXCEPT TABLE gold.alerts)"},
    {"a row of silver has no row in bronze",
     "SELECT transfer_id FROM silver.transfers t WHERE NOT EXISTS (SELECT FROM bronze.transfers b "
     "WHERE b.file_id = t.file_id AND b.line = t.line)"},
    {"a lock was left", "SELECT locktype FROM pg_locks WHERE locktype = 'advisory'"},
    {"a prepared transaction was left", "SELECT gid FROM pg_prepared_xacts"},
    {"a temporary object was left", kTemporaryObjects},
    {"a temporary file of the server was left", "SELECT name FROM pg_ls_tmpdir()"},
};

/// Whether there are still rows after a while.
bool stays(const Bank& bank, const std::string& sql) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!bank.query(sql).empty()) {
    if (std::chrono::steady_clock::now() > end) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

/// The server notices the end of a client in its own time.
bool has_other_sessions(const Bank& bank) {
  return stays(bank,
               "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
               "pg_backend_pid() AND backend_type = 'client backend'");
}

/// The temporary tables of a session that was killed are taken away by the next one in its place, or by the server's vacuum, which looks
/// once a minute.
void let_vacuum_look(const Bank& bank) {
  bank.query("ALTER SYSTEM SET autovacuum_naptime = '1s'");
  bank.query("SELECT pg_reload_conf()");
  stays(bank, kTemporaryObjects);
}

/// The answer of each version as a number, without those that change nothing.
Rows history(const Bank& bank, const std::string& table, const std::string& columns) {
  return bank.query(fmt::format(
      "SELECT answer FROM (SELECT version, answer, lag(answer) OVER (ORDER BY version) AS before "
      "FROM "
      "aml.versions v, LATERAL (SELECT concat(count(*), '/', sum(hashtextextended(concat_ws('|', "
      "{}), 0)::numeric)) AS answer FROM {}_as_of(v.version)) a) h WHERE answer IS DISTINCT FROM "
      "before ORDER BY version",
      columns, table));
}

}  // namespace

Rows differences(const Bank& expected, const Bank& found, const Rows& left_out) {
  Rows sentences;
  for (const auto& table : compared_tables(expected)) {
    if (std::ranges::find(left_out, table) != left_out.end()) continue;
    compare(table, rows_of(expected, table), rows_of(found, table), sentences);
  }
  return sentences;
}

Rows differences_in_history(const Bank& expected, const Bank& found) {
  const std::pair<const char*, const char*> kTables[]{
      {"silver.transfers", "transfer_id, booked_at, from_account_id, to_account_id, amount_base"},
      {"silver.accounts", "account_id, party_id, is_derived"},
      {"gold.alerts", "alert_id, score, severity, amount, explanation"}};
  Rows sentences;
  for (const auto& [table, columns] : kTables) {
    const Rows one = history(expected, table, columns);
    const Rows other = history(found, table, columns);
    if (one != other)
      sentences.push_back(fmt::format("{} has {} states in its history, expected {}, or others",
                                      table, other.size(), one.size()));
  }
  return sentences;
}

Rows remains(const Bank& bank) {
  Rows sentences;
  if (has_other_sessions(bank)) sentences.emplace_back("a session was left");
  let_vacuum_look(bank);
  for (const auto& [what, sql] : kRules) {
    const Rows breaking = bank.query(sql);
    if (!breaking.empty())
      sentences.push_back(
          fmt::format("{}: {} of them, as {}", what, breaking.size(), breaking.front()));
  }
  for (const auto& file : std::filesystem::recursive_directory_iterator(bank.folder()))
    if (file.path().extension() == ".part") sentences.push_back(file.path().string() + " was left");
  const Ended doctor = bank.run({"doctor"});
  if (doctor.exit_code != 0)
    sentences.push_back("aml doctor is not content:\n" + doctor.out + doctor.err);
  return sentences;
}

}  // namespace aml::test
