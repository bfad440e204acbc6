// SPDX-License-Identifier: Apache-2.0
// Numbers that describe rows of anything, and a view of them wherever they lie.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace aml::detect {

/// Shape: row-major, rows x columns.
struct FeatureMatrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<float> values;
  std::span<const float> row(std::size_t i) const {
    return std::span(values).subspan(i * columns, columns);
  }
};

/// Rows of features where they lie, in a matrix or column by column; nothing is copied, so it must
/// not outlive what it was made from. NaN means that a value is missing.
class FeatureView {
 public:
  /// Throws: std::invalid_argument if the values do not make rows x columns.
  FeatureView(const FeatureMatrix& matrix);  // NOLINT(google-explicit-constructor)
  /// Throws: std::invalid_argument if the columns differ in length.
  explicit FeatureView(std::span<const std::vector<float>> columns);

  /// These columns in this order. Requires: each is below columns().
  FeatureView with_columns(std::span<const std::size_t> columns) const;

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_.size(); }
  float at(std::size_t row, std::size_t column) const { return columns_[column][row * stride_]; }

 private:
  std::size_t rows_ = 0;
  std::size_t stride_ = 1;             ///< from a value to the next one of its column
  std::vector<const float*> columns_;  ///< the first value of each
};

/// Of each column; the lower one of two middle values. Missing values do not count; NaN if a column
/// has no other. Cost: linear.
std::vector<float> medians(const FeatureView& data);

}  // namespace aml::detect
