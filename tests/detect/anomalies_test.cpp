// SPDX-License-Identifier: Apache-2.0
#include "detect/anomalies.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>

#include "tests/detect/detection_text.hpp"
#include "tests/detect/transfer_rows.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using graph::kMicrosPerHour;
using testing_graphs::graph_of;
using testing_graphs::TransferRow;

const BaseCurrency kUsd{"USD", 2};

/// Ordinary life of `accounts` accounts: some ten payments each over a quarter of a year, by day,
/// of everyday size.
std::vector<TransferRow> ordinary_rows(std::size_t accounts, unsigned seed) {
  std::mt19937 random(seed);
  const auto account = [&] { return "A" + std::to_string(random() % accounts); };
  std::vector<TransferRow> rows;
  for (std::size_t i = 0; i < 5 * accounts; ++i) {
    const auto day = static_cast<graph::Micros>(random() % 90);
    const auto hour = static_cast<graph::Micros>(8 + random() % 12);
    rows.push_back({account(), account(), static_cast<graph::MinorUnits>(1'000 + random() % 50'000),
                    day * kMicrosPerDay + hour * kMicrosPerHour});
  }
  return rows;
}

/// X is paid 300 times in one night by 300 accounts, just below 10,000, and sends it on at once.
std::vector<TransferRow> rows_with_outlier() {
  auto rows = ordinary_rows(1000, 1);
  for (int i = 0; i < 300; ++i) {
    const graph::Micros at =
        40 * kMicrosPerDay + 2 * kMicrosPerHour + 2 * i * graph::kMicrosPerSecond;
    rows.push_back({"A" + std::to_string(i), "X", 990'000 + i, at});
    rows.push_back({"X", "A" + std::to_string(i + 300), 980'000, at + graph::kMicrosPerSecond});
  }
  return rows;
}

TEST(AnomaliesParams, RefuseValuesOutOfRange) {
  const auto refused = [](auto change) {
    AnomaliesParams params;
    change(params);
    EXPECT_THROW(validate(params), std::invalid_argument);
  };
  EXPECT_NO_THROW(validate(AnomaliesParams{}));
  refused([](auto& p) { p.alert_at = 0.5; });
  refused([](auto& p) { p.alert_at = 1.01; });
  refused([](auto& p) { p.alert_at = std::numeric_limits<double>::quiet_NaN(); });
  refused([](auto& p) { p.max_alerts = 0; });
  refused([](auto& p) { p.top_reasons = 0; });
  refused([](auto& p) { p.top_reasons = 21; });
  refused([](auto& p) { p.forest.trees = 0; });
  refused([](auto& p) { p.forest.sample_size = 1; });
}

TEST(Anomalies, PlantedAccountIsTheFirstFinding) {
  const auto detection = detect_anomalies(graph_of(rows_with_outlier()), {}, kUsd);
  ASSERT_FALSE(detection.findings.empty());
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "X");
  EXPECT_EQ(finding.subject_kind, EntityKind::kAccount);
  EXPECT_EQ(finding.evidence_key, "");
  EXPECT_GE(finding.score, 0.70);
  EXPECT_LE(finding.score, 1);
}

TEST(Anomalies, FindingTellsTheAccountsWholeMoneyAndTime) {
  auto rows = rows_with_outlier();
  rows.push_back({"X", "X", 77'700, 0});  // a self-loop counts nowhere
  const auto detection = detect_anomalies(graph_of(rows), {}, kUsd);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.amount_minor, 300 * 990'000 + 299 * 300 / 2 + 300 * 980'000);
  const graph::Micros first = 40 * kMicrosPerDay + 2 * kMicrosPerHour;
  EXPECT_EQ(finding.first_activity, first);
  EXPECT_EQ(finding.last_activity, first + (2 * 299 + 1) * graph::kMicrosPerSecond);
  EXPECT_TRUE(finding.transfers.empty());
  ASSERT_EQ(finding.entities.size(), 1);
  EXPECT_EQ(finding.entities[0].key, "X");
  EXPECT_EQ(finding.entities[0].role, "subject");
}

TEST(Anomalies, EvidenceIsTheScoreAndThenTheStrongestReasons) {
  AnomaliesParams params;
  params.alert_at = 0.65;
  params.top_reasons = 4;
  const auto detection = detect_anomalies(graph_of(rows_with_outlier()), params, kUsd);
  const auto& evidence = detection.findings.front().evidence;
  ASSERT_EQ(evidence.size(), 5);
  EXPECT_EQ(evidence[0].feature, "anomaly_score");
  EXPECT_EQ(evidence[0].threshold, "0.65");
  EXPECT_FALSE(evidence[0].contribution);
  EXPECT_NE(evidence[0].sentence.find("rank 1 of 1,001 accounts"), std::string::npos)
      << evidence[0].sentence;
  double sum = 0;
  for (std::size_t i = 1; i < evidence.size(); ++i) {
    ASSERT_TRUE(evidence[i].contribution);
    EXPECT_GT(*evidence[i].contribution, 0);
    EXPECT_TRUE(i == 1 || *evidence[i].contribution <= *evidence[i - 1].contribution);
    sum += *evidence[i].contribution;
  }
  EXPECT_LE(sum, 1);
}

/// The sentence of every feature of account X among nine others, as far as it speaks against it.
std::map<std::string, EvidenceItem> reasons_for(const std::vector<TransferRow>& rows,
                                                const std::string& account) {
  AnomaliesParams params;
  params.alert_at = 0.500001;
  params.top_reasons = 20;
  std::map<std::string, EvidenceItem> reasons;
  for (const Finding& finding : detect_anomalies(graph_of(rows), params, kUsd).findings) {
    if (finding.subject != account) continue;
    for (const auto& item : finding.evidence) reasons[item.feature] = item;
  }
  return reasons;
}

TEST(Anomalies, SentencesHoldTheValueAgainstTheMedian) {
  // Eight accounts each pay the next two on a day of their own; X pays all of them just below
  // 10,000 on one day.
  std::vector<TransferRow> rows;
  const auto name = [](int i) { return "A" + std::to_string(i % 8); };
  for (int i = 0; i < 8; ++i) {
    rows.push_back({name(i), name(i + 1), 12'345, i * kMicrosPerDay});
    rows.push_back({name(i), name(i + 2), 12'345, i * kMicrosPerDay});
    rows.push_back({"X", name(i), 950'000, 100 * kMicrosPerDay});
  }
  const auto reasons = reasons_for(rows, "X");
  const auto sentence = [&](const std::string& feature) {
    return reasons.contains(feature) ? reasons.at(feature).sentence : "not a reason";
  };
  EXPECT_EQ(sentence("payees"), "Paid 8 distinct accounts; half of all accounts: 2 or fewer.");
  EXPECT_EQ(sentence("payers"),
            "Was paid by 0 distinct accounts; half of all accounts: 3 or more.");
  EXPECT_EQ(sentence("active_days"), "Was active on 1 day; half of all accounts: 4 days or more.");
  EXPECT_EQ(sentence("just_below_threshold_share"),
            "Moved amounts just below 10,000 in 100 % of its transfers; half of all accounts: 20 % "
            "or less.");
  EXPECT_EQ(sentence("round_amount_share"),
            "Moved round amounts in 100 % of its transfers; half of all accounts: 20 % or less.");
  EXPECT_EQ(sentence("mean_amount_out"),
            "Sent 9,500.00 USD in a mean transfer; half of all accounts: 123.45 USD or less.");
  EXPECT_EQ(sentence("out_in_ratio"),
            "Sent 10 or more times what it received; half of all accounts: 0.03 or less.");
  // 100 days is the period of the data; the others pass on after a day, or after six.
  EXPECT_EQ(sentence("pass_through_hours"),
            "Never passed money on; half of all accounts: 24 hours or less.");
  EXPECT_EQ(reasons.at("payees").observed, "8");
  EXPECT_EQ(reasons.at("just_below_threshold_share").observed, "1");
  EXPECT_EQ(reasons.at("mean_amount_out").observed, "9500.00");
}

TEST(Anomalies, MedianOfZeroIsTheLeastThereIs) {
  std::vector<TransferRow> rows;
  for (int i = 0; i < 8; ++i) rows.push_back({"X", "A" + std::to_string(i)});
  EXPECT_EQ(reasons_for(rows, "X").at("payees").sentence,
            "Paid 8 distinct accounts; half of all accounts: 0.");
}

TEST(Anomalies, MoneyInEvidenceIsExact) {
  // 123,456,789,012.34 has more digits than a float.
  auto rows = ordinary_rows(500, 3);
  rows.push_back({"X", "A1", 12'345'678'901'234, 5 * kMicrosPerDay});
  rows.push_back({"X", "A2", 1, 6 * kMicrosPerDay});
  const auto reasons = reasons_for(rows, "X");
  ASSERT_TRUE(reasons.contains("amount_out"));
  EXPECT_EQ(reasons.at("amount_out").observed, "123456789012.35");
  EXPECT_TRUE(reasons.at("amount_out")
                  .sentence.starts_with("Sent 123,456,789,012.35 USD in all; half of all"))
      << reasons.at("amount_out").sentence;
  ASSERT_TRUE(reasons.contains("largest_amount_out"));
  EXPECT_EQ(reasons.at("largest_amount_out").observed, "123456789012.34");
  ASSERT_TRUE(reasons.contains("mean_amount_out"));
  EXPECT_EQ(reasons.at("mean_amount_out").observed, "61728394506.18");  // a half rounds up
}

TEST(Anomalies, ExplanationNamesTheReasons) {
  AnomaliesParams params;
  params.top_reasons = 2;
  const auto detection = detect_anomalies(graph_of(rows_with_outlier()), params, kUsd);
  const std::string& explanation = detection.findings.front().explanation;
  EXPECT_TRUE(explanation.starts_with("Behaves unlike the other 1,000 accounts (anomaly score 0."))
      << explanation;
  EXPECT_NE(explanation.find(" and "), std::string::npos) << explanation;
  EXPECT_TRUE(explanation.ends_with('.')) << explanation;
}

TEST(Anomalies, SideWithoutTransfersIsNamedOnceInTheExplanation) {
  std::vector<TransferRow> rows;
  for (int i = 0; i < 8; ++i) {
    rows.push_back({"A" + std::to_string(i), "A" + std::to_string((i + 1) % 8), 500});
    rows.push_back({"X", "A" + std::to_string(i), 500});
  }
  AnomaliesParams params;
  params.alert_at = 0.51;
  params.top_reasons = 20;
  const auto detection = detect_anomalies(graph_of(rows), params, kUsd);
  ASSERT_EQ(detection.findings.front().subject, "X");
  const std::string& explanation = detection.findings.front().explanation;
  const auto first = explanation.find("received no money");
  ASSERT_NE(first, std::string::npos) << explanation;
  EXPECT_EQ(explanation.find("received no money", first + 1), std::string::npos) << explanation;
  EXPECT_EQ(explanation.find(" 0.00 USD"), std::string::npos) << explanation;
}

TEST(Anomalies, EveryAccountWithATransferToAnotherIsScored) {
  auto rows = ordinary_rows(50, 2);
  rows.push_back({"LOOP", "LOOP"});
  const auto graph = graph_of(rows, {"SILENT"});
  const auto detection = detect_anomalies(graph, {}, kUsd);
  ASSERT_EQ(detection.scores.size(), 1);
  EXPECT_EQ(detection.scores[0].measure, "anomaly_score");
  EXPECT_EQ(detection.scores[0].kind, EntityKind::kAccount);
  const auto& values = detection.scores[0].values;
  EXPECT_EQ(values.size(), graph.num_vertices() - 2);
  EXPECT_TRUE(std::is_sorted(values.begin(), values.end(), [](const auto& a, const auto& b) {
    return graph::key_less(a.first, b.first);
  }));
  for (const auto& [key, score] : values) {
    EXPECT_NE(key, "LOOP");
    EXPECT_NE(key, "SILENT");
    EXPECT_GT(score, 0);
    EXPECT_LE(score, 1);
  }
}

TEST(Anomalies, FindingScoreIsTheScoreOfTheTable) {
  AnomaliesParams params;
  params.alert_at = 0.55;
  const auto detection = detect_anomalies(graph_of(rows_with_outlier()), params, kUsd);
  const auto& values = detection.scores[0].values;
  std::size_t at_alert = 0;
  for (const auto& [key, score] : values) at_alert += score >= params.alert_at;
  EXPECT_EQ(detection.findings.size(), at_alert);
  EXPECT_GT(at_alert, 1);
  for (const Finding& finding : detection.findings) {
    const auto found = std::find_if(values.begin(), values.end(), [&](const auto& value) {
      return value.first == finding.subject;
    });
    ASSERT_NE(found, values.end());
    EXPECT_EQ(finding.score, found->second);
  }
  EXPECT_TRUE(std::is_sorted(detection.findings.begin(), detection.findings.end(),
                             [](const Finding& a, const Finding& b) { return a.score > b.score; }));
}

TEST(Anomalies, OnlyTheHighestScoresBecomeFindings) {
  const auto graph = graph_of(rows_with_outlier());
  AnomaliesParams params;
  params.alert_at = 0.55;
  const auto all = detect_anomalies(graph, params, kUsd);
  EXPECT_FALSE(all.truncated);
  ASSERT_GT(all.findings.size(), 3);
  params.max_alerts = 3;
  const auto few = detect_anomalies(graph, params, kUsd);
  EXPECT_TRUE(few.truncated);
  ASSERT_EQ(few.findings.size(), 3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(finding_text(few.findings[i]), finding_text(all.findings[i]));
  }
  params.max_alerts = static_cast<std::uint32_t>(all.findings.size());
  EXPECT_FALSE(detect_anomalies(graph, params, kUsd).truncated);
}

TEST(Anomalies, WithoutTwoAccountsThereIsNobodyToCompareWith) {
  for (const auto& rows : {std::vector<TransferRow>{}, std::vector<TransferRow>{{"A", "A"}}}) {
    const auto detection = detect_anomalies(graph_of(rows, {"B"}), {}, kUsd);
    EXPECT_TRUE(detection.findings.empty());
    ASSERT_EQ(detection.scores.size(), 1);
    EXPECT_TRUE(detection.scores[0].values.empty());
  }
}

TEST(Anomalies, AccountsThatDoTheSameAreNoFindings) {
  // A ring in which everybody pays the next the same sum every day at the same time.
  std::vector<TransferRow> rows;
  for (int i = 0; i < 20; ++i) {
    rows.push_back({"A" + std::to_string(i), "A" + std::to_string((i + 1) % 20), 5000, 0});
  }
  EXPECT_TRUE(detect_anomalies(graph_of(rows), {}, kUsd).findings.empty());
}

TEST(Anomalies, DetectionsAreTheSameForAnyNumberOfThreads) {
  const auto graph = graph_of(rows_with_outlier());
  AnomaliesParams params;
  params.alert_at = 0.55;
  const auto with_threads = [&](std::size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    return detection_text(detect_anomalies(graph, params, kUsd));
  };
  const auto one = with_threads(1);
  EXPECT_GT(one.size(), 10'000);
  EXPECT_EQ(one, with_threads(2));
}

RC_GTEST_PROP(AnomaliesProperties, DetectionsDoNotDependOnTheOrderOfRows, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  auto rows = ordinary_rows(*rc::gen::inRange<std::size_t>(2, 60), seed);
  // Keys stay with their transfers when the rows are shuffled.
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].key = "T" + std::to_string(i);
  AnomaliesParams params;
  params.alert_at = 0.55;
  params.forest = {20, 32, seed};
  const auto before = detection_text(detect_anomalies(graph_of(rows), params, kUsd));
  std::shuffle(rows.begin(), rows.end(), std::mt19937(seed));
  RC_ASSERT(detection_text(detect_anomalies(graph_of(rows), params, kUsd)) == before);
}

}  // namespace
}  // namespace aml::detect
