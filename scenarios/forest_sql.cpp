// SPDX-License-Identifier: Apache-2.0
#include "scenarios/forest_sql.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <vector>

#include "scenarios/sql_text.hpp"

namespace aml::scenarios {
namespace {

constexpr std::size_t kMostColumns = 100;  // PostgreSQL's FUNC_MAX_ARGS
constexpr std::size_t kNameBytes = 63;     // PostgreSQL's NAMEDATALEN - 1
constexpr std::size_t kMostTrees = 1'000;  // as deep as their sum is nested
constexpr std::size_t kMostSplits = 50'000;
/// Halfway from the largest float to what would follow it: this and more rounds to infinity.
constexpr double kTooLarge = 0x1.ffffffp127;

/// The number as it reads back. The server takes a quoted one for what it is compared with.
std::string literal(double value) {
  char digits[64];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  return "'" + std::string(std::begin(digits), end) + "'";
}

/// The largest double that, rounded to a float, is not above the threshold: `value > last_left()` is
/// what the forest asks of the rounded value.
double last_left(float threshold) {
  const float next = std::nextafter(threshold, std::numeric_limits<float>::infinity());
  if (std::isinf(next)) return kTooLarge;
  const double middle = (double{threshold} + double{next}) / 2;
  return static_cast<float>(middle) <= threshold
             ? middle
             : std::nextafter(middle, -std::numeric_limits<double>::infinity());
}

/// The largest sum of depths whose score is above the threshold; -1 if there is none.
double deepest_anomaly(const detect::ForestModel& model) {
  const auto is_anomaly = [&](std::uint64_t bits) {
    return model.is_anomaly(model.forest.score_of(std::bit_cast<double>(bits)));
  };
  std::uint64_t yes = 0;  // the bits of doubles from zero up are in the order of the doubles
  auto no = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::infinity());
  if (!is_anomaly(yes)) return -1;
  if (is_anomaly(no)) return std::numeric_limits<double>::infinity();
  while (no - yes > 1) {
    const std::uint64_t middle = yes + (no - yes) / 2;
    (is_anomaly(middle) ? yes : no) = middle;
  }
  return std::bit_cast<double>(yes);
}

/// NaN counts as larger than any number: a missing value goes right unless that is forbidden.
void write_node(std::string& sql, const detect::IsolationTree& tree, std::uint32_t at) {
  if (tree.is_leaf(at)) {
    sql += "float8 " + literal(tree.expected_depth[at]);
    return;
  }
  const detect::IsolationNode& node = tree.nodes[at];
  fmt::format_to(std::back_inserter(sql), "CASE WHEN ${}>{}", node.column + 1,
                 literal(last_left(node.threshold)));
  if (node.missing_goes_right == 0) {
    fmt::format_to(std::back_inserter(sql), " AND ${}<'NaN'", node.column + 1);
  }
  sql += " THEN ";
  write_node(sql, tree, node.left + 1);
  sql += " ELSE ";
  write_node(sql, tree, node.left);
  sql += " END";
}

void refuse(const std::string& model, const std::string& why) {
  throw std::invalid_argument(fmt::format("model {} cannot be written as SQL: {}", model, why));
}

void require_writable(const RegisteredForest& registered) {
  const detect::IsolationForest& forest = registered.forest.forest;
  std::size_t splits = 0;
  for (const auto& tree : forest.trees()) {
    if (tree.is_oblique()) refuse(registered.model, "its splits are oblique");
    splits += tree.nodes.size() / 2;
  }
  if (forest.columns() > kMostColumns) {
    refuse(registered.model, fmt::format("it has {} columns, and a function takes {} at most",
                                         forest.columns(), kMostColumns));
  }
  if (forest.trees().size() > kMostTrees || splits > kMostSplits) {
    refuse(registered.model,
           fmt::format("it has {} trees with {} splits, and a query can hold {} with {}\n  fit it "
                       "with fewer trees or a smaller sample",
                       forest.trees().size(), splits, kMostTrees, kMostSplits));
  }
}

std::string function_name(const std::string& model, const std::string& ending) {
  const std::string name = model + ending;
  if (name.size() > kNameBytes) {
    refuse(model, fmt::format("'{}' is longer than {} bytes", name, kNameBytes));
  }
  return "aml." + quoted_name(name);
}

/// A name that PostgreSQL would cut is left out: two could become the same.
std::string parameters(const std::vector<std::string>& columns) {
  std::vector<std::string> declared;
  for (const std::string& name : columns) {
    declared.push_back((name.size() > kNameBytes ? "" : quoted_name(name) + " ") +
                       "double precision");
  }
  return joined(declared, ", ");
}

std::string arguments(std::size_t columns) {
  std::vector<std::string> given;
  for (std::size_t column = 1; column <= columns; ++column) {
    given.push_back(fmt::format("${}", column));
  }
  return joined(given, ", ");
}

/// Null for a null, an error for what is no float, else the sum over the trees in their order: a sum
/// in another order could be another number.
std::string depth_expression(const detect::IsolationForest& forest) {
  std::vector<std::string> nulls;
  std::string refusals;
  for (std::size_t column = 1; column <= forest.columns(); ++column) {
    nulls.push_back(fmt::format("${} IS NULL", column));
    refusals += fmt::format(
        "WHEN abs(${0}) BETWEEN {1} AND 'Infinity' THEN "
        "(${0}::text || ': feature {0} is infinite or too large for a 32-bit float')::float8\n",
        column, literal(kTooLarge));
  }
  std::string sql = "CASE WHEN " + joined(nulls, " OR ") + " THEN NULL\n" + refusals + "ELSE\n";
  for (std::size_t tree = 0; tree < forest.trees().size(); ++tree) {
    if (tree > 0) sql += "\n+ ";
    write_node(sql, forest.trees()[tree], 0);
  }
  return sql + "\nEND";
}

}  // namespace

std::string forest_sql(const RegisteredForest& registered) {
  require_writable(registered);
  const detect::IsolationForest& forest = registered.forest.forest;
  const std::string declared = parameters(registered.forest.columns);
  const std::string given = arguments(forest.columns());
  const std::string depth = function_name(registered.model, "_depth");
  std::string sql = fmt::format(
      "-- Version {} of a model as plain SQL: {} trees over {} features. Written by `aml model "
      "sql`.\n-- SHA-256 of the model: {}\n-- Query it with SET jit = off: compiling the "
      "expression takes far "
      "longer than evaluating it.\nBEGIN;\n",
      registered.version, forest.trees().size(), forest.columns(), registered.sha256);
  const auto create = [&](const std::string& name, const char* type, const std::string& body,
                          const char* what) {
    sql += fmt::format(
        "CREATE OR REPLACE FUNCTION {0}({1}) RETURNS {2}\nLANGUAGE sql STABLE PARALLEL SAFE AS "
        "$aml$\nSELECT {3}\n$aml$;\nCOMMENT ON FUNCTION {0} IS '{4}, by version {5} of the model, "
        "see docs/sql_scoring.md';\n",
        name, declared, type, body, what, registered.version);
  };
  create(depth, "double precision", depth_expression(forest), "Depths of the row, summed");
  create(function_name(registered.model, "_score"), "double precision",
         fmt::format("power(2, -{}({}) / {})", depth, given,
                     literal(detect::average_path_length(forest.sample_size()) *
                             static_cast<double>(forest.trees().size()))),
         "How anomalous the row is, in (0, 1]");
  create(function_name(registered.model, "_is_anomaly"), "boolean",
         fmt::format("{}({}) <= {}", depth, given, literal(deepest_anomaly(registered.forest))),
         "Whether the row is an anomaly");
  return sql + "COMMIT;\n";
}

}  // namespace aml::scenarios
