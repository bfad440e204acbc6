// SPDX-License-Identifier: Apache-2.0
#include "detect/anomalies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>

#include "detect/features.hpp"
#include "detect/sentences.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::MinorSum;
using graph::TransferGraph;
using graph::Vertex;

bool has_transfers(std::span<const float> row) {
  return row[static_cast<std::size_t>(Feature::kTransfersIn)] > 0 ||
         row[static_cast<std::size_t>(Feature::kTransfersOut)] > 0;
}

/// The exact money of an account: features are floats, and evidence is not rounded.
struct Turnover {
  struct Side {
    MinorSum sum = 0;
    MinorSum largest = 0;
    MinorSum transfers = 0;

    MinorSum mean() const { return transfers == 0 ? 0 : (2 * sum + transfers) / (2 * transfers); }
  };
  Side in;
  Side out;
  bool passes_on = false;  ///< something was sent after something was received
  std::optional<graph::Micros> first;
  std::optional<graph::Micros> last;
};

Turnover turnover_of(const TransferGraph& graph, Vertex account) {
  Turnover turnover;
  const auto add = [&](Turnover::Side& side, Edge edge) {
    const graph::Micros at = graph.booked_at(edge);
    turnover.first = std::min(turnover.first.value_or(at), at);
    turnover.last = std::max(turnover.last.value_or(at), at);
    side.sum += graph.amount_minor(edge);
    side.largest = std::max<MinorSum>(side.largest, graph.amount_minor(edge));
    side.transfers += 1;
  };
  std::optional<Edge> first_arrival;
  for (const Edge position : graph.in_edges(account)) {
    if (graph.in_source(position) == account) continue;
    add(turnover.in, graph.in_edge(position));
    first_arrival = first_arrival.value_or(graph.in_edge(position));
  }
  for (const Edge edge : graph.out_edges(account)) {
    if (graph.target(edge) == account) continue;
    add(turnover.out, edge);
    turnover.passes_on |= first_arrival && graph.before(*first_arrival, edge);
  }
  return turnover;
}

/// Absent: the feature is not money.
std::optional<MinorSum> money_of(Feature feature, const Turnover& turnover) {
  switch (feature) {
    case Feature::kAmountIn:
      return turnover.in.sum;
    case Feature::kAmountOut:
      return turnover.out.sum;
    case Feature::kMeanAmountIn:
      return turnover.in.mean();
    case Feature::kMeanAmountOut:
      return turnover.out.mean();
    case Feature::kLargestAmountIn:
      return turnover.in.largest;
    case Feature::kLargestAmountOut:
      return turnover.out.largest;
    default:
      return std::nullopt;
  }
}

MinorSum minor_of(float units, const BaseCurrency& currency) {
  return static_cast<MinorSum>(std::llround(units * std::pow(10.0, currency.exponent)));
}

/// To a hundredth, without zeros at the end.
std::string number_text(double value) {
  return fmt::format("{:.10g}", std::round(value * 100) / 100);
}

std::string number_of(double value, const std::string& noun) {
  const std::string number = number_text(value);
  return number + " " + noun + (number == "1" ? "" : "s");
}

/// What an account did, as told in evidence.
class FeatureText {
 public:
  FeatureText(std::size_t column, float value, float median, const Turnover& turnover,
              const BaseCurrency& currency)
      : definition_(feature_definitions()[column]),
        feature_(static_cast<Feature>(column)),
        value_(value),
        median_(median),
        turnover_(turnover),
        money_(money_of(feature_, turnover)),
        currency_(currency) {}

  std::string observed() const {
    if (money_) return plain_money(*money_, currency_);
    return unit() == "share" ? share_text(value_) : number_text(value_);
  }

  /// "paid 412 distinct accounts".
  std::string phrase() const {
    if (feature_ == Feature::kPassThroughHours && !turnover_.passes_on) {
      return "never passed money on";
    }
    return fmt::format(fmt::runtime(definition_.phrase), value_text());
  }

  /// The same for a list of reasons, where "received no money" says all about a side without
  /// transfers.
  std::string short_phrase() const {
    switch (feature_) {
      case Feature::kTransfersIn:
      case Feature::kPayers:
      case Feature::kAmountIn:
      case Feature::kMeanAmountIn:
      case Feature::kLargestAmountIn:
        return turnover_.in.transfers == 0 ? "received no money" : phrase();
      case Feature::kTransfersOut:
      case Feature::kPayees:
      case Feature::kAmountOut:
      case Feature::kMeanAmountOut:
      case Feature::kLargestAmountOut:
        return turnover_.out.transfers == 0 ? "sent no money" : phrase();
      default:
        return phrase();
    }
  }

  /// "Paid 412 distinct accounts; half of all accounts: 6 or fewer."
  std::string sentence() const {
    std::string text = phrase();
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    return text + comparison();
  }

 private:
  std::string_view unit() const { return definition_.unit; }

  std::string value_text() const {
    if (money_) return format_money(*money_, currency_);
    if (unit() == "transfers") return count_of(static_cast<std::size_t>(value_), "transfer");
    if (unit() == "accounts") return count_of(static_cast<std::size_t>(value_), "distinct account");
    if (unit() == "transfers per day") return number_of(value_, "transfer");
    if (unit() == "ratio" && value_ >= kMaxOutInRatio) return number_text(value_) + " or more";
    return median_text(value_);
  }

  std::string comparison() const {
    if (value_ == median_) return "; that is the median of all accounts.";
    if (median_ == 0) return fmt::format("; half of all accounts: {}.", median_text(median_));
    const bool counted = unit() == "transfers" || unit() == "accounts";
    const char* or_less = counted ? "fewer" : "less";
    return fmt::format("; half of all accounts: {} or {}.", median_text(median_),
                       value_ > median_ ? or_less : "more");
  }

  /// A value with its measure, but without the noun it counts.
  std::string median_text(float value) const {
    if (money_) return format_money(minor_of(value, currency_), currency_);
    if (unit() == "hours") return number_of(value, "hour");
    if (unit() == "days") return number_of(value, "day");
    return unit() == "share" ? percent_text(value) : number_text(value);
  }

  const FeatureDefinition& definition_;
  Feature feature_;
  float value_;
  float median_;
  const Turnover& turnover_;
  std::optional<MinorSum> money_;
  const BaseCurrency& currency_;
};

/// Everything a finding is held against.
struct Comparison {
  const TransferGraph& graph;
  const AccountPopulation& population;
  const FeatureView& features;                ///< of the population, in the model's columns
  const std::vector<std::size_t>& positions;  ///< of these columns in feature_definitions()
  const IsolationForest& forest;
  const std::vector<float>& medians;
  const AnomaliesParams& params;
  const BaseCurrency& currency;
};

EvidenceItem score_evidence(double score, std::size_t rank, const Comparison& with) {
  return {
      "anomaly_score", fmt::format("{:.4f}", score), share_text(with.params.alert_at), std::nullopt,
      fmt::format("Anomaly score {:.3f}, rank {} of {}; alerts start at {}, an ordinary account "
                  "has 0.5 or less.",
                  score, rank, count_of(with.population.accounts.size(), "account"),
                  share_text(with.params.alert_at))};
}

Finding finding_of(std::size_t row, double score, std::size_t rank, const Comparison& with) {
  const Vertex account = with.population.accounts[row];
  std::vector<float> features;
  for (std::size_t column = 0; column < with.features.columns(); ++column) {
    features.push_back(with.features.at(row, column));
  }
  const Turnover turnover = turnover_of(with.graph, account);
  Finding finding;
  finding.subject_kind = EntityKind::kAccount;
  finding.subject = with.graph.key(account);
  finding.score = score;
  finding.amount_minor = to_minor_units(turnover.in.sum + turnover.out.sum);
  finding.first_activity = turnover.first;
  finding.last_activity = turnover.last;
  finding.entities.push_back({EntityKind::kAccount, finding.subject, "subject"});
  finding.evidence.push_back(score_evidence(score, rank, with));

  std::vector<std::string> phrases;
  for (const Reason& reason : top_reasons(with.forest.depth_contributions(features),
                                          static_cast<std::size_t>(with.params.top_reasons))) {
    const std::size_t feature = with.positions[reason.column];
    const FeatureText text(feature, features[reason.column], with.medians[reason.column], turnover,
                           with.currency);
    finding.evidence.push_back({std::string(feature_definitions()[feature].name), text.observed(),
                                std::nullopt, reason.share, text.sentence()});
    if (std::ranges::find(phrases, text.short_phrase()) == phrases.end()) {
      phrases.push_back(text.short_phrase());
    }
  }
  finding.explanation =
      fmt::format("Behaves unlike the other {} (anomaly score {:.3f}, rank {}): {}.",
                  count_of(with.population.accounts.size() - 1, "account"), score, rank,
                  list_of(phrases, phrases.size()));
  return finding;
}

/// The rows at or above alert_at, by falling score.
std::vector<std::size_t> alerts_among(const std::vector<double>& scores, double alert_at) {
  std::vector<std::size_t> alerts;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (scores[row] >= alert_at) alerts.push_back(row);
  }
  std::ranges::stable_sort(alerts, std::greater<>(), [&](std::size_t row) { return scores[row]; });
  return alerts;
}

Detection with_counts(Detection detection, std::size_t scored, std::size_t alerts) {
  detection.counts.emplace_back("accounts_scored", scored);
  detection.counts.emplace_back("accounts_at_alert", alerts);
  return detection;
}

Detection nothing_scored() {
  Detection detection;
  detection.scores.push_back({EntityKind::kAccount, "anomaly_score", {}});
  return with_counts(std::move(detection), 0, 0);
}

}  // namespace

void validate(const AnomaliesParams& params) {
  validate(params.forest);
  if (!(params.alert_at > 0.5 && params.alert_at <= 1)) {
    throw std::invalid_argument(fmt::format("alert_at: {} is outside (0.5, 1]", params.alert_at));
  }
  if (params.max_alerts < 1) throw std::invalid_argument("max_alerts: 0 is outside 1..4294967295");
  if (params.top_reasons < 1 || params.top_reasons > 20) {
    throw std::invalid_argument(
        fmt::format("top_reasons: {} is outside 1..20", params.top_reasons));
  }
}

AccountPopulation active_accounts(const TransferGraph& graph, const BaseCurrency& currency) {
  AccountPopulation population{{}, account_features(graph, currency.exponent)};
  FeatureMatrix& features = population.features;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    const auto row = features.row(v);
    if (!has_transfers(row)) continue;
    const auto kept = population.accounts.size() * features.columns;
    std::copy(row.begin(), row.end(), features.values.begin() + static_cast<std::ptrdiff_t>(kept));
    population.accounts.push_back(v);
  }
  features.rows = population.accounts.size();
  features.values.resize(features.rows * features.columns);
  return population;
}

std::vector<std::string> account_feature_names() {
  std::vector<std::string> names;
  for (const FeatureDefinition& feature : feature_definitions()) names.emplace_back(feature.name);
  return names;
}

std::vector<std::size_t> account_feature_columns(std::span<const std::string> names) {
  const auto definitions = feature_definitions();
  std::vector<std::size_t> columns;
  for (const std::string& name : names) {
    const auto found =
        std::ranges::find(definitions, std::string_view(name), &FeatureDefinition::name);
    if (found == definitions.end()) {
      throw std::invalid_argument(
          fmt::format("'{}' is no feature of accounts that this program makes", name));
    }
    columns.push_back(static_cast<std::size_t>(found - definitions.begin()));
  }
  return columns;
}

Detection detect_anomalies(const TransferGraph& accounts, const AccountPopulation& population,
                           const ForestModel& model, const AnomaliesParams& params,
                           const BaseCurrency& currency) {
  validate(params);
  const std::vector<std::size_t> positions = account_feature_columns(model.columns);
  if (!population.can_be_compared()) return nothing_scored();
  const auto features = FeatureView(population.features).with_columns(positions);
  const std::vector<double> scores = model.forest.score(features);
  ScoreTable table{EntityKind::kAccount, "anomaly_score", {}};
  for (std::size_t row = 0; row < scores.size(); ++row) {
    table.values.emplace_back(accounts.key(population.accounts[row]), scores[row]);
  }

  Detection detection;
  const std::vector<float> median = medians(features);
  const Comparison with{accounts,     population, features, positions,
                        model.forest, median,     params,   currency};
  const std::vector<std::size_t> alerts = alerts_among(scores, params.alert_at);
  const auto told = std::min<std::size_t>(alerts.size(), params.max_alerts);
  for (std::size_t rank = 1; rank <= told; ++rank) {
    const std::size_t row = alerts[rank - 1];
    detection.findings.push_back(finding_of(row, scores[row], rank, with));
  }
  detection.truncated = alerts.size() > params.max_alerts;
  detection.scores.push_back(std::move(table));
  return with_counts(std::move(detection), scores.size(), alerts.size());
}

Detection detect_anomalies(const TransferGraph& accounts, const AnomaliesParams& params,
                           const BaseCurrency& currency) {
  validate(params);
  const AccountPopulation population = active_accounts(accounts, currency);
  if (!population.can_be_compared()) return nothing_scored();
  const ForestModel model = fit_forest_model(population.features, account_feature_names(),
                                             params.forest, /*contamination=*/std::nullopt);
  return detect_anomalies(accounts, population, model, params, currency);
}

}  // namespace aml::detect
