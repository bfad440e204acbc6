// SPDX-License-Identifier: Apache-2.0
// Who may do what, and what a reader of a share sees: tried by logging in, not by reading the plan.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <pqxx/pqxx>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "store/conninfo.hpp"
#include "store/error.hpp"
#include "store/grants.hpp"
#include "store/migrations.hpp"
#include "store/private_cluster.hpp"
#include "store/shares.hpp"
#include "store/version_history.hpp"
#include "tests/store/gold_sample.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::SampleBank;
using test::TestDatabase;

constexpr graph::Micros kIn2100 = 4'102'444'800'000'000;

std::string identifier(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

/// A role of this test alone, which goes with it. Roles are the server's, not the database's.
class Login {
 public:
  Login(const TestDatabase& database, const std::string& name, const std::string& group = {})
      : database_(database), name_(name) {
    database_.query("CREATE ROLE " + identifier(name_) + " LOGIN");
    if (!group.empty()) database_.query("GRANT " + group + " TO " + identifier(name_));
  }
  ~Login() {
    database_.query("DROP OWNED BY " + identifier(name_) + " CASCADE");
    database_.query("DROP ROLE " + identifier(name_));
  }
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;
  const std::string& name() const { return name_; }

 private:
  const TestDatabase& database_;
  std::string name_;
};

std::string unique(const std::string& word) {
  return fmt::format("aml test {} {}", word, ::getpid());
}

constexpr const char* kDenied = "42501";

/// A session in which somebody logged in.
class Session {
 public:
  Session(const TestDatabase& database, const std::string& user) : connection_(database.connect()) {
    run("SET SESSION AUTHORIZATION " + identifier(user));
  }
  /// Rows as TestDatabase::query() gives them, or the SQLSTATE if the server refuses.
  std::string run(const std::string& sql) {
    try {
      pqxx::nontransaction session(connection_.pqxx());
      std::string text;
      for (const auto& row : session.exec(sql)) {
        if (!text.empty()) text += '\n';
        for (std::size_t column = 0; column < row.size(); ++column)
          text += (column == 0 ? "" : "|") +
                  std::string(row[static_cast<pqxx::row::size_type>(column)].c_str());
      }
      return text;
    } catch (const pqxx::insufficient_privilege&) {
      return kDenied;  // libpqxx 6 keeps no SQLSTATE of it
    } catch (const pqxx::sql_error& error) {
      return error.sqlstate();
    }
  }

 private:
  Connection connection_;
};

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const StoreError& error) {
    return error.what();
  }
  return "not refused";
}

void expect_words(const std::string& text, const std::string& words) {
  EXPECT_NE(text.find(words), std::string::npos) << "got: " << text << "\nexpected: " << words;
}

/// What each role may do with a table, from memory of docs/access.md: S select, s some columns, I insert, U update, D delete.
std::string expected_rights(const std::string& role, const std::string& schema,
                            const std::string& table) {
  const auto is_one_of = [&](const std::set<std::string>& names) { return names.contains(table); };
  if (role == "aml_owner") return "SIUD";
  if (role == "aml_engine") {
    if (schema == "silver" || schema == "gold" || schema == "backtest") return "SIUD";
    if (schema == "bronze") return "SID";
    if (schema == "history") return "SI";
    if (schema == "quarantine") return table == "rows" ? "SIUD" : table == "replays" ? "SID" : "SI";
    if (is_one_of({"ingested_files", "runs", "source_positions", "source_rows"})) return "SIUD";
    if (is_one_of({"expectation_results"})) return "SID";
    if (is_one_of({"evaluations", "versions", "version_tables", "models", "model_versions",
                   "model_aliases", "model_drift"}))
      return "SIU";
    if (is_one_of({"control_totals", "file_schemas", "added_columns", "scenario_versions",
                   "run_steps", "training_runs", "training_metrics", "model_transitions",
                   "model_baseline_bins", "source_gaps"}))
      return "SI";
    return "S";
  }
  if (role == "aml_analyst") {
    if (schema == "gold") return "S";
    if (schema == "history" && table.starts_with("gold_")) return "S";
    if (schema != "aml") return "";
    if (is_one_of({"versions", "version_history", "schema_migrations", "properties", "prunings"}))
      return "S";
    return is_one_of({"model_versions", "model_aliases"}) ? "s" : "";
  }
  if (role == "aml_auditor" && schema == "aml") {
    if (is_one_of({"expectation_results", "expectation_history", "runs", "run_steps",
                   "training_runs", "model_versions"}))
      return "s";
    // What tells of accounts, or of what a person is.
    return is_one_of({"run_findings", "finding_transfers", "finding_entities", "finding_evidence",
                      "secured_objects", "planned_access", "actual_access", "access_statements",
                      "source_rows", "erased_keys", "erasure_secret"})
               ? ""
               : "S";
  }
  return "";
}

/// One bank for all that only look, with the plan applied.
class AccessTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!test::has_own_server()) return;
    bank_ = std::make_unique<SampleBank>();
    auto connection = bank_->database.connect();
    apply_access(connection);
  }
  static void TearDownTestSuite() { bank_.reset(); }

  static const TestDatabase& database() { return bank_->database; }
  static std::string query(const std::string& sql) { return database().query(sql); }

  /// Rows of a table as of a version, as the owner sees them.
  static std::string as_of(const std::string& table, std::int64_t version,
                           const std::string& condition = "true") {
    return query(
        fmt::format("SELECT string_agg((to_jsonb(t) - 'valid_from')::text, ' ' ORDER BY "
                    "to_jsonb(t)::text) FROM gold.{}_as_of({}) t WHERE {}",
                    table, version, condition));
  }
  static std::string seen_in(const std::string& view) {
    return fmt::format(
        "SELECT string_agg(to_jsonb(t)::text, ' ' ORDER BY to_jsonb(t)::text) FROM {} t", view);
  }
  static std::int64_t newest() { return std::stoll(query("SELECT aml.newest_version()")); }

  void SetUp() override {
    if (!test::has_own_server())
      GTEST_SKIP() << "SKIPPED: PGHOST names a server with roles of its own";
    connection_ = std::make_unique<Connection>(database().connect());
  }
  Connection& connection() { return *connection_; }

 private:
  static inline std::unique_ptr<SampleBank> bank_;
  std::unique_ptr<Connection> connection_;
};

// ---- the plan

TEST_F(AccessTest, EachRoleMayDoWithEachTableExactlyWhatIsWrittenHere) {
  const auto tables = query(
      "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
      "WHERE relkind IN ('r', 'v', 'p', 'm') AND nspname IN ('aml', 'bronze', 'silver', "
      "'quarantine', 'gold', 'backtest', 'history') ORDER BY 1, 2");
  for (const std::string role :
       {"aml_owner", "aml_engine", "aml_analyst", "aml_auditor", "aml_recipient", ""}) {
    const Login login(database(), unique("of " + role), role);
    Session session(database(), login.name());
    std::istringstream lines(tables);
    int looked_at = 0;
    for (std::string line; std::getline(lines, line); ++looked_at) {
      const auto schema = line.substr(0, line.find('|'));
      const auto table = line.substr(line.find('|') + 1);
      const auto name = identifier(schema) + "." + identifier(table);
      const auto expected = expected_rights(role, schema, table);
      // Also where the schema is closed, which the reads below try.
      EXPECT_EQ(session.run(fmt::format(
                    "SELECT CASE WHEN has_table_privilege(c.oid, 'SELECT') THEN 'S' WHEN "
                    "has_any_column_privilege(c.oid, 'SELECT') THEN 's' ELSE '' END || "
                    "CASE WHEN has_table_privilege(c.oid, 'INSERT') THEN 'I' ELSE '' END || "
                    "CASE WHEN has_table_privilege(c.oid, 'UPDATE') THEN 'U' ELSE '' END || "
                    "CASE WHEN has_table_privilege(c.oid, 'DELETE') THEN 'D' ELSE '' END "
                    "FROM pg_class c WHERE relname = '{1}' AND relnamespace = "
                    "(SELECT oid FROM pg_namespace WHERE nspname = '{0}')",
                    schema, table)),
                expected)
          << role << " " << name;
      EXPECT_EQ(session.run("SELECT FROM " + name + " LIMIT 0") == kDenied, expected.empty())
          << role << " " << name;
      EXPECT_EQ(session.run("SELECT * FROM " + name + " LIMIT 0") == kDenied,
                !expected.starts_with("S"))
          << role << " " << name;
    }
    EXPECT_GT(looked_at, 90) << "the walk must have something to walk over";
  }
}

TEST_F(AccessTest, WhatRunsWithTheRightsOfTheOwnerIsCalledOnlyByWhomItIsFor) {
  EXPECT_EQ(query("SELECT string_agg(p.proname || ':' || (SELECT coalesce(string_agg(substr(role, "
                  "5), ',' ORDER BY role), '') FROM unnest('{aml_engine,aml_analyst,aml_auditor,"
                  "aml_recipient,pg_monitor}'::text[]) AS role WHERE has_function_privilege(role, "
                  "p.oid, 'EXECUTE')), ' ' ORDER BY p.proname) FROM pg_proc p WHERE prosecdef AND "
                  "pronamespace IN ('aml'::regnamespace, 'gold'::regnamespace, "
                  "'silver'::regnamespace)"),
            "add_column:engine analyze_tables:engine create_share: "
            "current_alerts_as_of:analyst,engine drop_share: grant_share: move_share: "
            "revoke_share: scenario_runs_as_of:analyst,engine version_at:analyst,auditor,engine");
  // Each of them has a search path that nobody else can put a function into.
  EXPECT_EQ(query("SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
                  "WHERE prosecdef AND (nspname IN ('aml', 'gold', 'silver') OR nspname LIKE "
                  "'share\\_%') AND NOT coalesce(proconfig, '{}') @> '{\"search_path=pg_catalog, "
                  "pg_temp\"}'"),
            "0");
}

TEST_F(AccessTest, AnAnalystReadsAllOfGoldAlsoAsItWas) {
  const Login analyst(database(), unique("analyst"), "aml_analyst");
  Session session(database(), analyst.name());
  std::istringstream names(
      query("SELECT relname FROM pg_class WHERE relnamespace = "
            "'gold'::regnamespace AND relkind IN ('r', 'v')"));
  for (std::string name; std::getline(names, name);)
    EXPECT_EQ(session.run("SELECT count(*) FROM gold." + name),
              query("SELECT count(*) FROM gold." + name));
  std::istringstream functions(query(
      "SELECT proname FROM pg_proc WHERE pronamespace = 'gold'::regnamespace AND proname LIKE "
      "'%\\_as\\_of'"));
  for (std::string name; std::getline(functions, name);)
    EXPECT_EQ(session.run("SELECT count(*) FROM gold." + name + "(aml.newest_version())"),
              query("SELECT count(*) FROM gold." + name + "(aml.newest_version())"));
  EXPECT_NE(session.run("SELECT subject_name FROM gold.current_alerts_as_of(aml.version_at(now() - "
                        "interval '1 microsecond')) WHERE subject = 'A1'"),
            kDenied);
  EXPECT_EQ(session.run("SELECT count(*) FROM silver.parties_as_of(0)"), kDenied);
  EXPECT_EQ(session.run("SELECT aml.create_share('mine', 0, '{alerts}', '{true}')"), kDenied);
}

TEST_F(AccessTest, TheEngineCannotTakeAwayWhatHoldsItBack) {
  const Login engine(database(), unique("engine"), "aml_engine");
  Session session(database(), engine.name());
  for (const char* statement :
       {"ALTER TABLE aml.versions DISABLE TRIGGER ALL", "DROP TRIGGER append_only ON aml.versions",
        "UPDATE history.gold_alerts SET score = 0", "DELETE FROM history.silver_parties",
        "DELETE FROM aml.versions", "UPDATE aml.model_transitions SET reason = ''",
        "UPDATE aml.access_plan SET role = 'aml_recipient'", "TRUNCATE silver.transfers",
        "INSERT INTO aml.share_reads (share, table_name, version, admitted) VALUES ('x', 'y', 1, "
        "true)",
        "SELECT aml.analyze_tables('pg_catalog.pg_class')",
        "SELECT aml.keep_history('gold.alerts')"})
    EXPECT_NE(session.run(statement), "") << statement;
  // Not even in a version that it calls an erasure.
  EXPECT_EQ(session.run("DO $$ BEGIN PERFORM aml.begin_version('ERASE'); UPDATE aml.versions SET "
                        "operation_parameters = '{}' WHERE version = 0; END $$"),
            "23001");
  EXPECT_EQ(session.run("SELECT aml.analyze_tables('pg_catalog.pg_class')"), "22023");
  EXPECT_EQ(session.run("SELECT aml.analyze_tables('silver.transfers', 'gold.alerts')"), "");
}

TEST_F(AccessTest, WhatIsBeyondThePlanIsSeenAndTakenAwayAndWhatWasGivenByHandIsLeft) {
  EXPECT_EQ(apply_access(connection()).size(), 0U) << "a second time there is nothing to do";
  const Login by_hand(database(), unique("by hand"));
  query("GRANT SELECT ON gold.alerts TO " + identifier(by_hand.name()));
  query(
      "GRANT SELECT ON silver.parties, aml.runs TO aml_auditor; GRANT USAGE ON SCHEMA silver TO "
      "PUBLIC;"
      "GRANT SELECT (name) ON silver.parties TO aml_recipient;"
      "GRANT SELECT ON gold.alerts TO aml_analyst WITH GRANT OPTION;"
      "GRANT EXECUTE ON FUNCTION aml.create_share TO PUBLIC; ALTER ROLE aml_analyst LOGIN;"
      "GRANT CREATE ON SCHEMA public TO PUBLIC;"
      "GRANT pg_read_all_data TO aml_recipient; REVOKE SELECT ON gold.scores FROM aml_analyst");
  const auto counts = count_access(connection());
  EXPECT_EQ(counts.missing, 1);
  EXPECT_EQ(counts.beyond, 9);
  EXPECT_EQ(counts.by_hand, 1);
  std::map<std::string, std::string> beyond;
  for (const auto& row : list_access(connection())) {
    if (!row.beyond.empty()) beyond[row.role + " " + row.kind + " " + row.schema] = row.beyond;
    EXPECT_EQ(row.missing, row.role == "aml_analyst" && row.kind == "table" && row.schema == "gold"
                               ? "SELECT scores"
                               : "")
        << row.role << row.kind << row.schema;
  }
  EXPECT_EQ(beyond, (std::map<std::string, std::string>{
                        {"PUBLIC function aml", "EXECUTE create_share"},
                        {"PUBLIC schema public", "CREATE public"},
                        {"PUBLIC schema silver", "USAGE silver"},
                        {"aml_analyst role ", "LOGIN"},
                        {"aml_analyst table gold", "GRANT OPTION FOR SELECT alerts"},
                        {"aml_auditor table aml", "SELECT runs"},
                        {"aml_auditor table silver", "SELECT parties"},
                        {"aml_recipient membership ", "MEMBER pg_read_all_data"},
                        {"aml_recipient table silver", "SELECT parties (name)"},
                        {by_hand.name() + " table gold", "SELECT alerts"}}));
  apply_access(connection());
  EXPECT_TRUE(access_statements(connection()).empty());
  EXPECT_EQ(query(fmt::format("SELECT has_table_privilege('{}', 'gold.alerts', 'SELECT'), "
                              "has_table_privilege('aml_recipient', 'silver.parties', 'SELECT')",
                              by_hand.name())),
            "t|f");
}

TEST_F(AccessTest, WhoMayNotGrantIsToldAndNothingIsHalfDone) {
  query("REVOKE SELECT ON gold.scores FROM aml_analyst; ALTER ROLE aml_analyst CREATEDB");
  const Login owner(database(), unique("owner"), "aml_owner");
  {
    pqxx::nontransaction session(connection().pqxx());
    session.exec("SET SESSION AUTHORIZATION " + identifier(owner.name()));
  }
  const auto words = refusal([&] { apply_access(connection()); });
  expect_words(words, "42501");
  expect_words(words, "aml grants --sql");
  EXPECT_EQ(query("SELECT has_table_privilege('aml_analyst', 'gold.scores', 'SELECT')"), "f");
  auto administrator = database().connect();
  EXPECT_EQ(access_statements(administrator),
            (std::vector<std::string>{"ALTER ROLE aml_analyst NOCREATEDB",
                                      "GRANT SELECT ON TABLE gold.scores TO aml_analyst"}));
  apply_access(administrator);
}

/// Another database of the server, in which somebody logged in.
class OtherDatabase {
 public:
  OtherDatabase(const TestDatabase& beside, const std::string& owner)
      : beside_(beside), name_(beside.query("SELECT current_database()") + "_other") {
    beside_.query("CREATE DATABASE " + name_ + " OWNER " + owner);
  }
  ~OtherDatabase() { beside_.query("DROP DATABASE " + name_ + " WITH (FORCE)"); }
  OtherDatabase(const OtherDatabase&) = delete;
  OtherDatabase& operator=(const OtherDatabase&) = delete;

  const std::string& name() const { return name_; }
  Connection connect(const std::string& user = {}) const {
    auto options = parse_conninfo(beside_.target().conninfo);
    for (auto& option : options)
      if (option.keyword == "dbname") option.value = name_;
    Connection connection({quote_conninfo(options), "test database"});
    if (!user.empty()) execute(connection, "SET SESSION AUTHORIZATION " + identifier(user));
    return connection;
  }
  static std::string execute(Connection& connection, const std::string& sql) {
    pqxx::nontransaction session(connection.pqxx());
    const auto rows = session.exec(sql);
    return rows.empty() ? std::string() : std::string(rows[0][0].c_str());
  }

 private:
  const TestDatabase& beside_;
  std::string name_;
};

const std::string kNotOfTheOwner =
    "SELECT count(*) FROM aml.actual_access WHERE privilege = 'OWNER' AND role <> 'aml_owner'";

/// A database of the first release that belongs to aml_owner, as if the plan had been applied to it.
TEST_F(AccessTest, AnUpgradeByAMemberOfTheOwnerBelongsToTheOwnerAndIsGranted) {
  const OtherDatabase old(database(), query("SELECT quote_ident(current_user)"));
  query("GRANT CREATE ON DATABASE " + old.name() + " TO aml_owner");
  const Login member(database(), unique("member"), "aml_owner");
  auto connection = old.connect(member.name());
  const auto execute = [&](const std::string& sql) { return old.execute(connection, sql); };
  execute("SET ROLE aml_owner");
  test::migrate_until(connection, test::kFirstRelease);
  execute("RESET ROLE");
  migrate(connection, {.base_currency = {}, .program_version = "test"});
  EXPECT_EQ(execute("SELECT current_user"), member.name());
  EXPECT_EQ(execute(kNotOfTheOwner), "0");
  EXPECT_EQ(execute("SELECT count(*) FROM aml.access_state WHERE is_ours AND state <> 'granted' "
                    "AND kind <> 'database'"),
            "0");
}

TEST_F(AccessTest, AnOwnerWhoMayNotMakeRolesGoesOnOnceAnAdministratorHasRunTheSql) {
  const Login plain(database(), unique("plain"));
  const OtherDatabase own(database(), identifier(plain.name()));
  auto connection = own.connect(plain.name());
  migrate(connection, {.base_currency = {}, .program_version = "test"});
  expect_words(refusal([&] { apply_access(connection); }), "aml grants --sql");
  EXPECT_EQ(own.execute(connection, kNotOfTheOwner + " AND role <> session_user"), "0")
      << "nothing was changed";
  auto administrator = own.connect();
  for (const auto& statement : access_statements(connection)) own.execute(administrator, statement);
  EXPECT_EQ(own.execute(connection, kNotOfTheOwner), "0");
  EXPECT_TRUE(apply_access(connection).empty());
  EXPECT_TRUE(migrate(connection, {.base_currency = {}, .program_version = "test"}).empty());
  create_share(connection, {"mine", 0, {{"alerts"}}});
  EXPECT_EQ(list_shares(connection).at(0).created_by, plain.name());
}

TEST_F(AccessTest, TwoDatabasesOfOneServerShareTheRoles) {
  const TestDatabase other;
  const TestDatabase third;
  const auto apply = [](const TestDatabase& to) {
    auto connection = to.connect();
    EXPECT_GT(apply_access(connection).size(), 0U);
    EXPECT_TRUE(access_statements(connection).empty());
  };
  std::jthread at_the_same_time([&] { apply(other); });
  apply(third);
  at_the_same_time.join();
  EXPECT_TRUE(access_statements(connection()).empty()) << "the first is as it was";
}

// ---- shares

TEST_F(AccessTest, ARecipientSeesTheApprovedVersionWhateverComesLater) {
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
  expect_words(refusal([&] {
                 create_share(connection(), {"pinned", version, {{"alerts"}}});
               }),
               "A name is used once");
}

TEST_F(AccessTest, NoConditionOfAReaderIsAskedOfARowThatIsNotShared) {
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

TEST_F(AccessTest, AGrantEndsWithItsDateAndARevokedOneAtOnce) {
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
  expect_words(refusal([&] { revoke_share(connection(), "dated", bank.name()); }),
               "is not granted to");
  drop_share(connection(), "dated");
}

TEST_F(AccessTest, OnlyWhoLoggedInAsARecipientReadsWhateverRoleIsSet) {
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

TEST_F(AccessTest, EachReadIsRecordedHoweverItIsMade) {
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

TEST_F(AccessTest, AConditionIsOneExpressionOverTheRowThatNeverChanges) {
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
    expect_words(refusal([&] {
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
TEST_F(AccessTest, AConditionThatFailsOnARowIsRefusedBeforeAnybodyReads) {
  const NewShare share{
      "failing", 0, {{"alert_entities", "1 / (CASE entity_id WHEN 'A1' THEN 0 ELSE 1 END) = 1"}}};
  NewShare of_today = share;
  of_today.version = newest();
  expect_words(refusal([&] { create_share(connection(), of_today); }),
               "fails on a row of version " + std::to_string(newest()) + ": division by zero");
  create_share(connection(), share);  // of a version without rows
  expect_words(refusal([&] { move_share(connection(), "failing", newest()); }), "division by zero");
  EXPECT_EQ(query("SELECT aml.shared_version('failing')"), "0");
  drop_share(connection(), "failing");
}

TEST_F(AccessTest, NamesAreOfAnyKindOrRefused) {
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
    expect_words(refusal([&] {
                   create_share(connection(), {name, 0, {{"alerts"}}});
                 }),
                 "no such name");
  expect_words(refusal([&] {
                 create_share(connection(), {std::string(58, 'n'), 0, {{"alerts"}}});
               }),
               "no such name");
  for (const std::string table : {"alert_transfer_details", "silver.parties", "a\"; --", ""})
    expect_words(refusal([&] {
                   create_share(connection(), {"tables", 0, {{table}}});
                 }),
                 "no table of gold");
  expect_words(refusal([&] {
                 create_share(connection(), {"future", newest() + 1, {{"alerts"}}});
               }),
               "is not among those");
  create_share(connection(), {"there", newest(), {{"alerts"}}});
  expect_words(refusal([&] { grant_share(connection(), "there", "nobody \" here", kIn2100); }),
               "there is no role");
  const Login stranger(database(), unique("stranger"));
  expect_words(refusal([&] { grant_share(connection(), "there", stranger.name(), kIn2100); }),
               "no member of aml_recipient");
  expect_words(refusal([&] { grant_share(connection(), "there", hostile, 0); }), "which is past");
  expect_words(refusal([&] { move_share(connection(), "there", newest() + 1); }),
               "is not among those");
  expect_words(refusal([&] { move_share(connection(), "nowhere", 0); }), "there is no share");
  drop_share(connection(), "there");
  expect_words(refusal([&] { drop_share(connection(), "there"); }), "was dropped");
  EXPECT_THROW(describe_share(connection(), "nowhere"), std::invalid_argument);
}

TEST_F(AccessTest, AMemberOfTheOwnerSharesAndWhatIsMadeBelongsToTheOwner) {
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
TEST_F(AccessTest, PgauditLogsWhoReadsAShareWhereItIsInstalled) {
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
