// SPDX-License-Identifier: Apache-2.0
// Accounts that behave unlike the others, by an isolation forest over account features.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "detect/feature_matrix.hpp"
#include "detect/finding.hpp"
#include "detect/forest_model.hpp"
#include "detect/isolation_forest.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct AnomaliesParams {
  std::string model =
      "account_anomalies";       ///< registered name of what scores; nothing here knows it
  IsolationForestParams forest;  ///< how one is fitted if there is none
  double alert_at = 0.70;        ///< anomaly score from which an account is a finding, in (0.5, 1]
  std::uint32_t max_alerts =
      1000;             ///< only the highest scores become findings, >= 1; more sets `truncated`
  int top_reasons = 5;  ///< features named in the explanation, 1..20
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const AnomaliesParams& params);

/// The accounts that are compared with each other: those with at least one transfer to or from
/// another account, in key order.
struct AccountPopulation {
  std::vector<graph::Vertex> accounts;
  FeatureMatrix features;  ///< a row for each of them, the columns of account_features()

  /// Of fewer than two accounts none is unlike the others.
  bool can_be_compared() const { return accounts.size() >= 2; }
};
AccountPopulation active_accounts(const graph::TransferGraph& accounts,
                                  const BaseCurrency& currency);

/// The names of the columns of account_features().
std::vector<std::string> account_feature_names();

/// Where these features stand among the columns of account_features(). Throws: std::invalid_argument
/// that names a feature which is not one of them.
std::vector<std::size_t> account_feature_columns(std::span<const std::string> names);

/// Score "anomaly_score" of every account of the population (none at all if they cannot be compared),
/// and a finding for each score at or above alert_at, with the features that isolated the account,
/// their values and the median of all scored accounts.
/// Subject:  the account.   Evidence key: empty; an account has one such alert.
/// Evidence: "anomaly_score", then the features that shortened the account's paths in the forest, the
///           strongest first. Their contribution is the feature's share of all shortening
///           (IsolationForest::depth_contributions), in (0, 1].
/// Order:    findings by falling score, then in key order.
/// Throws:   std::invalid_argument if the model has a column that is no feature of accounts.
Detection detect_anomalies(const graph::TransferGraph& accounts,
                           const AccountPopulation& population, const ForestModel& model,
                           const AnomaliesParams& params, const BaseCurrency& currency);

/// The same with a model that is fitted to these very accounts.
Detection detect_anomalies(const graph::TransferGraph& accounts, const AnomaliesParams& params,
                           const BaseCurrency& currency);

}  // namespace aml::detect
