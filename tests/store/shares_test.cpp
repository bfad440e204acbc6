// SPDX-License-Identifier: Apache-2.0
// What a reader of a share sees, and what is recorded of it.
#include "store/shares.hpp"
#include "store/error.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "store/migrations.hpp"
#include "store/private_cluster.hpp"
#include "tests/store/access_fixture.hpp"
#include "tests/support/refusal.hpp"

namespace aml::store {
namespace {

using test::expect_words;
using test::refusal;

constexpr graph::Micros kIn2100 = 4'102'444'800'000'000;

class SharesTest : public AccessTest {};

TEST_F(SharesTest, ARecipientSeesTheApprovedVersionWhateverComesLater) {
  const auto version = newest();
  const Login bank(database(), unique("bank"), "aml_recipient");
  create_share(
      connection(),
      {"pinned", version, {{"gold.current_alerts", "severity = 'high'"}, {"alert_transfers"}}});
  grant_share(connection(), "pinned", bank.name(), kIn2100);
  const auto alerts = as_of("current_alerts", version, "severity = 'high'");
  const auto transfers = as_of("alert_transfers", version);
  EXPECT_NE(alerts, as_of("current_alerts", version)) << "the condition must leave something out";

  Session reader(database(), bank.name());
  reader.run("PREPARE again AS " + seen_in("share_pinned.current_alerts"));
  EXPECT_EQ(reader.run("EXECUTE again"), alerts);
  reader.run("BEGIN");
  reader.run("DECLARE early CURSOR FOR " + seen_in("share_pinned.current_alerts"));
  database().write(
      "UPDATE gold.alerts SET severity = 'high', score = 1, valid_from = DEFAULT;"
      "UPDATE silver.parties SET name = 'Eve', valid_from = DEFAULT;"
      "DELETE FROM gold.alert_transfers");
  EXPECT_EQ(reader.run("FETCH early"), alerts);
  reader.run("COMMIT");
  for (int i = 0; i < 6; ++i) EXPECT_EQ(reader.run("EXECUTE again"), alerts);  // also as generic
  EXPECT_EQ(reader.run(seen_in("share_pinned.current_alerts")), alerts);
  EXPECT_EQ(reader.run(seen_in("share_pinned.alert_transfers")), transfers);
  EXPECT_EQ(reader.run("SELECT DISTINCT a.subject FROM share_pinned.current_alerts a JOIN "
                       "share_pinned.alert_transfers t USING (alert_id) ORDER BY 1"),
            "A1\nA4");

  reader.run("BEGIN");
  reader.run("DECLARE overtaken CURSOR FOR SELECT * FROM share_pinned.current_alerts");
  move_share(connection(), "pinned", newest());
  EXPECT_EQ(reader.run("FETCH overtaken"), "55000") << "one statement never mixes versions";
  reader.run("ROLLBACK");
  EXPECT_EQ(reader.run("EXECUTE again"), as_of("current_alerts", newest()));
  EXPECT_EQ(reader.run("SELECT share_pinned.version()"), std::to_string(newest()));
  EXPECT_EQ(reader.run(seen_in("share_pinned.alert_transfers")), "");
  EXPECT_EQ(query("SELECT version, approved_by = session_user FROM aml.share_versions WHERE share "
                  "= 'pinned' ORDER BY approval"),
            fmt::format("{}|t\n{}|t", version, newest()));
  EXPECT_EQ(reader.run(fmt::format("SELECT * FROM share_pinned.read_alert_transfers({})", version)),
            "55000")
      << "the version before is not theirs any more";
  EXPECT_EQ(query("SELECT aml.pinned_versions()"), std::to_string(newest()));
  drop_share(connection(), "pinned");
  EXPECT_EQ(query("SELECT aml.pinned_versions()"), "");
  EXPECT_EQ(reader.run("SELECT * FROM share_pinned.current_alerts"), "42P01");
  expect_words(refusal<StoreError>([&] {
                 create_share(connection(), {"pinned", version, {{"alerts"}}});
               }),
               "A name is used once");
}

TEST_F(SharesTest, NoConditionOfAReaderIsAskedOfARowThatIsNotShared) {
  const Login bank(database(), unique("leaker"), "aml_recipient");
  create_share(connection(), {"leaky", newest(), {{"alert_entities", "entity_id = 'A1'"}}});
  grant_share(connection(), "leaky", bank.name(), kIn2100);
  Session reader(database(), bank.name());
  reader.run("CREATE TEMPORARY TABLE leaked (value text)");
  reader.run(
      "CREATE FUNCTION pg_temp.leak(value text) RETURNS boolean LANGUAGE plpgsql COST "
      "0.0000001 AS $$ BEGIN INSERT INTO pg_temp.leaked VALUES (value); RETURN true; END $$");
  EXPECT_NE(reader.run("SELECT count(*) FROM share_leaky.alert_entities WHERE "
                       "pg_temp.leak(entity_id)"),
            "0");
  EXPECT_EQ(reader.run("SELECT DISTINCT value FROM pg_temp.leaked"), "A1");
  EXPECT_NE(reader.run("SELECT count(*) FROM share_leaky.alert_entities WHERE 1 / (CASE entity_id "
                       "WHEN 'A1' THEN 1 ELSE 0 END) = 1"),
            "22012");
  // The plan tells neither the condition nor how many rows there are; nor does the text of view or function.
  EXPECT_EQ(reader.run("EXPLAIN (COSTS OFF) SELECT * FROM share_leaky.alert_entities"),
            "Function Scan on read_alert_entities");
  EXPECT_EQ(reader.run("SELECT pg_get_viewdef('share_leaky.alert_entities'::regclass) LIKE '%A1%' "
                       "OR pg_get_functiondef('share_leaky.read_alert_entities'::regproc) LIKE "
                       "'%A1%'"),
            "f");
  for (const char* table :
       {"gold.alert_entities", "history.gold_alert_entities", "aml.share_tables", "aml.share_reads",
        "aml.versions", "silver.accounts", "bronze.transfers", "quarantine.rows",
        "gold.alert_entities_as_of(1)"})
    EXPECT_EQ(reader.run(std::string("SELECT * FROM ") + table), kDenied) << table;
  drop_share(connection(), "leaky");
}

TEST_F(SharesTest, AGrantEndsWithItsDateAndARevokedOneAtOnce) {
  const Login bank(database(), unique("late"), "aml_recipient");
  const Login member(database(), unique("clerk"));
  query("GRANT " + identifier(bank.name()) + " TO " + identifier(member.name()));
  create_share(connection(), {"dated", newest(), {{"alerts"}}});
  grant_share(connection(), "dated", bank.name(), kIn2100);
  Session reader(database(), bank.name());
  Session clerk(database(), member.name());
  const std::string count = "SELECT count(*) > 0 FROM share_dated.alerts";
  reader.run("PREPARE counting AS " + count);
  EXPECT_EQ(reader.run("EXECUTE counting"), "t");
  EXPECT_EQ(clerk.run(count), "t") << "a member of the role reads, too";
  query(
      "UPDATE aml.share_grants SET granted_until = now() - interval '1 second' WHERE share = "
      "'dated'");
  EXPECT_EQ(reader.run("EXECUTE counting"), "f");
  EXPECT_EQ(clerk.run(count), "f");
  EXPECT_EQ(query("SELECT reader, admitted FROM aml.share_reads WHERE share = 'dated' ORDER BY "
                  "read_id DESC LIMIT 2"),
            member.name() + "|f\n" + bank.name() + "|f");
  grant_share(connection(), "dated", bank.name(), kIn2100);
  EXPECT_EQ(reader.run("EXECUTE counting"), "t") << "a new grant takes the place of the old one";
  query("REVOKE aml_recipient FROM " + identifier(bank.name()));
  EXPECT_EQ(reader.run("EXECUTE counting"), "f") << "who is no recipient any more";
  query("GRANT aml_recipient TO " + identifier(bank.name()));
  revoke_share(connection(), "dated", bank.name());
  EXPECT_EQ(reader.run("EXECUTE counting"), kDenied);
  EXPECT_EQ(reader.run("SELECT share_dated.version()"), kDenied);
  EXPECT_EQ(clerk.run(count), kDenied);
  EXPECT_EQ(query("SELECT count(*), count(revoked_by) FROM aml.share_grants WHERE share = 'dated'"),
            "2|2");
  expect_words(refusal<StoreError>([&] { revoke_share(connection(), "dated", bank.name()); }),
               "is not granted to");
  drop_share(connection(), "dated");
}

TEST_F(SharesTest, OnlyWhoLoggedInAsARecipientReadsWhateverRoleIsSet) {
  const Login one(database(), unique("one"), "aml_recipient");
  const Login two(database(), unique("two"), "aml_recipient");
  create_share(connection(), {"of_one", newest(), {{"alerts"}}});
  create_share(connection(), {"of_two", newest(), {{"alerts"}}});
  grant_share(connection(), "of_one", one.name(), kIn2100);
  grant_share(connection(), "of_two", two.name(), kIn2100);
  const std::string count = "SELECT count(*) > 0 FROM share_of_one.alerts";
  Session first(database(), one.name());
  Session second(database(), two.name());
  EXPECT_EQ(first.run(count), "t");
  EXPECT_EQ(second.run(count), kDenied);
  EXPECT_EQ(second.run("SELECT * FROM share_of_one.read_alerts(share_of_one.version())"), kDenied);
  EXPECT_EQ(second.run("SET ROLE " + identifier(one.name())), kDenied);
  // One who may read lends his rights, but not who he is.
  query("CREATE SCHEMA lent; GRANT ALL ON SCHEMA lent TO PUBLIC");
  EXPECT_EQ(first.run("CREATE FUNCTION lent.reading() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
                      "AS 'SELECT count(*) FROM share_of_one.alerts'"),
            "");
  EXPECT_NE(first.run("SELECT lent.reading()"), "0");
  EXPECT_EQ(second.run("SELECT lent.reading()"), "0");
  EXPECT_EQ(query("SELECT reader, admitted FROM aml.share_reads ORDER BY read_id DESC LIMIT 1"),
            two.name() + "|f");
  query("DROP SCHEMA lent CASCADE");
  drop_share(connection(), "of_one");
  drop_share(connection(), "of_two");
}

/// The server's log; empty if it is not the test's own server.
std::string server_log(const TestDatabase& database) {
  std::ifstream log(database.query("SELECT current_setting('data_directory')") + "/../server.log");
  std::stringstream text;
  text << log.rdbuf();
  return text.str();
}

TEST_F(SharesTest, EachReadIsRecordedHoweverItIsMade) {
  const Login bank(database(), unique("audited"), "aml_recipient");
  create_share(connection(), {"audited", newest(), {{"alerts"}}});
  grant_share(connection(), "audited", bank.name(), kIn2100);
  Session reader(database(), bank.name());
  reader.run("SET application_name = 'a tool'");
  const auto reads = [] {
    return query("SELECT count(*) FROM aml.share_reads WHERE share = 'audited'");
  };
  EXPECT_NE(reader.run("SELECT * FROM share_audited.alerts"), "");
  EXPECT_EQ(reads(), "1");
  EXPECT_EQ(query("SELECT reader, table_name, version = aml.newest_version(), admitted, "
                  "application_name FROM aml.share_reads WHERE share = 'audited'"),
            bank.name() + "|alerts|t|t|a tool");
  reader.run("SELECT * FROM share_audited.alerts LIMIT 0");
  reader.run("EXPLAIN SELECT * FROM share_audited.alerts");
  EXPECT_EQ(reads(), "1") << "nothing was read";
  reader.run("EXPLAIN ANALYZE SELECT * FROM share_audited.alerts");
  EXPECT_EQ(reads(), "2");
  reader.run("BEGIN; DECLARE slowly CURSOR FOR SELECT * FROM share_audited.alerts");
  EXPECT_EQ(reader.run("FETCH 1 FROM slowly").empty(), false);
  reader.run("COMMIT");
  EXPECT_EQ(reads(), "3");
  {
    auto copying = database().connect();
    pqxx::nontransaction session(copying.pqxx());
    session.exec("SET SESSION AUTHORIZATION " + identifier(bank.name()));
    session.exec("CREATE TEMPORARY TABLE copied AS SELECT * FROM share_audited.alerts");
  }
  EXPECT_EQ(reads(), "4");
  EXPECT_EQ(reader.run("BEGIN READ ONLY; SELECT * FROM share_audited.alerts"), "25006");
  reader.run("ROLLBACK");
  EXPECT_EQ(reads(), "4") << "what cannot be recorded is not read";

  // A rollback takes the row away, but neither its number nor the line in the log.
  EXPECT_NE(reader.run("BEGIN; SELECT * FROM share_audited.alerts"), "");
  reader.run("ROLLBACK");
  EXPECT_EQ(reads(), "4");
  reader.run("SELECT * FROM share_audited.alerts");
  EXPECT_EQ(query("SELECT last - before FROM (SELECT max(read_id) AS last, (array_agg(read_id "
                  "ORDER BY read_id DESC))[2] AS before FROM aml.share_reads WHERE share = "
                  "'audited') AS numbers"),
            "2")
      << "the number between is that of the read that was rolled back";
  if (const auto log = server_log(database()); !log.empty()) {
    std::size_t lines = 0;
    const auto line = fmt::format(
        "LOG:  amlgraph: read of share audited.alerts at version {} by "
        "'{}', admitted",
        newest(), bank.name());
    for (auto at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++lines;
    EXPECT_EQ(lines, 6U);
  }
  EXPECT_THROW(query("DELETE FROM aml.share_reads"), pqxx::sql_error) << "also for the owner";
  drop_share(connection(), "audited");
}

TEST_F(SharesTest, AConditionIsOneExpressionOverTheRowThatNeverChanges) {
  const std::vector<std::pair<std::string, std::string>> refused{
      {"severity = 'high') OR (true", "syntax error"},
      {"true)) STORED, ADD COLUMN b boolean GENERATED ALWAYS AS ((true", "syntax error"},
      {"true THEN true END, CASE WHEN true", "syntax error"},
      {"true); DROP TABLE gold.alerts; --", "syntax error"},
      {"true; DROP TABLE gold.alerts", "syntax error"},
      {"EXISTS (SELECT FROM silver.parties)", "subquery"},
      {"count(*) > 1", "aggregate"},
      {"first_activity_at < now()", "not immutable"},
      {"subject = current_user", "not immutable"},
      {"random() < 0.5", "not immutable"},
      {"no_such_column = 1", "does not exist"},
      {"score", "boolean"},
      {"", "syntax error"}};
  for (const auto& [condition, words] : refused) {
    expect_words(refusal<StoreError>([&] {
                   create_share(connection(), {"wrong", newest(), {{"alerts", condition}}});
                 }),
                 words);
  }
  EXPECT_EQ(query("SELECT count(*) FROM aml.shares WHERE share = 'wrong'"), "0");
  EXPECT_EQ(query("SELECT to_regnamespace('share_wrong') IS NULL"), "t");
  create_share(connection(),
               {"right", newest(), {{"alerts", " subject <> $$;)--$$ AND score > .5 -- all"}}});
  EXPECT_EQ(query("SELECT condition FROM aml.share_tables WHERE share = 'right'"),
            "((subject <> ';)--'::text) AND (score > (0.5)::double precision))");
  drop_share(connection(), "right");
}

/// The server would tell the reader the condition, and what it failed on.
TEST_F(SharesTest, AConditionThatFailsOnARowIsRefusedBeforeAnybodyReads) {
  const NewShare share{
      "failing", 0, {{"alert_entities", "1 / (CASE entity_id WHEN 'A1' THEN 0 ELSE 1 END) = 1"}}};
  NewShare of_today = share;
  of_today.version = newest();
  expect_words(refusal<StoreError>([&] { create_share(connection(), of_today); }),
               "fails on a row of version " + std::to_string(newest()) + ": division by zero");
  create_share(connection(), share);  // of a version without rows
  expect_words(refusal<StoreError>([&] { move_share(connection(), "failing", newest()); }),
               "division by zero");
  EXPECT_EQ(query("SELECT aml.shared_version('failing')"), "0");
  drop_share(connection(), "failing");
}

TEST_F(SharesTest, NamesAreOfAnyKindOrRefused) {
  const std::string hostile = fmt::format("x\"; DROP SCHEMA gold; --'$$ {}", ::getpid());
  const std::string long_name = std::string(57, 'n');
  const Login bank(database(), hostile, "aml_recipient");
  create_share(connection(), {long_name, newest(), {{"alerts"}}});
  grant_share(connection(), long_name, hostile, kIn2100);
  Session reader(database(), hostile);
  EXPECT_EQ(reader.run("SELECT count(*) > 0 FROM share_" + long_name + ".alerts"), "t");
  EXPECT_TRUE(access_statements(connection()).empty()) << "grants of shares are in the plan";
  query("REVOKE USAGE ON SCHEMA share_" + long_name + " FROM " + identifier(hostile));
  EXPECT_EQ(apply_access(connection()).size(), 1U);
  EXPECT_EQ(reader.run("SELECT count(*) > 0 FROM share_" + long_name + ".alerts"), "t");
  EXPECT_EQ(list_shares(connection()).at(0).recipients, hostile);
  revoke_share(connection(), long_name, hostile);
  drop_share(connection(), long_name);
  EXPECT_EQ(describe_share(connection(), long_name).at(0).value, "dropped");

  for (const std::string name : {"", "A", "1a", "a-b", "a\"b", "a b", "\xC3\xA9"})
    expect_words(refusal<StoreError>([&] {
                   create_share(connection(), {name, 0, {{"alerts"}}});
                 }),
                 "no such name");
  expect_words(refusal<StoreError>([&] {
                 create_share(connection(), {std::string(58, 'n'), 0, {{"alerts"}}});
               }),
               "no such name");
  for (const std::string table : {"alert_transfer_details", "silver.parties", "a\"; --", ""})
    expect_words(refusal<StoreError>([&] {
                   create_share(connection(), {"tables", 0, {{table}}});
                 }),
                 "no table of gold");
  expect_words(refusal<StoreError>([&] {
                 create_share(connection(), {"future", newest() + 1, {{"alerts"}}});
               }),
               "is not among those");
  create_share(connection(), {"there", newest(), {{"alerts"}}});
  expect_words(
      refusal<StoreError>([&] { grant_share(connection(), "there", "nobody \" here", kIn2100); }),
      "there is no role");
  const Login stranger(database(), unique("stranger"));
  expect_words(
      refusal<StoreError>([&] { grant_share(connection(), "there", stranger.name(), kIn2100); }),
      "no member of aml_recipient");
  expect_words(refusal<StoreError>([&] { grant_share(connection(), "there", hostile, 0); }),
               "which is past");
  expect_words(refusal<StoreError>([&] { move_share(connection(), "there", newest() + 1); }),
               "is not among those");
  expect_words(refusal<StoreError>([&] { move_share(connection(), "nowhere", 0); }),
               "there is no share");
  drop_share(connection(), "there");
  expect_words(refusal<StoreError>([&] { drop_share(connection(), "there"); }), "was dropped");
  EXPECT_THROW(describe_share(connection(), "nowhere"), std::invalid_argument);
}

TEST_F(SharesTest, AMemberOfTheOwnerSharesAndWhatIsMadeBelongsToTheOwner) {
  const Login owner(database(), unique("sharer"), "aml_owner");
  {
    auto connection = database().connect();
    {
      pqxx::nontransaction session(connection.pqxx());
      session.exec("SET SESSION AUTHORIZATION " + identifier(owner.name()));
    }
    create_share(connection, {"owned", newest(), {{"alerts"}}});
  }
  EXPECT_EQ(query("SELECT created_by FROM aml.shares WHERE share = 'owned'"), owner.name());
  EXPECT_EQ(query("SELECT DISTINCT role FROM aml.actual_access WHERE schema_name = 'share_owned'"),
            query("SELECT string_agg(role, chr(10) ORDER BY role) FROM unnest("
                  "'{aml_audit,aml_owner}'::text[]) AS role WHERE to_regrole(role) IS NOT NULL"));
  drop_share(connection(), "owned");
}

/// pgaudit must be loaded when the server starts, so it gets a server of its own.
TEST_F(SharesTest, PgauditLogsWhoReadsAShareWhereItIsInstalled) {
  if (query("SELECT 1 FROM pg_available_extensions WHERE name = 'pgaudit'").empty())
    GTEST_SKIP() << "SKIPPED: pgaudit is not installed";
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("aml-test-{}-audit", ::getpid());
  auto target = start_cluster({.directory = folder.string(), .durable = false});
  const auto execute = [&](const std::string& sql) {
    Connection connection(target);
    pqxx::nontransaction session(connection.pqxx());
    session.exec(sql);
  };
  execute("ALTER SYSTEM SET shared_preload_libraries = 'pgaudit'");
  stop_cluster(folder.string());
  target = start_cluster({.directory = folder.string(), .durable = false});
  {
    Connection connection(target);
    migrate(connection, {.base_currency = "USD", .program_version = "test"});
    apply_access(connection);
    execute("ALTER DATABASE aml SET pgaudit.role = 'aml_audit'");
    execute("CREATE ROLE bank LOGIN IN ROLE aml_recipient");
    create_share(connection, {"seen", 0, {{"alerts"}}});
    grant_share(connection, "seen", "bank", kIn2100);
    EXPECT_TRUE(access_statements(connection).empty());
  }
  execute("SET SESSION AUTHORIZATION bank; SELECT * FROM share_seen.alerts");
  std::ifstream log(cluster_status(folder.string()).log_file);
  std::stringstream text;
  text << log.rdbuf();
  expect_words(text.str(), "AUDIT: OBJECT");
  expect_words(text.str(), "VIEW,share_seen.alerts,");
  remove_cluster(folder.string());
}

}  // namespace
}  // namespace aml::store
