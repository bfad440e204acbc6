// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "scenarios/json_schema_sql.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/sql_text.hpp"

namespace aml::scenarios {
namespace {

constexpr std::array<std::string_view, 7> kFormats{"date-time", "date", "time", "email",
                                                   "uri",       "uuid", "ipv4"};
constexpr std::array<std::string_view, 9> kLaterKeywords{
    "dependentRequired",     "dependentSchemas", "unevaluatedItems",
    "unevaluatedProperties", "prefixItems",      "minContains",
    "maxContains",           "$dynamicRef",      "$recursiveRef"};

constexpr std::array<std::string_view, 11> kAnnotations{
    "$ref",        "$schema", "$id",      "id",          "$comment", "title",
    "description", "default", "examples", "definitions", "$defs"};

std::string escaped(std::string_view key) {
  std::string text;
  for (const char c : key) {
    if (c == '~')
      text += "~0";
    else if (c == '/')
      text += "~1";
    else
      text += c;
  }
  return text;
}

/// A keyword says something about values of one type only: others pass.
std::string if_type(std::string_view type, const std::string& value, const std::string& condition) {
  return fmt::format("CASE WHEN jsonb_typeof({}) = '{}' THEN {} ELSE true END", value, type,
                     condition);
}

std::string scalar_text(const std::string& value) {
  return fmt::format("({} #>> '{{}}')", value);
}

std::string scalar_number(const std::string& value) {
  return scalar_text(value) + "::numeric";
}

std::string elements_of(const std::string& value) {
  return fmt::format(
      "jsonb_array_elements(CASE WHEN jsonb_typeof({0}) = 'array' THEN {0} ELSE '[]' END)", value);
}

std::string members_of(const std::string& value) {
  return fmt::format("jsonb_each(CASE WHEN jsonb_typeof({0}) = 'object' THEN {0} ELSE '{{}}' END)",
                     value);
}

std::string type_condition(const std::string& type, const std::string& value) {
  if (type != "integer") return fmt::format("jsonb_typeof({}) = '{}'", value, type);
  return fmt::format("CASE WHEN jsonb_typeof({0}) = 'number' THEN {1} = trunc({1}) ELSE false END",
                     value, scalar_number(value));
}

/// A regular expression of JavaScript as PostgreSQL's: \b and \B are the ends of words, and not a backspace and a backslash.
std::string postgresql_pattern(std::string_view pattern) {
  std::string text;
  bool is_in_brackets = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    text += pattern[i];
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      const char escape = pattern[++i];
      const bool ends_word = !is_in_brackets && (escape == 'b' || escape == 'B');
      text += ends_word ? static_cast<char>(escape - 'b' + 'y') : escape;
    } else {
      is_in_brackets = pattern[i] == '[' || (is_in_brackets && pattern[i] != ']');
    }
  }
  return text;
}

std::string all_of(const std::vector<std::string>& conditions) {
  return conditions.empty() ? "true" : fmt::format("({})", fmt::join(conditions, " AND "));
}

}  // namespace

SchemaPlace SchemaPlace::at(std::string_view key) const {
  return {&schema->at(std::string(key)), pointer + '/' + escaped(key)};
}

SchemaPlace SchemaPlace::at(std::size_t index) const {
  return {&schema->at(index), fmt::format("{}/{}", pointer, index)};
}

void SchemaSql::fail(const SchemaPlace& place, const std::string& message) const {
  throw ScenarioError(file_, place.pointer, message);
}

void SchemaSql::note(const SchemaPlace& place, std::string_view words) {
  auto note = fmt::format("{}: {}: {}", file_, place.pointer, words);
  if (told_.insert(note).second) notes_.push_back(std::move(note));
}

/// What is there counts in later drafts, and whoever wrote it meant it.
void SchemaSql::note_what_stands_beside(const SchemaPlace& reference) {
  if (!told_.insert(reference.pointer).second) return;
  for (const auto& member : reference.schema->items()) {
    if (std::ranges::find(kAnnotations, member.key()) == kAnnotations.end())
      note(reference.at(member.key()), "stands beside a $ref, so until draft 7 it says nothing");
  }
}

SchemaPlace SchemaSql::resolved(const SchemaPlace& place) {
  SchemaPlace found = place;
  for (int steps = 0; found.schema->is_object() && found.schema->contains("$ref"); ++steps) {
    constexpr int kLongestChain = 100;
    const SchemaPlace reference = found.at("$ref");
    note_what_stands_beside(found);
    if (!reference.schema->is_string()) fail(reference, "expected a text");
    const auto target = reference.schema->get<std::string>();
    if (!target.starts_with('#') || (target.size() > 1 && target[1] != '/'))
      fail(reference,
           fmt::format("{}: only references within the file, #/..., are followed", target));
    if (steps == kLongestChain) fail(reference, "refers back to itself");
    try {
      found = {&document_.at(Json::json_pointer(target.substr(1))), target.substr(1)};
    } catch (const Json::exception&) {
      fail(reference, fmt::format("{}: there is nothing in the file", target));
    }
  }
  if (!found.schema->is_object() && !found.schema->is_boolean())
    fail(found, "expected a schema: an object, true or false");
  return found;
}

std::string SchemaSql::accepts(const SchemaPlace& place, const std::string& value) {
  constexpr std::size_t kMostSchemas = 10'000;
  if (++looked_at_ > kMostSchemas)
    fail(place, fmt::format("refers to more than {} schemas", kMostSchemas));
  const SchemaPlace found = resolved(place);
  if (found.schema->is_boolean()) return found.schema->get<bool>() ? "true" : "false";
  if (!open_.insert(found.pointer).second)
    fail(place, "refers back to itself: what has no end cannot be one condition");
  std::vector<std::string> conditions;
  for (const auto& member : found.schema->items()) {
    std::string condition = keyword(found, member.key(), value);
    if (!condition.empty()) conditions.push_back(std::move(condition));
  }
  open_.erase(found.pointer);
  std::string all = all_of(conditions);
  if (all.size() > kLongestCondition)
    fail(place, fmt::format("becomes a condition of more than {} characters", kLongestCondition));
  return all;
}

std::string SchemaSql::keyword(const SchemaPlace& place, const std::string& name,
                               const std::string& value) {
  constexpr std::array<std::string_view, 5> kNumberLimits{"minimum", "maximum", "exclusiveMinimum",
                                                          "exclusiveMaximum", "multipleOf"};
  constexpr std::array<std::string_view, 6> kSizeLimits{
      "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"};
  constexpr std::array<std::string_view, 3> kCombinations{"allOf", "anyOf", "oneOf"};
  const auto is_one_of = [&](const auto& names) {
    return std::ranges::find(names, name) != names.end();
  };
  if (is_one_of(kNumberLimits)) return number_limit(place, name, value);
  if (is_one_of(kSizeLimits)) return size_limit(place, name, value);
  if (is_one_of(kCombinations)) return combination(place, name, value);
  const SchemaPlace at = place.at(name);
  if (name == "type") {
    std::vector<std::string> either;
    const Json types = at.schema->is_array() ? *at.schema : Json::array({*at.schema});
    for (const Json& type : types) {
      constexpr std::array<std::string_view, 7> kTypes{"null",   "boolean", "object", "array",
                                                       "number", "string",  "integer"};
      if (!type.is_string() || std::ranges::find(kTypes, type.get<std::string>()) == kTypes.end())
        fail(at, "expected the name of a type, or several");
      either.push_back(type_condition(type.get<std::string>(), value));
    }
    return fmt::format("({})", fmt::join(either, " OR "));
  }
  if (name == "enum" || name == "const") {
    std::vector<std::string> allowed;
    if (name == "enum" && (!at.schema->is_array() || at.schema->empty()))
      fail(at, "expected an array of at least one value");
    for (const Json& one : name == "enum" ? *at.schema : Json::array({*at.schema}))
      allowed.push_back(text_of(at, one.dump()) + "::jsonb");
    return fmt::format("{} IN ({})", value, fmt::join(allowed, ", "));
  }
  if (name == "pattern")
    return if_type("string", value, fmt::format("{} ~ {}", scalar_text(value), pattern_of(at)));
  if (name == "format") return format(at, value);
  if (name == "items") return items(place, value);
  if (name == "additionalItems") return additional_items(place, value);
  if (name == "contains") {
    const std::string each = element_name();
    return if_type("array", value,
                   fmt::format("EXISTS (SELECT FROM {} AS {}(value) WHERE {})", elements_of(value),
                               each, accepts(at, each + ".value")));
  }
  if (name == "uniqueItems") {
    if (!at.schema->is_boolean()) fail(at, "expected true or false");
    if (!at.schema->get<bool>()) return {};
    const std::string each = element_name();
    return fmt::format("(SELECT count(*) = count(DISTINCT {0}.value) FROM {1} AS {0}(value))", each,
                       elements_of(value));
  }
  if (name == "required") {
    std::vector<std::string> present;
    for (const std::string& property : property_names(at))
      present.push_back(fmt::format("{} ? {}", value, text_of(at, property)));
    return present.empty() ? "" : if_type("object", value, all_of(present));
  }
  if (name == "properties") return properties(place, value);
  if (name == "patternProperties") return pattern_properties(place, value);
  if (name == "additionalProperties") return additional_properties(place, value);
  if (name == "propertyNames") {
    const std::string each = element_name();
    return fmt::format("NOT EXISTS (SELECT FROM {} AS {}(key, value) WHERE NOT {})",
                       members_of(value), each, accepts(at, fmt::format("to_jsonb({}.key)", each)));
  }
  if (name == "dependencies") return dependencies(at, value);
  if (name == "not") return fmt::format("(NOT {})", accepts(at, value));
  if (name == "if") return condition_on(place, value);
  if (is_one_of(kLaterKeywords)) note(at, "this keyword came after draft 7 and is not converted");
  return {};
}

std::vector<std::string> SchemaSql::property_names(const SchemaPlace& place) const {
  std::vector<std::string> names;
  if (!place.schema->is_array()) fail(place, "expected an array of names of properties");
  for (const Json& name : *place.schema) {
    if (!name.is_string()) fail(place, "expected an array of names of properties");
    names.push_back(name.get<std::string>());
  }
  return names;
}

std::string SchemaSql::number_limit(const SchemaPlace& place, const std::string& name,
                                    const std::string& value) const {
  const SchemaPlace at = place.at(name);
  // In draft 4 exclusiveMinimum is a boolean that makes minimum strict.
  if (at.schema->is_boolean() && name.starts_with("exclusive")) return {};
  if (!at.schema->is_number()) fail(at, "expected a number");
  const std::string limit = at.schema->dump();
  if (name == "multipleOf") {
    if (at.schema->get<double>() <= 0) fail(at, "expected a number above 0");
    return if_type("number", value, fmt::format("{} % {} = 0", scalar_number(value), limit));
  }
  const bool is_low = name == "minimum" || name == "exclusiveMinimum";
  const auto beside = place.schema->find(is_low ? "exclusiveMinimum" : "exclusiveMaximum");
  const bool is_strict =
      name.starts_with("exclusive") || (beside != place.schema->end() && *beside == true);
  return if_type("number", value,
                 fmt::format("{} {}{} {}", scalar_number(value), is_low ? ">" : "<",
                             is_strict ? "" : "=", limit));
}

std::string SchemaSql::size_limit(const SchemaPlace& place, const std::string& name,
                                  const std::string& value) const {
  const SchemaPlace at = place.at(name);
  if (!at.schema->is_number_integer() || *at.schema < 0)
    fail(at, "expected a whole number of at least 0");
  const std::string limit =
      fmt::format("{} {}", name.starts_with("min") ? ">=" : "<=", at.schema->dump());
  if (name.ends_with("Length"))
    return if_type("string", value, fmt::format("char_length({}) {}", scalar_text(value), limit));
  if (name.ends_with("Items"))
    return if_type("array", value, fmt::format("jsonb_array_length({}) {}", value, limit));
  return if_type("object", value,
                 fmt::format("(SELECT count(*) FROM {} AS members) {}", members_of(value), limit));
}

std::string SchemaSql::format(const SchemaPlace& place, const std::string& value) {
  if (!place.schema->is_string()) fail(place, "expected the name of a format");
  const auto format = place.schema->get<std::string>();
  if (std::ranges::find(kFormats, format) == kFormats.end()) {
    note(place, fmt::format("format \"{}\" is not checked; known are {}", format,
                            fmt::join(kFormats, ", ")));
    return {};
  }
  return if_type("string", value,
                 fmt::format("aml.has_format('{}', {})", format, scalar_text(value)));
}

std::string SchemaSql::items(const SchemaPlace& place, const std::string& value) {
  const SchemaPlace at = place.at("items");
  if (!at.schema->is_array()) {
    const std::string each = element_name();
    return fmt::format("NOT EXISTS (SELECT FROM {} AS {}(value) WHERE NOT {})", elements_of(value),
                       each, accepts(at, each + ".value"));
  }
  std::vector<std::string> conditions;
  for (std::size_t i = 0; i < at.schema->size(); ++i) {
    const std::string element = fmt::format("({} -> {})", value, i);
    conditions.push_back(fmt::format("({} IS NULL OR {})", element, accepts(at.at(i), element)));
  }
  return if_type("array", value, all_of(conditions));
}

std::string SchemaSql::additional_items(const SchemaPlace& place, const std::string& value) {
  const auto items = place.schema->find("items");
  if (items == place.schema->end() || !items->is_array()) return {};
  const std::string each = element_name();
  return fmt::format(
      "NOT EXISTS (SELECT FROM {} WITH ORDINALITY AS {}(value, number) WHERE {}.number > {} AND "
      "NOT "
      "{})",
      elements_of(value), each, each, items->size(),
      accepts(place.at("additionalItems"), each + ".value"));
}

std::string SchemaSql::properties(const SchemaPlace& place, const std::string& value) {
  const SchemaPlace at = place.at("properties");
  if (!at.schema->is_object()) fail(at, "expected an object of schemas");
  std::vector<std::string> conditions;
  for (const auto& member : at.schema->items()) {
    const std::string property = fmt::format("({} -> {})", value, text_of(at, member.key()));
    const std::string condition = accepts(at.at(member.key()), property);
    if (condition != "true")
      conditions.push_back(fmt::format("({} IS NULL OR {})", property, condition));
  }
  return conditions.empty() ? "" : if_type("object", value, all_of(conditions));
}

std::string SchemaSql::pattern_properties(const SchemaPlace& place, const std::string& value) {
  const SchemaPlace at = place.at("patternProperties");
  if (!at.schema->is_object()) fail(at, "expected an object of schemas");
  std::vector<std::string> conditions;
  for (const auto& member : at.schema->items()) {
    const std::string each = element_name();
    const Json pattern = member.key();
    conditions.push_back(
        fmt::format("NOT EXISTS (SELECT FROM {} AS {}(key, value) WHERE {}.key ~ {} AND NOT {})",
                    members_of(value), each, each, pattern_of({&pattern, at.pointer}),
                    accepts(at.at(member.key()), each + ".value")));
  }
  return all_of(conditions);
}

std::string SchemaSql::additional_properties(const SchemaPlace& place, const std::string& value) {
  const SchemaPlace at = place.at("additionalProperties");
  const std::string each = element_name();
  const std::string accepted = accepts(at, each + ".value");
  if (accepted == "true") return {};
  std::string others;
  if (place.schema->contains("properties")) {
    for (const auto& member : place.at("properties").schema->items())
      others += fmt::format("{}.key <> {} AND ", each, text_of(at, member.key()));
  }
  if (place.schema->contains("patternProperties")) {
    for (const auto& member : place.at("patternProperties").schema->items()) {
      const Json pattern = member.key();
      others += fmt::format("{}.key !~ {} AND ", each, pattern_of({&pattern, at.pointer}));
    }
  }
  return fmt::format("NOT EXISTS (SELECT FROM {} AS {}(key, value) WHERE {}NOT {})",
                     members_of(value), each, others, accepted);
}

std::string SchemaSql::dependencies(const SchemaPlace& place, const std::string& value) {
  if (!place.schema->is_object()) fail(place, "expected an object");
  std::vector<std::string> conditions;
  for (const auto& member : place.schema->items()) {
    const SchemaPlace at = place.at(member.key());
    const Json required = Json::object({{"required", member.value()}});
    const std::string needed = at.schema->is_array()
                                   ? keyword({&required, at.pointer}, "required", value)
                                   : accepts(at, value);
    if (needed.empty()) continue;
    conditions.push_back(fmt::format("CASE WHEN {} ? {} THEN {} ELSE true END", value,
                                     text_of(at, member.key()), needed));
  }
  return conditions.empty() ? "" : if_type("object", value, all_of(conditions));
}

std::string SchemaSql::combination(const SchemaPlace& place, const std::string& name,
                                   const std::string& value) {
  const SchemaPlace at = place.at(name);
  if (!at.schema->is_array() || at.schema->empty())
    fail(at, "expected an array of at least one schema");
  std::vector<std::string> conditions;
  for (std::size_t i = 0; i < at.schema->size(); ++i)
    conditions.push_back(accepts(at.at(i), value));
  if (name == "allOf") return all_of(conditions);
  if (name == "anyOf") return fmt::format("({})", fmt::join(conditions, " OR "));
  for (auto& condition : conditions) condition = fmt::format("({})::integer", condition);
  return fmt::format("({} = 1)", fmt::join(conditions, " + "));
}

std::string SchemaSql::condition_on(const SchemaPlace& place, const std::string& value) {
  const auto branch = [&](const char* name) {
    return place.schema->contains(name) ? accepts(place.at(name), value) : std::string("true");
  };
  return fmt::format("CASE WHEN {} THEN {} ELSE {} END", branch("if"), branch("then"),
                     branch("else"));
}

std::string SchemaSql::text_of(const SchemaPlace& place, const std::string& text) const {
  const bool has_control_character =
      std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
  if (has_control_character) fail(place, "a text with control characters cannot be converted");
  if (text.find("\\u0000") != std::string::npos)
    fail(place, "PostgreSQL's jsonb cannot hold U+0000");
  return quoted_text(text);
}

std::string SchemaSql::pattern_of(const SchemaPlace& place) const {
  if (!place.schema->is_string()) fail(place, "expected a regular expression");
  // The director says that what follows is a regular expression whatever it begins with.
  return text_of(place, "***:" + postgresql_pattern(place.schema->get<std::string>()));
}

}  // namespace aml::scenarios
