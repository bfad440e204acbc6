// SPDX-License-Identifier: Apache-2.0
// JSON objects as rows of one table. For the sources of this folder only.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/json_object.hpp"
#include "store/record_reader.hpp"

namespace aml::store {

/// Each text is an object, its members the values of a row; which keys there are and in which order
/// may change from one to the next.
class JsonRows {
 public:
  static constexpr std::size_t kMaxKeys = 1000;  ///< of all objects together

  /// The columns begin with `keys`: with those of all objects every record has all columns.
  explicit JsonRows(std::vector<std::string> keys);

  /// All keys so far, in order of first appearance.
  const std::vector<std::string>& columns() const { return columns_; }

  /// Fills all of the record but its place: its values, or its defect and raw bytes. They point into
  /// the text and into this object until the next call. An object whose keys would make more than
  /// kMaxKeys columns has the defect kTooManyKeys and adds none.
  void read(std::string_view text, Record& record);

 private:
  LineDefect read_object(std::string_view text, Record& record);
  bool find_columns();
  std::size_t column_of(std::string_view key, std::size_t guess);

  std::vector<std::string> columns_;
  std::map<std::string, std::size_t, std::less<>> positions_;  // of columns_, by name
  std::vector<std::size_t> found_;                             // for each member of the object
  JsonObject object_;
};

}  // namespace aml::store
