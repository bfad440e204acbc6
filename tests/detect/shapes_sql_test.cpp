// SPDX-License-Identifier: Apache-2.0
// What the detectors of shapes find, held against queries of PostgreSQL on the same random
// transfers.
#include <gtest/gtest.h>

#include <fstream>
#include <pqxx/pqxx>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "detect/chains.hpp"
#include "detect/layers.hpp"
#include "detect/scatter_gather.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"
#include "tests/support/test_database.hpp"

namespace aml::detect {
namespace {

using oracle::Transfer;

/// Subject and transfer.
using Rows = std::set<std::pair<std::string, std::string>>;

std::string query_text(const std::string& name) {
  std::ifstream file(std::string(AML_SOURCE_DIR) + "/tests/oracle/sql/" + name + ".sql");
  std::stringstream text;
  text << file.rdbuf();
  if (text.str().empty()) throw std::runtime_error("no query " + name);
  return text.str();
}

class ShapesInSql : public ::testing::TestWithParam<unsigned> {
 protected:
  ShapesInSql() : connection_(database().connect()), random_(GetParam()) {
    pqxx::work work(connection_.pqxx());
    // Without statistics nested loops and compiled code look cheap for tables of 60 rows.
    work.exec0("SET enable_nestloop = off");
    work.exec0("SET jit = off");
    work.exec0(
        "CREATE TEMP TABLE IF NOT EXISTS transfers "
        "(key text, source text, target text, booked_at bigint, amount bigint)");
    work.commit();
  }

  static const test::TestDatabase& database() {
    static const test::TestDatabase only;
    return only;
  }

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  /// Random transfers at times 0 .. 9, in the table and as a list.
  std::vector<Transfer> transfers(std::int64_t accounts, std::int64_t most) {
    std::vector<Transfer> rows;
    pqxx::work work(connection_.pqxx());
    work.exec0("TRUNCATE transfers");
    for (std::int64_t left = between(most / 2, most); left > 0; --left) {
      rows.push_back({std::to_string(between(1, accounts)), std::to_string(between(1, accounts)),
                      between(0, 9), between(1, 5), std::to_string(left * 7 % 101)});
      const Transfer& t = rows.back();
      work.exec_params0("INSERT INTO transfers VALUES ($1, $2, $3, $4, $5)", t.key, t.source,
                        t.target, t.booked_at, t.amount);
    }
    work.commit();
    return rows;
  }

  template <typename... Params>
  Rows answer_of(const std::string& name, const Params&... params) {
    pqxx::work work(connection_.pqxx());
    Rows rows;
    const pqxx::result answer = work.exec_params(query_text(name), params...);
    for (const auto& row : answer) rows.emplace(row[0].c_str(), row[1].c_str());
    return rows;
  }

  store::Connection connection_;
  std::mt19937 random_;
};

constexpr int kRounds = 40;

TEST_P(ShapesInSql, ScatterGatherAgrees) {
  std::size_t found = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto rows = transfers(between(4, 7), 60);
    ScatterGatherParams params;
    params.min_middles = static_cast<std::uint32_t>(between(2, 3));
    params.window = between(2, 8);
    params.time_order = between(0, 1) == 0 ? graph::TimeOrder::kStrict : graph::TimeOrder::kLoose;
    params.pass_on_at_least = between(0, 1) == 0 ? 0 : 0.5;
    params.pass_on_at_most = 2;
    params.leg_at_least_minor = between(0, 2);
    Rows expected = answer_of("scatter_gather", params.min_middles, params.window,
                              params.time_order == graph::TimeOrder::kStrict,
                              params.pass_on_at_least * 1000, 2000, params.leg_at_least_minor);
    Rows actual;
    const Detection detection = detect_scatter_gather(graph::testing::graph_of(rows), params, {});
    for (const Finding& finding : detection.findings) {
      const auto ends = finding.evidence_key.substr(0, finding.evidence_key.find(" from "));
      for (const std::string& key : transfer_keys(finding)) actual.emplace(ends, key);
    }
    EXPECT_EQ(actual, expected) << "round " << round;
    found += actual.size();
  }
  EXPECT_GT(found, 100U) << "the data hold too little to compare";
}

/// All transfers of the findings.
Rows transfers_of(const Detection& detection) {
  Rows rows;
  for (const Finding& finding : detection.findings) {
    for (const std::string& key : transfer_keys(finding)) rows.emplace("", key);
  }
  return rows;
}

TEST_P(ShapesInSql, BipartiteAgrees) {
  std::size_t found = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto rows = transfers(between(5, 8), 50);
    BipartiteParams params;
    params.min_sinks = static_cast<std::uint32_t>(between(2, 3));
    params.window = between(2, 6);
    params.leg_at_least_minor = between(0, 2);
    const Rows expected =
        answer_of("bipartite", params.min_sinks, params.window, params.leg_at_least_minor);
    const Rows actual = transfers_of(detect_bipartite(graph::testing::graph_of(rows), params, {}));
    EXPECT_EQ(actual, expected) << "round " << round;
    found += actual.size();
  }
  EXPECT_GT(found, 100U) << "the data hold too little to compare";
}

TEST_P(ShapesInSql, StackAgrees) {
  std::size_t found = 0;
  for (int round = 0; round < kRounds; ++round) {
    const bool in_order = round % 4 == 0;
    const auto rows = transfers(between(6, 8), in_order ? 45 : 60);
    StackParams params;
    params.window = between(3, 8);
    params.time_order = in_order ? graph::TimeOrder::kLoose : graph::TimeOrder::kNone;
    params.leg_at_least_minor = between(0, 2);
    const Rows expected =
        answer_of("stack", params.min_per_layer, params.window,
                  params.time_order == graph::TimeOrder::kLoose, params.leg_at_least_minor);
    const Rows actual = transfers_of(detect_stack(graph::testing::graph_of(rows), params, {}));
    EXPECT_EQ(actual, expected) << "round " << round;
    found += actual.size();
  }
  EXPECT_GT(found, 100U) << "the data hold too little to compare";
}

TEST_P(ShapesInSql, ChainLayeringAgrees) {
  std::size_t found = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto rows = transfers(between(5, 9), 40);
    ChainsParams params;
    params.min_length = static_cast<std::uint32_t>(between(2, 4));
    params.hop_within = between(1, 3);
    params.time_order = between(0, 1) == 0 ? graph::TimeOrder::kStrict : graph::TimeOrder::kLoose;
    params.pass_on_at_least = between(0, 1) == 0 ? 0 : 0.5;
    params.pass_on_at_most = 2;
    params.leg_at_least_minor = between(0, 2);
    const Rows expected =
        answer_of("chain_layering", params.min_length, params.hop_within,
                  params.time_order == graph::TimeOrder::kStrict, params.pass_on_at_least * 1000,
                  2000, params.leg_at_least_minor);
    const Rows actual = transfers_of(detect_chains(graph::testing::graph_of(rows), params, {}));
    EXPECT_EQ(actual, expected) << "round " << round;
    found += actual.size();
  }
  EXPECT_GT(found, 100U) << "the data hold too little to compare";
}

INSTANTIATE_TEST_SUITE_P(Seeds, ShapesInSql, ::testing::Values(1U, 2U, 3U));

}  // namespace
}  // namespace aml::detect
