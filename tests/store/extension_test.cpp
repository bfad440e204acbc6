// SPDX-License-Identifier: Apache-2.0
// The extension amlgraph inside a PostgreSQL, as a user calls it. Its functions are created from the
// SQL file that CREATE EXTENSION would read, which itself needs files in the system's directories.
#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "detect/forest_bytes.hpp"
#include "scenarios/forest_sql.hpp"
#include "tests/detect/small_forests.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

namespace fs = std::filesystem;
using detect::ForestModel;
using detect::SplitRule;
using detect::testing_forests::kSplitRules;
using detect::testing_forests::params;
using detect::testing_forests::random_matrix;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

/// The module in a folder that the server's user can read, whoever may read the build folder.
class ReadableModule {
 public:
  ReadableModule() {
    std::string name = (fs::temp_directory_path() / "aml-module-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = name;
    fs::copy_file(AML_MODULE, path());
    fs::permissions(folder_, fs::perms(0755));
    fs::permissions(path(), fs::perms(0755));
  }
  ~ReadableModule() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  ReadableModule(const ReadableModule&) = delete;
  ReadableModule& operator=(const ReadableModule&) = delete;
  std::string path() const { return (folder_ / "amlgraph.so").string(); }

 private:
  fs::path folder_;
};

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string declarations() {
  static const ReadableModule module;
  static const std::string placeholder = "MODULE_PATHNAME";
  std::string sql = text_of(AML_SOURCE_DIR "/store/extension/amlgraph--1.0.sql");
  for (auto at = sql.find(placeholder); at != std::string::npos; at = sql.find(placeholder)) {
    sql.replace(at, placeholder.size(), module.path());
  }
  return sql;
}

/// As SQL writes a number, so that it reads back as the same.
std::string literal(double value) {
  if (std::isnan(value)) return "'NaN'::float8";
  char digits[64];
  return "'" + std::string(digits, std::to_chars(digits, std::end(digits), value).ptr) +
         "'::float8";
}

std::string list_of(std::span<const float> row) {
  std::string list;
  for (const float value : row) list += (list.empty() ? "" : ", ") + literal(value);
  return list;
}

double number(const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_EQ(read.ec, std::errc()) << text;
  return value;
}

ForestModel small_model(unsigned seed, SplitRule rule = SplitRule::kRandom) {
  return fit_forest_model(random_matrix(600, 3, seed), {"amount", "payers", "days"},
                          params(20, 64, seed, rule), 0.1);
}

/// What the server says to a statement that it refuses: "SQLSTATE message".
std::string refusal(pqxx::transaction_base& session, const std::string& sql) {
  try {
    session.exec(sql);
  } catch (const pqxx::sql_error& error) {
    return error.sqlstate() + " " + error.what();
  }
  return "accepted";
}

class Extension : public testing::Test {
 protected:
  Extension() {
    session_.exec("RESET search_path; SET client_min_messages = error");
    session_.exec(declarations());
  }

  void register_bytes(const std::string& model, int version, const std::string& stage,
                      const std::string& bytes) {
    session_.exec_params("INSERT INTO aml.models (model) VALUES ($1) ON CONFLICT DO NOTHING",
                         model);
    session_.exec_params(
        "INSERT INTO aml.model_versions (model, version, stage, signature, artifact, "
        "artifact_sha256) VALUES ($1, $2, $3, '{}', $4, encode(sha256($4), 'hex'))",
        model, version, stage, pqxx::binarystring(bytes));
  }
  ForestModel register_model(const std::string& model, int version, const std::string& stage,
                             unsigned seed = 1, SplitRule rule = SplitRule::kRandom) {
    ForestModel made = small_model(seed, rule);
    register_bytes(model, version, stage, to_bytes(made));
    return made;
  }

  std::string value(const std::string& expression) {
    return session_.exec1("SELECT " + expression)[0].as<std::string>("null");
  }
  static double score(const ForestModel& model, std::span<const float> row) {
    const std::vector<float> values(row.begin(), row.end());
    return model.forest.score(detect::FeatureMatrix{1, values.size(), values}).front();
  }

  test::TestDatabase database_;
  Connection connection_ = database_.connect();
  pqxx::nontransaction session_{connection_.pqxx()};
};

// ---- answers

TEST_F(Extension, ScoresAreThoseOfTheForestToTheLastBit) {
  auto rows = random_matrix(60, 3, 5);
  rows.values[1] = kMissing;
  rows.values[3] = std::numeric_limits<float>::max();
  rows.values[7] = std::numeric_limits<float>::denorm_min();
  rows.values[9] = rows.values[10] = rows.values[11] = kMissing;
  rows.values[12] = -0.0F;
  int version = 0;
  for (const SplitRule rule : kSplitRules) {
    const ForestModel model = register_model("m", ++version, "None", 7, rule);
    const std::string reference = "'m@" + std::to_string(version) + "', ";
    const auto scores = model.forest.score(rows);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      const std::string list = list_of(rows.row(i));
      const auto answers = session_.exec1(
          "SELECT aml.anomaly_score(" + reference + list + "), aml.anomaly_score(" + reference +
          "VARIADIC ARRAY[" + list + "]), aml.anomaly_score(" + reference +
          "r), aml.detect_anomaly(" + reference + list + "), aml.detect_anomaly(" + reference +
          "r) FROM (VALUES (" + list + ", 'other')) AS r (amount, payers, days, name)");
      EXPECT_EQ(number(answers[0].c_str()), scores[i]) << list;
      EXPECT_EQ(number(answers[1].c_str()), scores[i]) << list;
      EXPECT_EQ(number(answers[2].c_str()), scores[i]) << list;
      EXPECT_EQ(answers[3].as<bool>(), model.is_anomaly(scores[i])) << list;
      EXPECT_EQ(answers[4].as<bool>(), model.is_anomaly(scores[i])) << list;
    }
  }
}

TEST_F(Extension, AValueIsRoundedToAFloatAsTrainingRoundsIt) {
  const ForestModel model = register_model("m", 1, "Production");
  const float threshold = model.forest.trees()[0].nodes[0].threshold;
  const double above = std::nextafter(threshold, 1e9F);
  for (const double value : {double{threshold}, (threshold + above) / 2, above, 1e-300}) {
    const float rounded[] = {static_cast<float>(value), static_cast<float>(value),
                             static_cast<float>(value)};
    const std::string each = literal(value);
    EXPECT_EQ(
        number(this->value("aml.anomaly_score('m', " + each + ", " + each + ", " + each + ")")),
        score(model, rounded));
  }
}

TEST_F(Extension, ARowGivesItsColumnsByNameWhateverTheirOrderAndNumericType) {
  const ForestModel model = register_model("m", 1, "Production");
  const float row[] = {7, 1, 12.5F};
  const std::string expected = value("aml.anomaly_score('m', 7, 1, 12.5)");
  EXPECT_EQ(number(expected), score(model, row));
  session_.exec("CREATE DOMAIN days AS numeric");
  session_.exec(
      "CREATE TABLE entities (name text, days days, dropped int, payers boolean, amount bigint)");
  session_.exec("INSERT INTO entities VALUES ('x', 12.5, 0, true, 7)");
  session_.exec("ALTER TABLE entities DROP COLUMN dropped");
  EXPECT_EQ(value("aml.anomaly_score('m', entities) FROM entities"), expected);
  EXPECT_EQ(value("aml.anomaly_score('m', e.*) FROM entities e"), expected);
  for (const char* type : {"real", "smallint", "integer", "double precision"}) {
    EXPECT_EQ(value(std::string("aml.anomaly_score('m', r) FROM (SELECT 7::") + type +
                    " AS amount, 1 AS payers, 12.5 AS days) r"),
              expected);
  }
}

TEST_F(Extension, ARowTypeThatIsAlteredBetweenStatementsIsReadAnew) {
  register_model("m", 1, "Production");
  session_.exec("CREATE TABLE entities (amount int, payers int, days int)");
  session_.exec("INSERT INTO entities VALUES (1, 2, 3)");
  session_.exec(R"(CREATE FUNCTION score_twice() RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
      scores float8[] := '{}';
      entity record;
    BEGIN
      FOR step IN 1..2 LOOP
        FOR entity IN EXECUTE 'SELECT * FROM entities' LOOP
          scores := scores || aml.anomaly_score('m', entity);
        END LOOP;
        EXECUTE 'ALTER TABLE entities DROP amount, ADD first' || step || ' text';
        EXECUTE 'ALTER TABLE entities ADD amount numeric';
        EXECUTE 'UPDATE entities SET amount = 1';
      END LOOP;
      RETURN (scores[1] = scores[2])::text;
    END $$)");
  EXPECT_EQ(value("score_twice()"), "true");
}

TEST_F(Extension, ReasonsNameTheFeaturesThatSetTheRowApart) {
  const ForestModel model = register_model("m", 1, "Production");
  const float row[] = {9000, kMissing, 50};
  const auto reasons =
      detect::top_reasons(model.forest.depth_contributions(row), model.columns.size());
  const std::string call = "aml.anomaly_reasons('m', 9000.25, 'NaN', 50)";
  const auto told =
      session_.exec("SELECT feature, value, median, share FROM jsonb_to_recordset(" + call +
                    ") AS r (feature text, value float8, median float4, share float8)");
  ASSERT_GE(reasons.size(), std::size_t{1});
  ASSERT_LE(told.size(), reasons.size());
  EXPECT_EQ(told[0][0].as<std::string>(), "amount");
  EXPECT_EQ(told[0][1].as<double>(), 9000.25);
  for (std::size_t i = 0; i < told.size(); ++i) {
    const auto fact = told[static_cast<pqxx::result::size_type>(i)];
    EXPECT_EQ(fact[0].as<std::string>(), model.columns[reasons[i].column]);
    EXPECT_NEAR(fact[2].as<double>(), model.medians[reasons[i].column], 1e-4);
    EXPECT_NEAR(fact[3].as<double>(), reasons[i].share, 1e-12);
    EXPECT_GE(reasons[i].share, detect::kLeastShareTold);
  }
  EXPECT_EQ(value("aml.anomaly_reasons('m', r) = " + call +
                  " FROM (SELECT 9000.25 AS amount, 'NaN'::float8 AS payers, 50 AS days) r"),
            "t");
  EXPECT_EQ(value("aml.anomaly_reasons('m', 'NaN', 'NaN', 'NaN')"), "[]");
}

TEST_F(Extension, ANullAnywhereGivesNull) {
  register_model("m", 1, "Production");
  for (const char* call :
       {"aml.detect_anomaly('m', 1, NULL, 3)", "aml.anomaly_score('m', VARIADIC NULL::float8[])",
        "aml.anomaly_score(NULL, 1, 2, 3)", "aml.anomaly_reasons('m', 1, 2, NULL)",
        "aml.anomaly_score('m', NULL::record)",
        "aml.detect_anomaly('m', r) FROM (SELECT 1 AS amount, NULL::int AS payers, 2 AS days) r"}) {
    EXPECT_EQ(value(call), "null") << call;
  }
  EXPECT_NE(value("aml.anomaly_score('m', r) FROM (SELECT 1 AS amount, 2 AS payers, 3 AS days, "
                  "NULL AS other) r"),
            "null");
}

// ---- which version scores

TEST_F(Extension, TheVersionInProductionScoresUnlessAnotherIsNamed) {
  const float row[] = {1, 2, 3};
  const double archived = score(register_model("m", 1, "Archived", 1), row);
  const double production = score(register_model("m", 2, "Production", 2), row);
  const double candidate = score(register_model("m", 3, "None", 3), row);
  session_.exec(
      "INSERT INTO aml.model_aliases (model, alias, version) VALUES ('m', 'challenger', 3)");
  EXPECT_EQ(number(value("aml.anomaly_score('m', 1, 2, 3)")), production);
  EXPECT_EQ(number(value("aml.anomaly_score('m@1', 1, 2, 3)")), archived);
  EXPECT_EQ(number(value("aml.anomaly_score('m@production', 1, 2, 3)")), production);
  EXPECT_EQ(number(value("aml.anomaly_score('m@latest', 1, 2, 3)")), candidate);
  session_.exec("UPDATE aml.model_versions SET stage = 'Staging' WHERE version = 1");
  EXPECT_EQ(number(value("aml.anomaly_score('m@staging', 1, 2, 3)")), archived);
  EXPECT_EQ(number(value("aml.anomaly_score('m@challenger', 1, 2, 3)")), candidate);
  // Row by row, as data say.
  EXPECT_EQ(value("array_agg(aml.anomaly_score('m@' || v, 1, 2, 3) ORDER BY v) = ARRAY[" +
                  literal(archived) + "," + literal(production) + "," + literal(candidate) +
                  "] FROM generate_series(1, 3) v"),
            "t");
}

TEST_F(Extension, WhatCannotBeScoredIsRefusedWithTheReason) {
  register_model("m", 1, "Production");
  register_model("idle", 1, "Staging");
  session_.exec("INSERT INTO aml.models (model) VALUES ('empty')");
  const std::string bytes = to_bytes(small_model(1));
  register_bytes("damaged", 1, "Production", bytes.substr(0, bytes.size() / 2));
  session_.exec_params(
      "INSERT INTO aml.model_versions (model, version, signature, artifact, artifact_sha256) "
      "VALUES ('damaged', 2, '{}', $1, 'of something else')",
      pqxx::binarystring(bytes));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"aml.anomaly_score('m', 1, 2)", "2202E ERROR:  model \"m\" takes 3 features, not 2"},
      {"aml.anomaly_score('m', VARIADIC '{}'::float8[])",
       "2202E ERROR:  model \"m\" takes 3 features, not 0"},
      {"aml.anomaly_score('m', VARIADIC '{{1,2,3}}'::float8[])",
       "2202E ERROR:  features must be an array of one"},
      {"aml.anomaly_score('m', 1, 2, NULL, 4)",
       "2202E ERROR:  model \"m\" takes 3 features, not 4"},
      {"aml.anomaly_score('m', 1, 'Infinity', 3)",
       "22003 ERROR:  feature 2 (\"payers\") of model \"m\" is infinite"},
      {"aml.anomaly_score('m', 1e39, 2, 3)",
       "22003 ERROR:  feature 1 (\"amount\") of model \"m\" is infinite or too large"},
      {"aml.anomaly_score('none', 1)",
       "42704 ERROR:  there is no model \"none\" with a version in production"},
      {"aml.anomaly_score('', 1)", "42704 ERROR:  there is no model \"\""},
      {"aml.anomaly_score('empty', 1)",
       "42704 ERROR:  there is no model \"empty\" with a version in production"},
      {"aml.anomaly_score('idle', 1, 2, 3)",
       "42704 ERROR:  there is no model \"idle\" with a version in production"},
      {"aml.anomaly_score('m@2', 1)", "42704 ERROR:  model \"m\" has no version or alias \"2\""},
      {"aml.anomaly_score('m@', 1)", "42704 ERROR:  model \"m\" has no version or alias \"\""},
      {"aml.anomaly_score('m@99999999999', 1)",
       "42704 ERROR:  model \"m\" has no version or alias \"99999999999\""},
      {"aml.anomaly_score('m@x@1', 1)",
       "42704 ERROR:  model \"m\" has no version or alias \"x@1\""},
      {"aml.anomaly_score('damaged', 1, 2, 3)",
       "XX001 ERROR:  model \"damaged\", version 1: its artifact is no forest model"},
      {"aml.anomaly_score('damaged@2', 1, 2, 3)",
       "XX001 ERROR:  model \"damaged\", version 2: its artifact is damaged"},
      {"aml.anomaly_score('m', r) FROM (SELECT 1 AS amount, 2 AS payers) r",
       "42703 ERROR:  the row has no column \"days\", which model \"m\" takes"},
      {"aml.anomaly_score('m', r) FROM (SELECT 1 AS amount, 2 AS payers, 'x'::text AS days) r",
       "42804 ERROR:  column \"days\" is of type text"},
      {"aml.anomaly_score('m', ROW())", "42703 ERROR:  the row has no column \"amount\""},
  };
  for (const auto& [call, words] : cases) {
    const std::string said = refusal(session_, "SELECT " + call);
    EXPECT_TRUE(said.starts_with(words)) << call << "\n" << said;
  }
  session_.exec("DROP TABLE aml.model_versions CASCADE");
  EXPECT_TRUE(refusal(session_, "SELECT aml.anomaly_score('m', 1, 2, 3)").starts_with("42P01"));
}

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

// ---- without the extension

/// Values at which a comparison could go wrong: thresholds, their neighbours, what rounds to them.
std::vector<double> edge_values(const ForestModel& model) {
  std::vector<double> values{std::numeric_limits<double>::quiet_NaN(),
                             0,
                             -0.0,
                             5e-324,
                             -1e-300,
                             3.4028235677973362e38,
                             -3.4028235677973362e38};
  for (const auto& tree : model.forest.trees()) {
    const float threshold = tree.nodes[0].threshold;
    const float next = std::nextafter(threshold, std::numeric_limits<float>::infinity());
    const double middle = (double{threshold} + double{next}) / 2;
    values.insert(values.end(), {threshold, next, middle, std::nextafter(middle, 1e9),
                                 std::nextafter(middle, -1e9)});
  }
  return values;
}

TEST_F(Extension, AModelAsPlainSqlGivesTheSameScoresAndVerdicts) {
  session_.exec("CREATE TABLE given (amount float8, payers float8, days float8); SET jit = off");
  int version = 0;
  for (const SplitRule rule : {SplitRule::kRandom, SplitRule::kKurtosis, SplitRule::kPooledGain}) {
    const ForestModel model = register_model("m", ++version, "None", 3, rule);
    const auto edges = edge_values(model);
    std::mt19937 random(9);
    std::string rows;
    const auto value = [&] {
      return random() % 3 == 0 ? literal(edges[random() % edges.size()])
                               : literal(static_cast<double>(random() % 10'000) / 100);
    };
    for (int row = 0; row < 3000; ++row) {
      rows += (rows.empty() ? "(" : ", (") + value() + ", " + value() + ", " + value() + ")";
    }
    const auto training = random_matrix(600, 3, 3);  // one of these has the threshold as its score
    for (std::size_t row = 0; row < training.rows; ++row) {
      rows += ", (" + list_of(training.row(row)) + ")";
    }
    session_.exec("TRUNCATE given; INSERT INTO given VALUES " + rows);
    session_.exec(scenarios::forest_sql({"m", version, "", model}));
    const std::string reference = "'m@" + std::to_string(version) + "', amount, payers, days)";
    const auto compared = session_.exec1(
        "SELECT count(*), count(*) FILTER (WHERE is_anomaly), count(*) FILTER (WHERE abs(score / "
        "expected - 1) > 1e-14), count(*) FILTER (WHERE is_anomaly <> verdict) FROM (SELECT "
        "aml.m_score(amount, payers, days) AS score, aml.m_is_anomaly(amount, payers, days) AS "
        "is_anomaly, aml.anomaly_score(" +
        reference + " AS expected, aml.detect_anomaly(" + reference + " AS verdict FROM given) s");
    EXPECT_EQ(compared[0].as<int>(), 3600);
    EXPECT_GT(compared[1].as<int>(), 100);
    EXPECT_EQ(compared[2].as<int>(), 0);
    EXPECT_EQ(compared[3].as<int>(), 0);
  }
  EXPECT_EQ(value("aml.m_score(1, NULL, 3)"), "null");
  for (const char* call : {"aml.m_score(amount, '-Infinity', 1)", "aml.m_is_anomaly(1, 2, 1e39)",
                           "aml.m_score(1, 3.4028235677973366e38, 1)"}) {
    EXPECT_NE(refusal(session_, std::string("SELECT ") + call + " FROM given")
                  .find("is infinite or too large for a 32-bit float"),
              std::string::npos)
        << call;
  }
  // In the query around it there is no function left to call.
  std::string plan;
  for (const auto& line :
       session_.exec("EXPLAIN VERBOSE SELECT aml.m_score(amount, payers, days) FROM given")) {
    plan += line[0].as<std::string>();
  }
  EXPECT_EQ(plan.find("m_score"), std::string::npos);
  EXPECT_EQ(plan.find("m_depth"), std::string::npos);
}

TEST(ForestSql, RefusesWhatAQueryCannotHold) {
  const auto refused = [](ForestModel model, const std::string& name, const std::string& words) {
    try {
      scenarios::forest_sql({name, 1, "", std::move(model)});
      ADD_FAILURE() << "expected: " << words;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  };
  refused(small_model(1, SplitRule::kOblique), "m", "its splits are oblique");
  refused(small_model(1), std::string(60, 'm'), "is longer than 63 bytes");
  std::vector<std::string> columns;
  for (int i = 0; i < 101; ++i) columns.push_back("c" + std::to_string(i));
  refused(fit_forest_model(random_matrix(9, 101, 1), columns, params(1, 8), {}), "m",
          "it has 101 columns, and a function takes 100 at most");
  refused(fit_forest_model(random_matrix(9, 1, 1), {"a"}, params(1001, 2), {}), "m",
          "it has 1001 trees");
  refused(fit_forest_model(random_matrix(4000, 2, 1), {"a", "b"}, params(200, 2048), {}), "m",
          "and a query can hold 1000 with 50000");
}

TEST_F(Extension, NamesOfFeaturesCannotBreakOutOfPlainSql) {
  const std::string hostile = "x\" float8); DROP TABLE aml.models; --$aml$";
  const auto model =
      fit_forest_model(random_matrix(50, 2, 1), {hostile, std::string(80, 'y')}, params(2, 8), {});
  session_.exec(scenarios::forest_sql({"it's", 1, "", model}));
  EXPECT_EQ(value("count(*) FROM aml.models"), "0");
  const float row[] = {1, 2};
  EXPECT_NEAR(number(value("aml.\"it's_score\"(1, 2)")), score(model, row), 1e-12);
}

// ---- the example of docs/sql_scoring.md

class Pipeline : public Extension {
 protected:
  Pipeline() { load_days(1, 20); }

  /// Each of thirty accounts pays a few others on each day; the last account is unlike them.
  void load_days(int first, int last) {
    session_.exec(  // one database transaction
        "SELECT aml.begin_version('TEST');"
        "INSERT INTO silver.transfers (transfer_id, booked_at, from_account_id, to_account_id, "
        "amount, currency_code, amount_base, type, file_id, line) SELECT d || '-' || a || '-' || "
        "p, "
        "'2026-01-01'::timestamptz + (d - 1) * interval '1 day' + ((a * 7 + p * 5 + d) % 24) * "
        "interval '1 hour', 'A' || a, 'B' || (a * p + d) % 50, x, 'USD', x, 'transfer', 1, 1 "
        "FROM generate_series(" +
        std::to_string(first) + ", " + std::to_string(last) +
        ") d, generate_series(1, 30) a, "
        "generate_series(1, CASE a WHEN 30 THEN 40 ELSE 1 + (a + d) % 4 END) p, "
        "LATERAL (SELECT 10 + (a * 31 + d * 17 + p * 13) % 90 + CASE a WHEN 30 THEN 5000 ELSE 0 "
        "END AS x) amounts");
  }
  void run_script() {
    session_.exec(text_of(AML_SOURCE_DIR "/docs/examples/score_account_days.sql"));
  }
  ForestModel train(int version) {
    const auto rows =
        session_.exec("SELECT payments, paid, largest, payees, at_night FROM bank.account_days");
    detect::FeatureMatrix data{rows.size(), 5, {}};
    for (const auto& row : rows) {
      for (int column = 0; column < 5; ++column) data.values.push_back(row[column].as<float>());
    }
    auto model = fit_forest_model(data, {"payments", "paid", "largest", "payees", "at_night"},
                                  params(50, 64, static_cast<std::uint64_t>(version)), 0.05);
    register_bytes("account_days", version, "None", to_bytes(model));
    return model;
  }
  void promote(int version) {
    session_.exec("UPDATE aml.model_versions SET stage = 'Archived' WHERE stage = 'Production'");
    session_.exec_params("UPDATE aml.model_versions SET stage = 'Production' WHERE version = $1",
                         version);
  }
  std::string counts() {
    return value(
        "coalesce(string_agg(model_version || ': ' || n, ', ' ORDER BY model_version), '') FROM "
        "(SELECT model_version, count(*) AS n FROM bank.scored_account_days GROUP BY 1) s");
  }
};

TEST_F(Pipeline, ScoresEachDayOfAnAccountOnceByEachVersion) {
  run_script();  // there is no model yet
  EXPECT_EQ(counts(), "");
  const ForestModel first = train(1);
  promote(1);
  run_script();
  EXPECT_EQ(counts(), "1: 570");  // 30 accounts, 19 days that are over
  run_script();
  EXPECT_EQ(counts(), "1: 570");
  load_days(21, 22);
  run_script();
  EXPECT_EQ(counts(), "1: 630");
  train(2);
  promote(2);
  run_script();
  run_script();
  EXPECT_EQ(counts(), "1: 630, 2: 630");

  const auto rows = session_.exec(
      "SELECT payments, paid, largest, payees, at_night, s.anomaly_score, s.is_anomaly, s.reasons "
      "FROM bank.account_days JOIN bank.scored_account_days s USING (account_id, day) WHERE "
      "s.model_version = 1");
  ASSERT_EQ(rows.size(), 630U);
  for (const auto& row : rows) {
    std::vector<float> features;
    for (int column = 0; column < 5; ++column) features.push_back(row[column].as<float>());
    EXPECT_EQ(row[5].as<double>(), score(first, features));
    EXPECT_EQ(row[6].as<bool>(), first.is_anomaly(row[5].as<double>()));
    EXPECT_EQ(row[7].is_null(), !row[6].as<bool>());
  }
  EXPECT_EQ(value("mode() WITHIN GROUP (ORDER BY account_id) FROM bank.account_anomalies"), "A30");
  EXPECT_EQ(value("bool_and(model_version = 2) FROM bank.account_anomalies"), "t");
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
