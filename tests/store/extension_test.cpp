// SPDX-License-Identifier: Apache-2.0
// What the functions of the extension answer, and a model as plain SQL without it.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <vector>

#include "scenarios/forest_sql.hpp"
#include "tests/store/extension_fixture.hpp"

namespace aml::store {
namespace {

using detect::testing_forests::kSplitRules;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

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

}  // namespace
}  // namespace aml::store
