// SPDX-License-Identifier: Apache-2.0
// The extension in a server that others use: what its sessions see of a promotion, rights, hostile calls, memory.
#include <gtest/gtest.h>

#include <atomic>
#include <iterator>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <thread>

#include "tests/store/extension_fixture.hpp"

namespace aml::store {
namespace {

// ---- promotions

/// A model with two versions whose scores of (1, 2, 3) differ; the first is in production.
class Promotion : public Extension {
 protected:
  Promotion() {
    const float row[] = {1, 2, 3};
    first_ = score(register_model("m", 1, "Production", 1), row);
    second_ = score(register_model("m", 2, "None", 2), row);
  }
  static std::string promote(int version) {
    return "UPDATE aml.model_versions SET stage = 'Archived' WHERE model = 'm' AND stage = "
           "'Production'; UPDATE aml.model_versions SET stage = 'Production' WHERE model = 'm' AND "
           "version = " +
           std::to_string(version) + ";";
  }
  double fetch() { return session_.exec1("FETCH c")[0].as<double>(); }
  double score_now() { return number(value("aml.anomaly_score('m', 1, 2, 3)")); }

  double first_ = 0;
  double second_ = 0;
};

TEST_F(Promotion, IsSeenByTheNextStatementOfASessionThatHasScored) {
  ASSERT_NE(first_, second_);
  EXPECT_EQ(score_now(), first_);
  database_.query(promote(2));
  EXPECT_EQ(score_now(), second_);
  database_.query(promote(1));
  EXPECT_EQ(score_now(), first_);
}

TEST_F(Promotion, LeavesAnOpenCursorItsVersion) {
  const std::string query = "SELECT aml.anomaly_score('m', 1, 2, 3) FROM generate_series(1, 9)";
  session_.exec("BEGIN; DECLARE c CURSOR FOR " + query);
  EXPECT_EQ(fetch(), first_);
  database_.query(promote(2));
  EXPECT_EQ(fetch(), first_);
  EXPECT_EQ(score_now(), second_);  // another statement of the same transaction
  EXPECT_EQ(fetch(), first_);
  session_.exec("COMMIT");
  // In the transaction that promotes, and before anything was fetched.
  session_.exec("BEGIN; DECLARE c CURSOR FOR " + query);
  session_.exec(promote(1));
  EXPECT_EQ(score_now(), first_);
  EXPECT_EQ(fetch(), second_);
  session_.exec("ROLLBACK");
}

TEST_F(Promotion, IsNotSeenByATransactionWithAnOlderSnapshot) {
  session_.exec("BEGIN ISOLATION LEVEL REPEATABLE READ");
  EXPECT_EQ(score_now(), first_);
  database_.query(promote(2));
  EXPECT_EQ(score_now(), first_);
  session_.exec("COMMIT");
  EXPECT_EQ(score_now(), second_);
}

TEST_F(Promotion, IsSeenByTheNextStatementOfAPlpgsqlLoop) {
  session_.exec(
      "CREATE FUNCTION promote(v int) RETURNS void LANGUAGE sql AS $$ " +
      std::string("UPDATE aml.model_versions SET stage = 'Archived' WHERE model = 'm' AND "
                  "stage = 'Production'; UPDATE aml.model_versions SET stage = "
                  "'Production' WHERE model = 'm' AND version = v $$"));
  session_.exec(R"(CREATE FUNCTION scores() RETURNS float8[] LANGUAGE plpgsql AS $$
    DECLARE
      scores float8[] := '{}';
    BEGIN
      FOR step IN 1..4 LOOP
        IF step = 2 THEN PERFORM promote(2); END IF;
        IF step = 3 THEN
          BEGIN
            PERFORM promote(1);
            IF aml.anomaly_score('m', 1, 2, 3) = scores[1] THEN
              RAISE EXCEPTION division_by_zero;
            END IF;
          EXCEPTION WHEN division_by_zero THEN NULL;
          END;
        END IF;
        scores := scores || aml.anomaly_score('m', 1, 2, 3);
      END LOOP;
      RETURN scores;
    END $$)");
  EXPECT_EQ(value("scores() = ARRAY[" + literal(first_) + "," + literal(second_) + "," +
                  literal(second_) + "," + literal(second_) + "]"),
            "t");
}

TEST_F(Promotion, IsForgottenWithItsSavepoint) {
  // PL/pgSQL keeps the call site for the whole transaction.
  session_.exec(R"(CREATE FUNCTION kept_call_site() RETURNS float8 LANGUAGE plpgsql AS $$
    BEGIN
      RETURN aml.anomaly_score('m', 1, 2, 3);
    END $$)");
  session_.exec("BEGIN; SAVEPOINT s; " + promote(2));
  database_.query("CREATE TABLE makes_the_numbers_of_transactions_go_on ()");
  EXPECT_EQ(number(value("kept_call_site()")), second_);
  session_.exec("ROLLBACK TO s");
  EXPECT_EQ(number(value("kept_call_site()")), first_);
  session_.exec("ROLLBACK");
}

TEST_F(Promotion, LeavesEachParallelStatementOneVersion) {
  session_.exec(
      "CREATE TABLE entities AS SELECT i % 97 AS amount, i % 7 AS payers, i % 31 AS days, "
      "0::float8 AS first, 0::float8 AS second FROM generate_series(1, 6000) i");
  session_.exec(
      "UPDATE entities SET first = aml.anomaly_score('m@1', amount, payers, days), second = "
      "aml.anomaly_score('m@2', amount, payers, days)");
  session_.exec("DELETE FROM entities WHERE first = second");
  session_.exec("ANALYZE entities");
  session_.exec(
      "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET "
      "min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2");
  const std::string scored =
      "SELECT count(*) FILTER (WHERE score = first) AS first, count(*) FILTER (WHERE score = "
      "second) AS second, count(*) AS rows FROM (SELECT first, second, aml.anomaly_score('m', "
      "amount, payers, days) AS score FROM entities OFFSET 0) s";
  std::string plan;
  for (const auto& line : session_.exec("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + scored)) {
    plan += line[0].as<std::string>() + "\n";
  }
  EXPECT_NE(plan.find("Workers Launched: 2"), std::string::npos) << plan;

  std::atomic<bool> is_over{false};
  std::thread promoter([&] {
    auto connection = database_.connect();
    pqxx::nontransaction session(connection.pqxx());
    for (int version = 2; !is_over; version = 3 - version) session.exec(promote(version));
  });
  int of_first = 0;
  int of_second = 0;
  for (int statement = 0; statement < 60; ++statement) {
    const auto row = session_.exec1(scored);
    of_first += row[0].as<long>() == row[2].as<long>() ? 1 : 0;
    of_second += row[1].as<long>() == row[2].as<long>() ? 1 : 0;
  }
  is_over = true;
  promoter.join();
  EXPECT_EQ(of_first + of_second, 60);
  EXPECT_GT(of_first, 0);
  EXPECT_GT(of_second, 0);
  EXPECT_EQ(value("count(*) FROM aml.model_versions WHERE stage = 'Production'"), "1");
}

// ---- what a server must be able to rely on

TEST_F(Extension, ScoresAsTheCallerWithWhatIsGrantedAndNothingElse) {
  register_model("m", 1, "Production");
  const std::string role = value("current_database()") + "_analyst";
  const std::string call = "SELECT aml.anomaly_score('m', 1, 2, 3)";
  session_.exec("CREATE ROLE " + role);
  session_.exec("SET ROLE " + role);
  EXPECT_NE(refusal(session_, call).find("permission denied for schema aml"), std::string::npos);
  session_.exec("RESET ROLE");
  session_.exec("GRANT USAGE ON SCHEMA aml TO " + role);
  session_.exec("SET ROLE " + role);
  EXPECT_NE(refusal(session_, call).find("permission denied for table model_versions"),
            std::string::npos);
  session_.exec("RESET ROLE");
  session_.exec(
      "GRANT SELECT (model, version, stage, artifact, artifact_sha256) ON aml.model_versions TO " +
      role);
  session_.exec("GRANT SELECT (model, alias, version) ON aml.model_aliases TO " + role);
  const std::string expected = value("aml.anomaly_score('m', 1, 2, 3)");
  session_.exec("SET ROLE " + role);
  EXPECT_EQ(value("aml.anomaly_score('m', 1, 2, 3)"), expected);
  session_.exec("RESET ROLE");
  session_.exec("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(Extension, IsNotMisledByASearchPath) {
  register_model("m", 1, "Production", 1);
  register_model("m", 2, "None", 2);
  const std::string expected = value("aml.anomaly_score('m', 1, 2, 3)");
  session_.exec(
      "CREATE SCHEMA trap; CREATE TABLE trap.model_versions (LIKE aml.model_versions); "
      "CREATE FUNCTION trap.differ(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT $1 <> $2'; "
      "CREATE OPERATOR trap.= (FUNCTION = trap.differ, LEFTARG = text, RIGHTARG = text)");
  session_.exec("SET search_path = trap, aml, pg_catalog");
  EXPECT_EQ(value("aml.anomaly_score('m', 1, 2, 3)"), expected);
}

TEST_F(Extension, KeepsTheBackendAtOneThreadAndWithoutThreadBuildingBlocks) {
  register_model("m", 1, "Production");
  value("aml.anomaly_score('m', 1, 2, 3)");
  EXPECT_EQ(value("pg_read_file('/proc/self/status', 0, 100000) ~ 'Threads:\\t1\\n'"), "t");
  EXPECT_EQ(value("pg_read_file('/proc/self/maps', 0, 1000000) LIKE '%amlgraph%'"), "t");
  EXPECT_EQ(value("pg_read_file('/proc/self/maps', 0, 1000000) LIKE '%libtbb%'"), "f");
}

/// Arguments nobody should give, and now and then right ones.
class HostileCalls {
 public:
  std::string next() {
    static const char* const functions[] = {"detect_anomaly", "anomaly_score", "anomaly_reasons"};
    return std::string("SELECT aml.") + functions[random_() % 3] + "(" + model() + ", " +
           arguments() + ")";
  }

 private:
  std::string model() {
    switch (random_() % 12) {
      case 0:
        return "NULL";
      case 1:
        return "'nobody'";
      case 2:
        return "'m@" + std::to_string(random_()) + "'";
      case 3:
        return "repeat('m', " + std::to_string(random_() % 100'000) + ")";
      case 4:
        return "'m@' || repeat('9', " + std::to_string(random_() % 1000) + ")";
      case 5:
      case 6:
      case 7:
        return "'damaged@" + std::to_string(1 + random_() % 40) + "'";
      default:
        return "'m'";
    }
  }
  std::string value() {
    static const char* const values[] = {
        "'NaN'", "'Infinity'", "'-Infinity'",  "NULL", "1e308", "-1e308", "5e-324",
        "0",     "'-0'",       "3.4028236e38", "1",    "50",    "1e38",   "random()"};
    return values[random_() % std::size(values)];
  }
  std::string arguments() {
    std::string list;
    const auto count = random_() % 4 == 0 ? 1 + random_() % 90 : 3;
    for (unsigned i = 0; i < count; ++i) list += (list.empty() ? "" : ", ") + value() + "::float8";
    switch (random_() % 10) {
      case 0:
        return "VARIADIC array_fill(1::float8, ARRAY[" + std::to_string(random_() % 200'000) + "])";
      case 1:
        return "VARIADIC array_fill(1::float8, ARRAY[" + std::to_string(1 + random_() % 40) + ", " +
               std::to_string(1 + random_() % 40) + "])";
      case 2:
        return "VARIADIC ARRAY[" + list + "]";
      case 3:
        return "VARIADIC '{}'::float8[]";
      case 4:
        return "ROW(" + list + ")";
      case 5:
        return "(SELECT r FROM (SELECT " + value() + "::float8 AS amount, " + value() +
               "::numeric AS payers, " + value() + "::float4 AS days) r)";
      case 6:
        return "(SELECT c FROM pg_class c LIMIT 1)";
      case 7:
        return "VARIADIC '[7:9]={1,NULL,3}'::float8[]";
      default:
        return list;
    }
  }

  std::mt19937 random_{20261128};
};

long resident_pages(pqxx::transaction_base& session) {
  return session.exec1("SELECT split_part(pg_read_file('/proc/self/statm', 0, 100), ' ', 2)")[0]
      .as<long>();
}

TEST_F(Extension, SurvivesTenThousandHostileCallsInTheSameMemory) {
  register_model("m", 1, "Production");
  const std::string bytes = to_bytes(small_model(1));
  session_.exec("INSERT INTO aml.models (model) VALUES ('damaged')");
  std::mt19937 random(7);
  for (int version = 1; version <= 40; ++version) {
    std::string damaged = bytes;
    if (version % 2 == 0) damaged.resize(random() % bytes.size());
    for (int change = 0; change < 3 && !damaged.empty(); ++change) {
      damaged[random() % damaged.size()] ^= static_cast<char>(1 + random() % 255);
    }
    register_bytes("damaged", version, "None", damaged);
  }
  const std::string backend = value("pg_backend_pid()");
  const std::string start = value("pg_postmaster_start_time()");
  HostileCalls calls;
  int refused = 0;
  long pages = 0;
  for (int call = 0; call < 10'000; ++call) {
    if (call == 3'000) pages = resident_pages(session_);
    try {
      session_.exec(calls.next());
    } catch (const pqxx::broken_connection& error) {
      FAIL() << "call " << call << " ended the connection: " << error.what();
    } catch (const pqxx::sql_error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 2'000);
  EXPECT_LT(refused, 9'500);
  EXPECT_EQ(value("pg_backend_pid()"), backend);
  EXPECT_EQ(value("pg_postmaster_start_time()"), start);
  EXPECT_LT(resident_pages(session_) - pages, 2'000'000 / 4096);
  EXPECT_EQ(value("aml.detect_anomaly('m', 1, 2, 3)"), value("aml.detect_anomaly('m@1', 1, 2, 3)"));
}

TEST_F(Extension, KeepsAFewModelsAtHandAndLetsTheOthersGo) {
  const std::string many = R"(DO $$
    BEGIN
      FOR round IN 1..3 LOOP
        FOR v IN 1..40 LOOP PERFORM aml.anomaly_score('m@' || v, 1, 2, 3); END LOOP;
      END LOOP;
    END $$)";
  for (unsigned version = 1; version <= 40; ++version) {
    register_model("m", static_cast<int>(version), "None", version);
  }
  session_.exec(many);
  const long pages = resident_pages(session_);
  for (int i = 0; i < 5; ++i) session_.exec(many);
  EXPECT_LT(resident_pages(session_) - pages, 2'000'000 / 4096);
}

}  // namespace
}  // namespace aml::store
