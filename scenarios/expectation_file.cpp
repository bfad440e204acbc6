// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aml_expectation_files.hpp"
#include "scenarios/duration.hpp"
#include "scenarios/json_document.hpp"
#include "scenarios/scenario.hpp"

namespace aml::scenarios {
namespace {

constexpr std::array<std::string_view, 2> kRootKeys{"schema_version", "expectations"};
/// What is expected: exactly one of them stands in an expectation.
constexpr std::array<std::string_view, 7> kConditions{
    "check", "references", "unique", "row_count", "control_total", "freshness", "null_share"};
constexpr std::array<std::string_view, 11> kKeys{
    "name",      "dataset",       "check",      "references", "unique",     "row_count",
    "freshness", "control_total", "null_share", "policy",     "description"};
constexpr std::array<std::string_view, 4> kDatasets{"transfers", "accounts", "parties", "fx_rates"};
constexpr std::array<std::string_view, 3> kPolicyNames{"warn", "quarantine", "fail"};
constexpr std::array<store::ExpectationPolicy, 3> kPolicies{store::ExpectationPolicy::kWarn,
                                                            store::ExpectationPolicy::kQuarantine,
                                                            store::ExpectationPolicy::kFail};
constexpr std::string_view kJsonPrefix = "json.";
constexpr std::size_t kLongestText = 2000;
constexpr std::size_t kLongestCheck = 20'000;  // a converted JSON schema lists long enumerations
constexpr std::int64_t kMostRecords = 1'000'000'000'000;

/// The part of an expectation that says what is expected, and where it stands.
struct Part {
  const JsonObject& expectation;
  const std::string& file;

  JsonObject object(std::string_view key, std::span<const std::string_view> keys) const {
    return {*expectation.find(key), file, expectation.pointer(key), keys};
  }
};

store::Reference read_reference(const Part& part) {
  constexpr std::array<std::string_view, 4> kReferenceKeys{"column", "table", "key", "where"};
  const JsonObject object = part.object("references", kReferenceKeys);
  store::Reference reference;
  reference.column = object.name("column");
  const std::string table = object.line("table", 127);
  const std::size_t point = table.find('.');
  if (point == std::string::npos || !is_name(table.substr(0, point)) ||
      !is_name(table.substr(point + 1)))
    object.refuse("table", "a schema and a table in it, such as \"silver.accounts\"");
  reference.schema = table.substr(0, point);
  reference.table = table.substr(point + 1);
  reference.key = object.name("key");
  if (object.find("where")) reference.where = object.line("where", kLongestText);
  return reference;
}

store::Uniqueness read_uniqueness(const Part& part) {
  constexpr std::size_t kMostColumns = 16;
  return {part.expectation.names("unique", kMostColumns)};
}

store::RowCount read_row_count(const Part& part) {
  constexpr std::array<std::string_view, 4> kCountKeys{"at_least", "at_most", "files",
                                                       "deviation_at_most"};
  constexpr std::int64_t kMostFiles = 1000;
  constexpr double kMostDeviation = 1000;
  const JsonObject object = part.object("row_count", kCountKeys);
  store::RowCount count;
  if (object.find("at_least")) count.at_least = object.integer("at_least", 0, kMostRecords);
  if (object.find("at_most")) count.at_most = object.integer("at_most", 0, kMostRecords);
  if (object.find("files") || object.find("deviation_at_most")) {
    count.deviation = {object.integer("files", 1, kMostFiles),
                       object.real("deviation_at_most", {.low = 0, .high = kMostDeviation})};
  }
  if (!count.at_least && !count.at_most && !count.deviation)
    part.expectation.refuse("row_count", "at_least, at_most, or files with deviation_at_most");
  return count;
}

store::Freshness read_freshness(const Part& part) {
  constexpr std::array<std::string_view, 2> kFreshnessKeys{"column", "within"};
  const JsonObject object = part.object("freshness", kFreshnessKeys);
  const std::string column = object.name("column");
  const Json* within = object.find("within");
  const auto length =
      within && within->is_string() ? parse_duration(within->get<std::string>()) : std::nullopt;
  if (!length) object.refuse("within", "a length of time such as \"3 days\"");
  return {column, *length};
}

store::NullShare read_null_share(const Part& part) {
  constexpr std::array<std::string_view, 2> kShareKeys{"column", "at_most"};
  const JsonObject object = part.object("null_share", kShareKeys);
  return {object.name("column"), object.real("at_most", {.low = 0, .high = 1})};
}

store::Condition read_condition(const Part& part) {
  const JsonObject& object = part.expectation;
  const auto is_given = [&](std::string_view key) { return object.find(key) != nullptr; };
  const auto given = std::ranges::count_if(kConditions, is_given);
  if (given == 0) object.refuse("check", "a condition: check, or another of what can be expected");
  if (given > 1) {
    const auto first = std::ranges::find_if(kConditions, is_given);
    object.fail(*std::find_if(first + 1, kConditions.end(), is_given),
                fmt::format("{} says already what is expected; write two expectations", *first));
  }
  if (is_given("references")) return read_reference(part);
  if (is_given("unique")) return read_uniqueness(part);
  if (is_given("row_count")) return read_row_count(part);
  if (is_given("control_total")) return store::ControlTotal{object.name("control_total")};
  if (is_given("freshness")) return read_freshness(part);
  if (is_given("null_share")) return read_null_share(part);
  return object.line("check", kLongestCheck);
}

std::string read_dataset(const JsonObject& object) {
  const Json* value = object.find("dataset");
  if (value && value->is_string()) {
    auto text = value->get<std::string>();
    if (text.starts_with(kJsonPrefix) && is_name(text.substr(kJsonPrefix.size()))) return text;
  }
  return std::string(kDatasets[object.choice("dataset", kDatasets)]);
}

store::Expectation read_expectation(const JsonObject& object, const std::string& file) {
  store::Expectation expectation;
  expectation.name = object.name("name");
  expectation.dataset = read_dataset(object);
  expectation.condition = read_condition({object, file});
  expectation.policy = kPolicies[object.choice("policy", kPolicyNames)];
  const bool is_check = std::holds_alternative<store::RowCheck>(expectation.condition);
  if (!is_check && expectation.dataset.starts_with(kJsonPrefix))
    object.refuse("dataset", "a dataset of files: of JSON rows only checks are made");
  if (!store::names_rows(expectation.condition) &&
      expectation.policy == store::ExpectationPolicy::kQuarantine)
    object.refuse("policy", "\"warn\" or \"fail\"",
                  "it is about the file as a whole, so there are no rows to quarantine");
  expectation.description = object.line("description", kLongestText);
  return expectation;
}

std::vector<store::Expectation> parse_expectations(std::string_view text, const std::string& file) {
  constexpr std::size_t kMostExpectations = 1000;
  const Json document = parse_json(text, file);
  const JsonObject root(document, file, "", kRootKeys);
  root.integer("schema_version", 1, 1);

  std::vector<store::Expectation> expectations;
  for (const Json& item : root.array("expectations", 0, kMostExpectations)) {
    const JsonObject object(item, file, fmt::format("/expectations/{}", expectations.size()),
                            kKeys);
    store::Expectation expectation = read_expectation(object, file);
    const bool repeats = std::ranges::any_of(expectations, [&](const store::Expectation& earlier) {
      return earlier.name == expectation.name && earlier.dataset == expectation.dataset;
    });
    if (repeats) object.refuse("name", "a name that no other expectation of the dataset has");
    expectations.push_back(std::move(expectation));
  }
  return expectations;
}

/// A decimal as PostgreSQL reads it; JSON's integers are taken too, its fractions would be rounded.
std::string decimal(const JsonObject& object, std::string_view key) {
  const Json& value = *object.find(key);
  if (value.is_number_integer()) return value.dump();
  std::string text = value.is_string() ? value.get<std::string>() : "";
  const std::string digits = text.substr(text.starts_with('-') ? 1 : 0);
  const std::size_t point = digits.find('.');
  const auto are_digits = [](std::string_view part) {
    constexpr std::size_t kMostDigits = 100;
    return !part.empty() && part.size() <= kMostDigits &&
           part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const bool is_decimal = point == std::string::npos
                              ? are_digits(digits)
                              : are_digits(std::string_view(digits).substr(0, point)) &&
                                    are_digits(std::string_view(digits).substr(point + 1));
  if (!is_decimal) object.refuse(key, "a whole number, or a decimal in quotes such as \"1250.50\"");
  return text;
}

}  // namespace

std::vector<store::Expectation> load_expectations(const std::string& file) {
  if (!file.empty()) return parse_expectations(read_text(file), file);
  const expectation_files::Embedded& shipped = expectation_files::expectations;
  return parse_expectations(shipped.text, std::string(shipped.file));
}

std::map<std::string, std::string> load_control_totals(const std::string& file) {
  const Json document = parse_json(read_text(file), file);
  std::vector<std::string> names;
  std::vector<std::string_view> keys;
  for (const auto& member : document.items()) names.push_back(member.key());
  keys.assign(names.begin(), names.end());
  const JsonObject root(document, file, "", keys);
  std::map<std::string, std::string> totals;
  for (const std::string& name : names) {
    if (!is_name(name)) root.fail(name, "expected \"rows\" or the name of a column");
    totals[name] = decimal(root, name);
  }
  return totals;
}

}  // namespace aml::scenarios
