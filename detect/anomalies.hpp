// SPDX-License-Identifier: Apache-2.0
// Accounts that behave unlike the others, by an isolation forest over account features.
#pragma once

#include "detect/finding.hpp"
#include "detect/isolation_forest.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct AnomaliesParams {
  IsolationForestParams forest;
  double alert_at = 0.70;  ///< anomaly score from which an account is a finding, in (0.5, 1]
  std::uint32_t max_alerts =
      1000;             ///< only the highest scores become findings, >= 1; more sets `truncated`
  int top_reasons = 5;  ///< features named in the explanation, 1..20
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const AnomaliesParams& params);

/// Score "anomaly_score" of every account with at least one transfer to or from another account
/// (none at all if fewer than two accounts have one: nobody to compare with), and a finding for
/// each score at or above alert_at, with the features that isolated the account, their values and
/// the median of all scored accounts. Subject:  the account.   Evidence key: empty; an account has
/// one such alert. Evidence: "anomaly_score", then the features that shortened the account's paths
/// in the forest, the strongest first. Their
///           contribution is the feature's share of all shortening
///           (IsolationForest::depth_contributions), in (0, 1].
/// Order:    findings by falling score, then in key order.
Detection detect_anomalies(const graph::TransferGraph& accounts, const AnomaliesParams& params,
                           const BaseCurrency& currency);

}  // namespace aml::detect
