// SPDX-License-Identifier: Apache-2.0
#include "detect/forest_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "detect/sentences.hpp"

namespace aml::detect {
namespace {

constexpr double kOrdinaryScore = 0.5;

void validate_names(std::span<const std::string> names, std::size_t columns) {
  if (names.size() != columns) {
    throw std::invalid_argument(
        fmt::format("forest: {} names for {} columns", names.size(), columns));
  }
  std::vector<std::string> sorted(names.begin(), names.end());
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
    throw std::invalid_argument(fmt::format("forest: two columns are called '{}'", *twice));
  }
  for (const std::string& name : names) {
    if (name.empty() || name.size() > std::numeric_limits<std::uint16_t>::max()) {
      throw std::invalid_argument(
          fmt::format("forest: the name of a column has {} bytes, outside 1..65535", name.size()));
    }
  }
}

/// Linear between the two nearest values.
double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const double position = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double part = position - static_cast<double>(below);
  const double step = values[above] - values[below];
  return part < 0.5 ? values[below] + step * part : values[above] - step * (1 - part);
}

std::string reason_text(const std::string& name, float value, float median) {
  if (std::isnan(value)) return name + " is missing";
  std::string text = fmt::format("{} is {:.6g}", name, value);
  if (std::isnan(median)) return text + ", which no training row has";
  if (value == median) return text + ", the median";
  return text +
         fmt::format(", half of all rows {:.6g} or {}", median, value > median ? "less" : "more");
}

}  // namespace

double contamination_threshold(std::vector<double> scores, double contamination) {
  for (double& score : scores) score = -score;
  return -percentile(std::move(scores), contamination);
}

ForestModel fit_forest_model(const FeatureView& data, std::vector<std::string> columns,
                             const IsolationForestParams& params,
                             std::optional<double> contamination) {
  validate_names(columns, data.columns());
  if (contamination && !(*contamination > 0 && *contamination <= 0.5)) {
    throw std::invalid_argument(
        fmt::format("contamination: {} is outside (0, 0.5]", *contamination));
  }
  ForestModel model{.columns = std::move(columns),
                    .medians = medians(data),
                    .threshold = kOrdinaryScore,
                    .forest = IsolationForest::fit(data, params)};
  if (contamination) {
    model.threshold = contamination_threshold(model.forest.score(data), *contamination);
  }
  return model;
}

std::string reasons_text(const ForestModel& model, std::span<const float> row,
                         std::size_t at_most) {
  std::string text;
  for (const Reason& reason : top_reasons(model.forest.depth_contributions(row), at_most)) {
    if (reason.share < kLeastShareTold) break;
    if (!text.empty()) text += "; ";
    text += fmt::format(
        "{} ({})",
        reason_text(model.columns[reason.column], row[reason.column], model.medians[reason.column]),
        percent_text(reason.share));
  }
  return text;
}

}  // namespace aml::detect
