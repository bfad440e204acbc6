// SPDX-License-Identifier: Apache-2.0
// A CSV file of an analyst's own, whose columns are found by name and whose every row must be
// readable. Internal to store/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/csv_reader.hpp"
#include "store/input_file.hpp"

namespace aml::store {

/// The name as columns are compared by: without outer blanks, in lower case.
std::string plain_name(std::string_view name);

class NamedColumns {
 public:
  /// Throws: StoreError kRefusedData if the file cannot be read, is empty, or two columns have the
  /// same name.
  explicit NamedColumns(const std::string& path);
  NamedColumns(const NamedColumns&) = delete;
  NamedColumns& operator=(const NamedColumns&) = delete;

  const std::vector<std::string>& names() const { return names_; }  ///< plain, in order
  std::optional<std::size_t> find(std::string_view name) const;
  std::size_t require(std::string_view name) const;

  /// Goes to the next row; false at the end.
  bool next();
  std::string_view operator[](std::size_t position) const { return record_.fields[position]; }

  [[noreturn]] void refuse(const std::string& why) const;      ///< because of the header line
  [[noreturn]] void refuse_row(const std::string& why) const;  ///< because of the current row

 private:
  InputFile file_;
  CsvReader reader_;
  std::vector<std::string> names_;
  Record record_;
};

}  // namespace aml::store
