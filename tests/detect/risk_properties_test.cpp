// SPDX-License-Identifier: Apache-2.0
// Properties of risk propagation in every mode, on random payments.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <string>

#include "detect/risk_propagation.hpp"
#include "tests/detect/detection_text.hpp"
#include "tests/detect/risk_cases.hpp"
#include "tests/detect/transfer_rows.hpp"
#include "tests/oracle/risk_walks.hpp"

namespace aml::detect {
namespace {

using testing_graphs::after;
using testing_graphs::base_of;
using testing_graphs::graph_of;
using testing_graphs::kUsd;
using testing_graphs::TransferRow;

constexpr std::array kModes{PropagationMode::kLiteral, PropagationMode::kDistinct,
                            PropagationMode::kNormalised, PropagationMode::kAmountWeighted};

struct RandomCase {
  std::vector<TransferRow> rows;
  std::map<std::string, double> risks;
};

RandomCase random_case(unsigned seed, std::size_t parties, std::size_t transfers) {
  std::mt19937 random(seed);
  RandomCase made;
  for (std::size_t i = 0; i < transfers; ++i) {
    made.rows.push_back({"P" + std::to_string(random() % parties),
                         "P" + std::to_string(random() % parties),
                         static_cast<graph::MinorUnits>(random() % 100'000),
                         static_cast<graph::Micros>(random() % 50), "T" + std::to_string(i)});
    if (random() % 3 == 0)
      made.risks[made.rows.back().source] = static_cast<double>(random() % 1000) / 7;
  }
  return made;
}

/// share[payer][payee] as the header defines it, from the rows.
oracle::DenseMatrix shares_of(const std::vector<TransferRow>& rows,
                              const graph::TransferGraph& graph, PropagationMode mode) {
  const std::size_t n = graph.num_vertices();
  oracle::DenseMatrix share(n, std::vector<double>(n, 0.0));
  std::map<graph::Vertex, double> whole;  // transfers of a payer, or money of a payee
  for (const auto& row : rows) {
    const auto payer = graph.find(row.source).value();
    const auto payee = graph.find(row.target).value();
    if (mode != PropagationMode::kLiteral && payer == payee) continue;
    double& cell = share[payer][payee];
    const auto amount = static_cast<double>(row.amount_minor);
    cell = mode == PropagationMode::kDistinct         ? 1
           : mode == PropagationMode::kAmountWeighted ? cell + amount
                                                      : cell + 1;
    if (mode == PropagationMode::kNormalised) whole[payer] += 1;
    if (mode == PropagationMode::kAmountWeighted) whole[payee] += amount;
  }
  for (graph::Vertex payer = 0; payer < n; ++payer) {
    for (graph::Vertex payee = 0; payee < n; ++payee) {
      if (share[payer][payee] == 0) continue;
      if (mode == PropagationMode::kNormalised) share[payer][payee] /= whole[payer];
      if (mode == PropagationMode::kAmountWeighted) share[payer][payee] /= whole[payee];
    }
  }
  return share;
}

RC_GTEST_PROP(RiskProperties, ScoresAreSumsOverWalks, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto [rows, risks] = random_case(seed, *rc::gen::inRange<std::size_t>(1, 12),
                                         *rc::gen::inRange<std::size_t>(1, 40));
  const auto graph = graph_of(rows);
  const auto base = base_of(graph, risks);
  for (const auto mode : kModes) {
    const auto share = shares_of(rows, graph, mode);
    auto last = base;
    for (const int rounds : {1, 2, 3, 6}) {
      auto params = after(rounds, mode);
      params.decay = 0.3;
      const auto got = propagate_risk(graph, base, params);
      const auto want = oracle::risk_by_walks(share, base, params.decay, rounds);
      for (std::size_t v = 0; v < base.size(); ++v) {
        RC_ASSERT(std::abs(got.scores[v] - want[v]) <= 1e-9 * std::max(1.0, want[v]));
      }
      if (rounds > 3) continue;  // `last` is not the round before
      double change = 0;
      for (std::size_t v = 0; v < base.size(); ++v) change += std::abs(want[v] - last[v]);
      RC_ASSERT(std::abs(got.residual - change) <= 1e-9 * std::max(1.0, change));
      last = want;
    }
  }
}

RC_GTEST_PROP(RiskProperties, ContributionsOfAllPayersAreTheInheritedRisk, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto [rows, risks] = random_case(seed, 15, *rc::gen::inRange<std::size_t>(1, 80));
  const auto graph = graph_of(rows);
  const auto base = base_of(graph, risks);
  for (const auto mode : kModes) {
    auto params = after(*rc::gen::inRange(1, 5), mode);
    params.top_payers = 50;
    params.alert_at = 1e-6;
    params.max_counterparties = *rc::gen::inRange(0U, 8U);
    params.max_risk = *rc::gen::element(1e100, 200.0, 20.0);
    for (const Finding& finding : detect_risk(graph, base, params, kUsd).findings) {
      double sum = 0;
      for (const auto& item : finding.evidence) sum += item.contribution.value_or(0);
      const double inherited = std::stod(finding.evidence[1].observed);  // ten digits
      RC_ASSERT(finding.evidence[1].feature == "inherited_risk");
      RC_ASSERT(std::abs(sum - inherited) <= 1e-9 * std::max(1.0, sum));
    }
  }
}

RC_GTEST_PROP(RiskProperties, ScoresStayInTheirBounds, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto [rows, risks] = random_case(seed, 8, *rc::gen::inRange<std::size_t>(1, 60));
  const auto graph = graph_of(rows);
  const auto base = base_of(graph, risks);
  const double all = std::accumulate(base.begin(), base.end(), 0.0);
  const double largest = *std::ranges::max_element(base);
  for (const double decay : {0.1, 0.5, 0.9}) {
    auto params = after(*rc::gen::inRange(1, 100), PropagationMode::kNormalised);
    params.decay = decay;
    const auto divided = propagate_risk(graph, base, params).scores;
    RC_ASSERT(std::accumulate(divided.begin(), divided.end(), 0.0) <=
              all / (1 - decay) * (1 + 1e-12));
    params.mode = PropagationMode::kAmountWeighted;
    const auto diluted = propagate_risk(graph, base, params).scores;
    RC_ASSERT(*std::ranges::max_element(diluted) <= largest / (1 - decay) * (1 + 1e-12));
    params.mode = PropagationMode::kLiteral;
    params.max_risk = 3;
    const auto limited = propagate_risk(graph, base, params).scores;
    RC_ASSERT(*std::ranges::max_element(limited) <= 3);
  }
}

RC_GTEST_PROP(RiskProperties, ResidualBoundsTheDistanceToTheLimit, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto [rows, risks] = random_case(seed, 8, *rc::gen::inRange<std::size_t>(1, 60));
  const auto graph = graph_of(rows);
  const auto base = base_of(graph, risks);
  for (const auto mode : {PropagationMode::kNormalised, PropagationMode::kAmountWeighted}) {
    const auto limit = propagate_risk(graph, base, after(100, mode));
    RC_ASSERT(limit.residual < 1e-9);
    for (const int rounds : {1, 2, 5}) {
      const auto cut = propagate_risk(graph, base, after(rounds, mode));
      for (std::size_t v = 0; v < base.size(); ++v)
        RC_ASSERT(std::abs(limit.scores[v] - cut.scores[v]) <= cut.residual + 1e-9);  // decay 1/2
    }
  }
}

RC_GTEST_PROP(RiskProperties, FindingsDoNotDependOnTheOrderOfRows, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  auto [rows, risks] = random_case(seed, 15, 80);
  const auto text = [&risks = risks](const std::vector<TransferRow>& of_rows) {
    const auto graph = graph_of(of_rows);
    std::string findings;
    for (const auto mode : kModes)
      findings += detection_text(detect_risk(graph, base_of(graph, risks), after(3, mode), kUsd));
    return findings;
  };
  const auto before = text(rows);
  std::shuffle(rows.begin(), rows.end(), std::mt19937(seed));
  RC_ASSERT(text(rows) == before);
}

TEST(RiskProperties, FindingsAreTheSameForAnyNumberOfThreads) {
  const auto [rows, risks] = random_case(3, 5000, 30'000);
  const auto graph = graph_of(rows);
  const auto base = base_of(graph, risks);
  for (const auto mode : kModes) {
    const auto with_threads = [&](std::size_t threads) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
      return detection_text(detect_risk(graph, base, after(4, mode), kUsd)) +
             std::to_string(std::bit_cast<std::uint64_t>(
                 propagate_risk(graph, base, after(4, mode)).residual));
    };
    const auto one = with_threads(1);
    EXPECT_GT(one.size(), 100'000);
    EXPECT_EQ(one, with_threads(2));
  }
}

}  // namespace
}  // namespace aml::detect
