// SPDX-License-Identifier: Apache-2.0
// Who may do what: tried by logging in, not by reading the plan.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "store/conninfo.hpp"
#include "store/error.hpp"
#include "store/migrations.hpp"
#include "store/shares.hpp"
#include "tests/store/access_fixture.hpp"
#include "tests/support/refusal.hpp"

namespace aml::store {
namespace {

using test::expect_words;
using test::refusal;

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
    return is_one_of({"alerts_with_changed_evidence", "run_findings", "finding_transfers",
                      "finding_entities", "finding_evidence", "secured_objects", "planned_access",
                      "actual_access", "access_statements", "source_rows", "erased_keys",
                      "erasure_secret"})
               ? ""
               : "S";
  }
  return "";
}

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
  const auto words = refusal<StoreError>([&] { apply_access(connection()); });
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
  expect_words(refusal<StoreError>([&] { apply_access(connection); }), "aml grants --sql");
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

}  // namespace
}  // namespace aml::store
