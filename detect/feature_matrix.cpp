// SPDX-License-Identifier: Apache-2.0
#include "detect/feature_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace aml::detect {

FeatureView::FeatureView(const FeatureMatrix& matrix)
    : rows_(matrix.rows), stride_(matrix.columns) {
  if (matrix.values.size() != matrix.rows * matrix.columns) {
    throw std::invalid_argument(
        fmt::format("feature matrix: {} values do not make {} rows of {} columns",
                    matrix.values.size(), matrix.rows, matrix.columns));
  }
  for (std::size_t column = 0; column < matrix.columns; ++column) {
    columns_.push_back(matrix.values.data() + column);
  }
}

FeatureView::FeatureView(std::span<const std::vector<float>> columns)
    : rows_(columns.empty() ? 0 : columns.front().size()) {
  for (const auto& column : columns) {
    if (column.size() != rows_) {
      throw std::invalid_argument(fmt::format("feature columns: column {} has {} rows, others {}",
                                              columns_.size(), column.size(), rows_));
    }
    columns_.push_back(column.data());
  }
}

FeatureView FeatureView::with_columns(std::span<const std::size_t> columns) const {
  FeatureView chosen = *this;
  chosen.columns_.clear();
  for (const std::size_t column : columns) chosen.columns_.push_back(columns_[column]);
  return chosen;
}

std::vector<float> medians(const FeatureView& data) {
  std::vector<float> result;
  std::vector<float> values;
  for (std::size_t column = 0; column < data.columns(); ++column) {
    values.clear();
    for (std::size_t row = 0; row < data.rows(); ++row) {
      const float value = data.at(row, column);
      if (!std::isnan(value)) values.push_back(value);
    }
    if (values.empty()) {
      result.push_back(std::numeric_limits<float>::quiet_NaN());
      continue;
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::nth_element(values.begin(), middle, values.end());
    result.push_back(*middle);
  }
  return result;
}

}  // namespace aml::detect
