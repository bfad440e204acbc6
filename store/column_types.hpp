// SPDX-License-Identifier: Apache-2.0
// What the values of a file look like. For the sources of this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/record_reader.hpp"

namespace aml::store {

/// Infers the type of each column from the values that are shown to it.
class ColumnTypes {
 public:
  static constexpr std::size_t kSampleRecords = 1000;  ///< more are not looked at

  explicit ColumnTypes(std::size_t columns) : types_(columns, Type::kUnknown) {}

  /// Requires: the record has a value for each column, or is defective.
  void observe(const Record& record);

  /// For each column integer, numeric, boolean, date, timestamptz, json or text: the narrowest one
  /// that every value fits which is not empty; unknown if there is none. Numbers with leading zeros
  /// are text: they are codes.
  std::vector<std::string> names() const;

 private:
  enum class Type : std::uint8_t {
    kUnknown,
    kInteger,
    kNumeric,
    kBoolean,
    kDate,
    kTimestamp,
    kJson,
    kText
  };

  static Type type_of(std::string_view value);
  static Type common(Type a, Type b);

  std::vector<Type> types_;
  std::size_t observed_ = 0;
};

}  // namespace aml::store
