// SPDX-License-Identifier: Apache-2.0
// A JSON schema as conditions in SQL. Internal to scenarios/.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/json_document.hpp"

namespace aml::scenarios {

/// A schema in its document: what a pointer leads to.
struct SchemaPlace {
  const Json* schema;
  std::string pointer;

  SchemaPlace at(std::string_view key) const;
  SchemaPlace at(std::size_t index) const;
};

class SchemaSql {
 public:
  /// The conditions grow with each alternative and each $ref: a longer one is refused.
  static constexpr std::size_t kLongestCondition = 20'000;

  SchemaSql(const Json& document, std::string file) : document_(document), file_(std::move(file)) {}

  /// The schema that a schema stands for: itself, or what its $ref leads to.
  /// Throws: ScenarioError if that is outside of the file, not there, or not an object or boolean.
  SchemaPlace resolved(const SchemaPlace& place);

  /// An SQL boolean that is true or false, never null, for each jsonb value that is not null.
  std::string accepts(const SchemaPlace& place, const std::string& value);

  /// What one keyword of a resolved schema asks for, with those beside it that it depends on; empty
  /// if it asks for nothing.
  std::string keyword(const SchemaPlace& place, const std::string& name, const std::string& value);

  /// Throws: ScenarioError if the place is no array of texts.
  std::vector<std::string> property_names(const SchemaPlace& place) const;

  /// Throws: ScenarioError if a file of expectations or a jsonb cannot hold the text.
  std::string text_of(const SchemaPlace& place, const std::string& text) const;

  /// What was passed over, in words.
  const std::vector<std::string>& notes() const { return notes_; }

  [[noreturn]] void fail(const SchemaPlace& place, const std::string& message) const;

 private:
  std::string number_limit(const SchemaPlace& place, const std::string& name,
                           const std::string& value) const;
  std::string size_limit(const SchemaPlace& place, const std::string& name,
                         const std::string& value) const;
  std::string format(const SchemaPlace& place, const std::string& value);
  std::string items(const SchemaPlace& place, const std::string& value);
  std::string additional_items(const SchemaPlace& place, const std::string& value);
  std::string properties(const SchemaPlace& place, const std::string& value);
  std::string pattern_properties(const SchemaPlace& place, const std::string& value);
  std::string additional_properties(const SchemaPlace& place, const std::string& value);
  std::string dependencies(const SchemaPlace& place, const std::string& value);
  std::string combination(const SchemaPlace& place, const std::string& name,
                          const std::string& value);
  std::string condition_on(const SchemaPlace& place, const std::string& value);
  void note(const SchemaPlace& place, std::string_view words);
  void note_what_stands_beside(const SchemaPlace& reference);
  std::string pattern_of(const SchemaPlace& place) const;
  std::string element_name() { return "each_" + std::to_string(++elements_); }

  const Json& document_;
  std::string file_;
  std::set<std::string> open_;  // pointers of the schemas that are being written
  std::size_t elements_ = 0;
  std::size_t looked_at_ = 0;  // schemas, each as often as it is referred to
  std::vector<std::string> notes_;
  std::set<std::string> told_;  // the notes, and places that were looked at for them
};

}  // namespace aml::scenarios
