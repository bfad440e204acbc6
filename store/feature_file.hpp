// SPDX-License-Identifier: Apache-2.0
// Rows of numbers in a CSV file of an analyst's own, and models in files.
#pragma once

#include <string>
#include <vector>

namespace aml::store {

struct FeatureFile {
  std::vector<std::string> names;           ///< lower case, without outer blanks
  std::vector<std::vector<float>> columns;  ///< one for each name; NaN where the file has nothing

  std::size_t rows() const { return columns.front().size(); }
};

/// All columns of a file but those that are left out. Plain or .gz. Names are compared without case
/// and outer blanks. A value is a decimal number, also with an exponent, kept to float precision;
/// nothing, `nan`, `null` and `na` are missing values.
/// Throws: StoreError kRefusedData with file and line if a row cannot be read, a value is no number
///         or not finite as float, a column that is left out is not there, or none remains.
FeatureFile read_feature_file(const std::string& path, const std::vector<std::string>& left_out);

/// Likewise these columns only, in this order; the file may have others.
FeatureFile read_feature_columns(const std::string& path, const std::vector<std::string>& names);

/// The bytes of a file, if gzip its content. Throws: StoreError kRefusedData if it cannot be read or
/// holds more than 1 GiB.
std::string read_model_file(const std::string& path);

}  // namespace aml::store
