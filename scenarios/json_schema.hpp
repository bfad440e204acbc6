// SPDX-License-Identifier: Apache-2.0
// JSON schemas as expectations.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/expectation.hpp"

namespace aml::scenarios {

/// What the expectations are to be held against.
struct SchemaTarget {
  /// Empty: json.<name of the file>, whose rows are JSON objects in a jsonb column "row". One of the
  /// datasets of files: properties are columns.
  std::string dataset;
  /// By property; empty: each property has the column of its name. Only for a dataset of files.
  std::map<std::string, std::string> columns;
};

struct ConvertedSchema {
  std::vector<store::Expectation> expectations;  ///< all with policy quarantine
  std::vector<std::string> notes;                ///< what could not be converted, and why
};

/// The conditions of a JSON schema (drafts 4, 6 and 7), one expectation for each keyword of each
/// property, so that a broken row says what is wrong with it. Together they hold for exactly the
/// documents that are valid. Numbers are compared as numeric, of any size. Of formats, date-time,
/// date, time, email, uri, uuid and ipv4 are checked. $ref works within the file.
/// Throws: ScenarioError with the JSON pointer for a file that is no schema, a number that a double
///         would round, a $ref out of the file or back to itself, and conditions too long or too many
///         for a file of expectations; std::invalid_argument for a column that no dataset can have.
/// Source: json-schema.org draft-07, validation. Differs: regular expressions are PostgreSQL's.
ConvertedSchema expectations_from_schema(const std::string& file, const SchemaTarget& target);

/// The text of a file of expectations with these checks.
/// Requires: every condition is a check.
std::string expectations_json(const std::vector<store::Expectation>& expectations);

}  // namespace aml::scenarios
