// SPDX-License-Identifier: Apache-2.0
// Fields of a result as values. For the sources of this folder only.
#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <tuple>
#include <vector>

namespace aml::store {

/// Null is empty.
inline std::string text(const pqxx::field& field) {
  return field.is_null() ? std::string() : field.as<std::string>();
}

/// Null is 0.
template <typename Number>
Number number(const pqxx::field& field) {
  return field.is_null() ? Number{} : field.as<Number>();
}

template <typename Value>
std::optional<Value> optional(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<Value>();
}

/// The elements of a text[] that are not null.
inline std::vector<std::string> texts(const pqxx::field& field) {
  std::vector<std::string> values;
  auto parser = field.as_array();
  for (auto [what, value] = parser.get_next(); what != pqxx::array_parser::done;
       std::tie(what, value) = parser.get_next()) {
    if (what == pqxx::array_parser::string_value) values.push_back(value);
  }
  return values;
}

template <typename Row>
std::vector<Row> rows_as(const pqxx::result& result, Row (*read)(const pqxx::row&)) {
  std::vector<Row> rows;
  rows.reserve(result.size());
  for (const auto& row : result) rows.push_back(read(row));
  return rows;
}

}  // namespace aml::store
