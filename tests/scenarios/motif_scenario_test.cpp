// SPDX-License-Identifier: Apache-2.0
// Motifs in scenario files, from the file to gold, with PostgreSQL as the judge: the query that
// `aml scenario sql` prints runs on the same database.
#include "scenarios/motif_scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/runner.hpp"
#include "store/snapshot.hpp"
#include "tests/cli/gold_dump.hpp"
#include "tests/scenarios/small_bank.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

struct MotifCase {
  std::string name;
  std::string params;
  std::string subject;  ///< the column of the query that alerts are about
  /// Of matches: the columns of transfers. Of groups: the aggregates.
  std::vector<std::string> columns;
  bool is_grouped = false;
  unsigned hubs = 2000;
};

Scenario scenario_of(const MotifCase& motif) {
  return parse_scenario(
      fmt::format(R"({{"schema_version": 1, "id": "{}", "version": 1, "title": "A motif",
        "typology": "custom", "detector": "motif", "subject": "account",
        "params": {{{}}}, "hubs": {{"max_counterparties": {}}}}})",
                  motif.name, motif.params, motif.hubs),
      motif.name + ".json", {});
}

const std::vector<MotifCase>& cases() {
  static const std::vector<MotifCase> kCases{
      {"two_hops",
       R"p("motif": "(a)-[e1]->(b); (b)-[e2]->(c)", "window": "3 days",
          "where": "e2.amount >= 0.9 * e1.amount and e1.amount > 200", "hop_window": "2 days")p",
       "a",
       {"e1", "e2"}},
      {"about_the_middle",
       R"p("motif": "(a)-[e1]->(b); (b)-[e2]->(c)", "window": "1 day", "time_order": "strict",
          "where": "e1.amount > 150 and e2.amount > 150", "subject_vertex": "b")p",
       "b",
       {"e1", "e2"}},
      {"no_way_back",
       R"p("motif": "(a)-[e1]->(b); (b)-[e2]->(c); !(c)-[]->(a)", "window": "4 days",
          "where": "e1.amount > 500")p",
       "a",
       {"e1", "e2"}},
      {"rings",
       R"p("motif": "(a)-[e1]->(b); (b)-[e2]->(c); (c)-[e3]->(d); (d)-[e4]->(a)",
          "window": "20 days", "distinct": "edges")p",
       "a",
       {"e1", "e2", "e3", "e4"}},
      {"walks",
       R"p("motif": "(a)-[e*1..3]->(z)", "window": "10 days",
          "where": "a.id = 'A10' or a.id = 'A103'")p",
       "a",
       {"e[1]", "e[2]", "e[3]"}},
      {"either_way",
       R"p("motif": "(a)-[e]-(b)", "window": "1 day",
          "where": "e.amount >= 5000 and e.type = 'transfer'")p",
       "a",
       {"e"}},
      {"accounts",
       R"p("motif": "(a)-[e]->(b)", "window": "1 day",
          "where": "a.country <> b.country or e.time - b.opened_on < interval '29 days 15 hours' or (a.party_id = b.party_id and e.amount > 0)")p",
       "a",
       {"e"}},
      {"without_hubs",
       R"p("motif": "(a)-[e1]->(b)", "window": "1 day", "where": "e1.amount >= 900")p",
       "a",
       {"e1"},
       false,
       20},
      {"as_graphframes",
       R"p("motif": "(a)-[e1]->(b);(b)-[e2]->(a)", "mode": "graphframes",
          "time_order": "none", "distinct": "none")p",
       "a",
       {"e1", "e2"},
       false,
       0},
      {"collectors",
       R"p("motif": "(p)-[paid]->(c); (c)-[out]->(q)", "window": "3 days",
          "where": "paid.amount >= 100", "group_by": "c",
          "aggregates": {"payers": "count(distinct p)", "paid_in": "total(paid)",
                         "largest": "max(out.amount)", "n": "count(*)"},
          "having": "count(distinct p) >= 3")p",
       "c",
       {"payers", "paid_in", "largest", "n"},
       true},
      {"groups_of_rows",
       R"p("motif": "(p)-[paid]->(c); (c)-[out]->(q); !(q)-[]->(p)", "window": "2 days",
          "group_by": "c", "aggregates": {"n": "count(*)", "first": "min(paid.id)"},
          "having": "sum(paid.amount) > 20000")p",
       "c",
       {"n", "first"},
       true}};
  return kCases;
}

std::string quoted(const std::string& name) {
  return '"' + name + '"';
}

std::string listed(const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + quoted(column);
  return list;
}

/// The printed query as a part of another: without its comment and its semicolon.
std::string as_table(const Scenario& scenario) {
  const std::string sql = motif_scenario_sql(scenario);
  return "(" + sql.substr(sql.find('\n') + 1, sql.rfind(';') - sql.find('\n') - 1) + ") AS m";
}

class MotifScenario : public testing::Test {
 protected:
  void SetUp() override {
    test::insert_small_bank(database_);
    // A119 and A120 have one owner; A84 lies in another country.
    add_transfers(database_);
  }

  static void add_transfers(const test::TestDatabase& database) {
    database.write(
        "INSERT INTO silver.transfers VALUES "
        "('X1', '2024-03-10 10:00+00', 'A119', 'A84', 12000, 'USD', 12000, 'transfer', 1, 90001),"
        "('X2', '2024-03-20 10:00+00', 'A84', 'A120', 11500, 'USD', 11500, 'transfer', 1, 90002),"
        "('X3', '2024-03-21 10:00+00', 'A119', 'A120', 40, 'USD', 40, 'transfer', 1, 90003)");
  }

  RunOutcome run_one(const Scenario& scenario, int threads = 0) {
    RunOptions options;
    options.threads = threads;
    return run(connection_, {scenario}, options);
  }

  std::string alerts(const std::string& columns, const std::string& scenario) {
    return database_.query(
        fmt::format("SELECT {} FROM gold.current_alerts a WHERE a.scenario = '{}' ORDER BY 1",
                    columns, scenario));
  }

  test::TestDatabase database_;
  store::Connection connection_ = database_.connect();
};

void expect_matches_of_sql(const test::TestDatabase& database, const MotifCase& motif,
                           const Scenario& scenario) {
  const std::string subject = quoted(motif.subject);
  const std::string matches = database.query(fmt::format(
      "SELECT {0}, count(*) FROM {1} GROUP BY 1 ORDER BY 1", subject, as_table(scenario)));
  EXPECT_NE(matches, "") << "a case without matches tests nothing";
  EXPECT_EQ(matches, database.query(fmt::format(
                         "SELECT subject, sum(observed::int) FROM gold.current_alerts "
                         "JOIN gold.alert_evidence USING (alert_id) "
                         "WHERE scenario = '{}' AND feature = 'matches' GROUP BY 1 ORDER BY 1",
                         motif.name)));
  EXPECT_EQ(database.query(fmt::format("SELECT DISTINCT {0}, t FROM {1}, unnest(ARRAY[{2}]) AS t "
                                       "WHERE t IS NOT NULL ORDER BY 1, 2",
                                       subject, as_table(scenario), listed(motif.columns))),
            database.query(fmt::format("SELECT DISTINCT subject, transfer_id "
                                       "FROM gold.current_alerts JOIN gold.alert_transfers "
                                       "USING (alert_id) WHERE scenario = '{}' ORDER BY 1, 2",
                                       motif.name)));
}

void expect_groups_of_sql(const test::TestDatabase& database, const MotifCase& motif,
                          const Scenario& scenario) {
  std::string evidence;
  for (const std::string& column : motif.columns) {
    evidence += fmt::format(
        ", (SELECT observed FROM gold.alert_evidence e "
        "WHERE e.alert_id = a.alert_id AND e.feature = '{}')",
        column);
  }
  const std::string groups =
      database.query(fmt::format("SELECT {}, {} FROM {} ORDER BY 1", quoted(motif.subject),
                                 listed(motif.columns), as_table(scenario)));
  EXPECT_NE(groups, "") << "a case without groups tests nothing";
  EXPECT_EQ(groups, database.query(fmt::format("SELECT subject{} FROM gold.current_alerts a "
                                               "WHERE scenario = '{}' ORDER BY 1",
                                               evidence, motif.name)));
}

TEST_F(MotifScenario, AlertsAreTheRowsOfThePrintedQuery) {
  database_.query(fmt::format("ALTER DATABASE {} SET timezone = 'Pacific/Auckland'",
                              database_.query("SELECT quote_ident(current_database())")));
  std::vector<Scenario> scenarios;
  for (const MotifCase& motif : cases()) scenarios.push_back(scenario_of(motif));
  const RunOutcome outcome = run(connection_, scenarios, {});
  ASSERT_EQ(outcome.status, "succeeded");
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const MotifCase& motif = cases()[i];
    SCOPED_TRACE(motif.name + "\n" + motif_scenario_sql(scenarios[i]));
    EXPECT_FALSE(outcome.scenarios[i].truncated);
    motif.is_grouped ? expect_groups_of_sql(database_, motif, scenarios[i])
                     : expect_matches_of_sql(database_, motif, scenarios[i]);
  }
  EXPECT_NE(database_
                .query("SELECT array_to_string(notes, ' ') FROM aml.run_steps "
                       "WHERE scenario = 'without_hubs'")
                .find("A40 is a hub"),
            std::string::npos);
}

TEST_F(MotifScenario, ExamplesOfTheDocumentationFindWhatTheySay) {
  const auto example = [](const std::string& id) {
    return load_scenario(fmt::format("{}/docs/examples/{}.json", AML_SOURCE_DIR, id), {});
  };
  const RunOutcome outcome =
      run(connection_, {example("two_tier_collectors"), example("back_from_abroad")}, {});
  ASSERT_EQ(outcome.status, "succeeded");
  EXPECT_EQ(alerts("subject, severity, explanation", "two_tier_collectors"),
            "A12|medium|A12 is collector of the motif with payers 2, middlemen 2, collected "
            "16600.00: 4 transfers moved 16,600.00 USD within 48 hours (2024-01-21 10:00 "
            "to 2024-01-23 10:00).");
  EXPECT_EQ(alerts("subject, severity, amount", "back_from_abroad"), "A119|medium|12000.00");
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(AML_SOURCE_DIR) + "/docs/examples")) {
    const std::string name = entry.path().filename();
    files += name.ends_with(".json") && !name.ends_with("_source.json") ? 1 : 0;
  }
  EXPECT_EQ(files, 2U) << "every scenario among the examples is run here";
}

TEST_F(MotifScenario, ARefusedSearchSaysTheNumberAndKeepsTheAlertsOfEarlierRuns) {
  const MotifCase motif{"pairs",
                        R"p("motif": "(a)-[e]->(b)", "window": "1 day", "distinct": "none",
                           "where": "e.amount >= 10000")p",
                        "a",
                        {"e"}};
  run_one(scenario_of(motif));
  const std::string before = alerts("alert_id", "pairs");
  EXPECT_NE(before, "");
  MotifCase narrow = motif;
  narrow.params += R"(, "max_rows": 1)";
  const RunOutcome outcome = run_one(scenario_of(narrow));
  EXPECT_EQ(outcome.status, "failed");
  const std::string rows = database_.query(
      "SELECT count(*) FROM silver.transfers "
      "WHERE amount_base >= 10000");
  EXPECT_TRUE(outcome.scenarios[0].error.starts_with(
      fmt::format("the motif has {} matches, more than the 1 of max_rows", rows)))
      << outcome.scenarios[0].error;
  EXPECT_EQ(alerts("alert_id", "pairs"), before);
  EXPECT_EQ(database_.query("SELECT outcome, notes[1] LIKE 'the motif has % matches%' "
                            "FROM aml.run_steps WHERE scenario = 'pairs' ORDER BY run_id DESC "
                            "LIMIT 1"),
            "failed|t");
}

TEST_F(MotifScenario, ThePlanShowsActualRowsOrWhyThereAreNone) {
  const Graphs graphs = build_graphs(store::read_snapshot(connection_));
  MotifCase motif{"plan",
                  R"p("motif": "(a)-[e1]->(b); (b)-[e2]->(c)", "window": "3 days",
                             "where": "e1.amount >= 5000")p",
                  "a",
                  {}};
  const auto plan_of = [&](const MotifCase& asked) {
    return motif_scenario_plan(scenario_of(asked), graphs, {});
  };
  const std::string rows =
      database_.query(fmt::format("SELECT count(*) FROM {}", as_table(scenario_of(motif))));
  const std::string plan = plan_of(motif);
  EXPECT_TRUE(plan.starts_with("plan v1: A motif\n")) << plan;
  EXPECT_NE(plan.find(fmt::format("\n{} rows, ", rows)), std::string::npos) << plan;

  motif.params += R"(, "max_rows": 1)";
  EXPECT_NE(plan_of(motif).find("ended by max_rows or max_steps after 1 rows"), std::string::npos)
      << plan_of(motif);
  motif.params =
      R"p("motif": "(a)-[e]->(b)", "window": "1 day", "distinct": "none", "max_rows": 1)p";
  EXPECT_NE(plan_of(motif).find(fmt::format("not enumerated: {} rows are more than the 1 of "
                                            "max_rows",
                                            graphs.accounts.num_edges())),
            std::string::npos)
      << plan_of(motif);
  motif.params = R"p("motif": "(a)-[e*1..2]->(b)", "window": "1 day", "where": "a.id = 'A1'")p";
  EXPECT_NE(plan_of(motif).find("\nbranch 1 of 2: "), std::string::npos) << plan_of(motif);
}

TEST_F(MotifScenario, ThePlanOfGroupsSaysWhetherRowsAreLookedAt) {
  const Graphs graphs = build_graphs(store::read_snapshot(connection_));
  MotifCase motif{"plan",
                  R"p("motif": "(a)-[e1]->(b); (b)-[e2]->(c)", "window": "3 days",
                             "where": "e1.amount >= 5000", "group_by": "b",
                             "aggregates": {"n": "count(*)"})p",
                  "b",
                  {}};
  const std::string without_rows = "\ngroups are counted without looking at rows\n";
  const std::string of_rows = motif_scenario_plan(scenario_of(motif), graphs, {});
  EXPECT_NE(of_rows.find(" candidates looked at\n"), std::string::npos) << of_rows;
  EXPECT_EQ(of_rows.find(without_rows), std::string::npos) << of_rows;
  motif.params += R"(, "distinct": "none")";
  const std::string counted = motif_scenario_plan(scenario_of(motif), graphs, {});
  EXPECT_EQ(counted.find(" candidates looked at\n"), std::string::npos) << counted;
  EXPECT_NE(counted.find(without_rows), std::string::npos) << counted;
}

TEST_F(MotifScenario, OnlyMotifsAreQueries) {
  const std::vector<Scenario> shipped = shipped_scenarios({});
  const Scenario& cycles = *std::ranges::find(shipped, "round_tripping", &Scenario::id);
  EXPECT_THROW(motif_scenario_sql(cycles), std::invalid_argument);
}

TEST_F(MotifScenario, GoldDependsNeitherOnThreadsNorOnTheOrderOfRows) {
  const test::TestDatabase other;
  test::insert_small_bank(other, 2);
  add_transfers(other);
  std::vector<Scenario> scenarios;
  for (const MotifCase& motif : cases()) scenarios.push_back(scenario_of(motif));
  const auto gold_after_run = [&](const test::TestDatabase& database, int threads) {
    auto connection = database.connect();
    RunOptions options;
    options.threads = threads;
    EXPECT_EQ(run(connection, scenarios, options).status, "succeeded");
    return test::gold_dump(database);
  };
  EXPECT_EQ(gold_after_run(database_, 1), gold_after_run(other, 2));
}

}  // namespace
}  // namespace aml::scenarios
