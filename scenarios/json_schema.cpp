// SPDX-License-Identifier: Apache-2.0
#include "scenarios/json_schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <set>
#include <stdexcept>

#include "scenarios/json_document.hpp"
#include "scenarios/json_schema_sql.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/sql_text.hpp"

namespace aml::scenarios {
namespace {

/// A name as expectations have: "minLength" is min_length, "Date" date, "7day" p_7day.
std::string plain_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_upper && !name.empty() && name.back() != '_') name += '_';
    name += is_upper ? static_cast<char>(c - 'A' + 'a') : is_plain ? c : '_';
  }
  if (name.empty() || name.front() < 'a') name = "p_" + name;
  return name;
}

/// A schema in words: its value, or that it is too much for a line.
std::string shown(const Json& value) {
  constexpr std::size_t kLongest = 200;
  std::string text = value.dump();
  const bool is_a_line = text.size() <= kLongest && text.find('\x7f') == std::string::npos;
  return is_a_line ? text : "see the schema";
}

class Conversion {
 public:
  Conversion(const std::string& file, const SchemaTarget& target, const Json& document)
      : file_(file), target_(target), sql_(document, file), root_{&document, ""} {
    const auto stem = std::filesystem::path(file).filename().string();
    dataset_ = target.dataset.empty()
                   ? "json." + plain_name(stem.substr(0, stem.find('.'))).substr(0, kLongestName)
                   : target.dataset;
    is_json_ = dataset_.starts_with("json.");
  }

  ConvertedSchema run() {
    const SchemaPlace schema = sql_.resolved(root_);
    if (!schema.schema->is_object()) sql_.fail(schema, "expected a schema of objects");
    find_columns(schema);
    for (const auto& member : schema.schema->items()) {
      if (member.key() == "properties") {
        convert_properties(schema.at("properties"));
      } else if (member.key() == "required") {
        convert_required(schema);
      } else {
        add(schema.at(member.key()), "row", member.key(), sql_.keyword(schema, member.key(), row()),
            shown(member.value()));
      }
    }
    converted_.notes.insert(converted_.notes.end(), sql_.notes().begin(), sql_.notes().end());
    return std::move(converted_);
  }

 private:
  static constexpr std::size_t kLongestName = 63;
  static constexpr std::size_t kMostExpectations = 1000;  // of a file of expectations

  /// Which columns stand for properties; all of the same name if none was named.
  void find_columns(const SchemaPlace& schema) {
    if (is_json_) return;
    columns_ = target_.columns;
    if (!columns_.empty() || !schema.schema->contains("properties")) return;
    for (const auto& member : schema.at("properties").schema->items())
      if (is_name(member.key())) columns_[member.key()] = member.key();
  }

  /// The whole row as JSON.
  std::string row() const {
    if (is_json_) return "\"row\"";
    std::vector<std::string> members;
    for (const auto& [property, column] : columns_)
      members.push_back(
          fmt::format("{}, to_jsonb({})", quoted_text(property), quoted_name(column)));
    return fmt::format("jsonb_strip_nulls(jsonb_build_object({}))", fmt::join(members, ", "));
  }

  /// A property of the row as JSON; empty if no column holds it.
  std::string property_value(const SchemaPlace& place, const std::string& property) const {
    if (is_json_) return fmt::format("(\"row\" -> {})", sql_.text_of(place, property));
    const auto column = columns_.find(property);
    return column == columns_.end() ? "" : fmt::format("to_jsonb({})", quoted_name(column->second));
  }

  void convert_properties(const SchemaPlace& place) {
    if (!place.schema->is_object()) sql_.fail(place, "expected an object of schemas");
    for (const auto& member : place.schema->items()) {
      const std::string value = property_value(place, member.key());
      if (value.empty()) {
        note_left_out(place.at(member.key()).pointer);
        continue;
      }
      convert_property(member.key(), sql_.resolved(place.at(member.key())), value);
    }
  }

  void note_left_out(const std::string& pointer) {
    converted_.notes.push_back(
        fmt::format("{}: {}: no column was named for it, so it is left out", file_, pointer));
  }

  void convert_property(const std::string& property, const SchemaPlace& schema,
                        const std::string& value) {
    if (schema.schema->is_boolean()) {
      if (!schema.schema->get<bool>())
        add(schema, property, "forbidden", "false", "must not be there", value);
      return;
    }
    for (const auto& member : schema.schema->items()) {
      add(schema.at(member.key()), property, member.key(),
          sql_.keyword(schema, member.key(), value), shown(member.value()), value);
    }
  }

  void convert_required(const SchemaPlace& schema) {
    const SchemaPlace place = schema.at("required");
    for (const std::string& property : sql_.property_names(place)) {
      const Json one = Json::object({{"required", Json::array({property})}});
      if (is_json_) {
        add(place, property, "is_present", sql_.keyword({&one, schema.pointer}, "required", row()),
            "the property is there");
      } else if (const auto column = columns_.find(property); column != columns_.end()) {
        const std::string name = quoted_name(column->second);
        add(place, property, "is_present", fmt::format("{0} IS NOT NULL AND {0}::text <> ''", name),
            "the property is there");
      } else {
        note_left_out(fmt::format("{}: {}", place.pointer, property));
      }
    }
  }

  /// An absent property meets what is said of its value.
  void add(const SchemaPlace& place, const std::string& subject, const std::string& what,
           const std::string& condition, const std::string& words, const std::string& value = {}) {
    if (condition.empty() || condition == "true") return;
    if (converted_.expectations.size() == kMostExpectations)
      sql_.fail(root_, fmt::format("becomes more than {} expectations", kMostExpectations));
    store::Expectation expectation;
    expectation.name = unused_name(plain_name(subject) + '_' + plain_name(what));
    expectation.dataset = dataset_;
    expectation.condition =
        value.empty() ? condition : fmt::format("{} IS NULL OR {}", value, condition);
    if (std::get<store::RowCheck>(expectation.condition).size() > SchemaSql::kLongestCondition)
      sql_.fail(place, fmt::format("becomes a condition of more than {} characters",
                                   SchemaSql::kLongestCondition));
    expectation.description = fmt::format("{:.200}: {}: {}", subject, what, words);
    converted_.expectations.push_back(std::move(expectation));
  }

  std::string unused_name(const std::string& wanted) {
    std::string name = wanted.substr(0, kLongestName);
    for (int number = 2; !names_.insert(name).second; ++number) {
      const std::string ending = fmt::format("_{}", number);
      name = wanted.substr(0, kLongestName - ending.size()) + ending;
    }
    return name;
  }

  const std::string& file_;
  const SchemaTarget& target_;
  SchemaSql sql_;
  SchemaPlace root_;
  std::string dataset_;
  bool is_json_ = true;
  std::map<std::string, std::string> columns_;
  std::set<std::string> names_;
  ConvertedSchema converted_;
};

}  // namespace

ConvertedSchema expectations_from_schema(const std::string& file, const SchemaTarget& target) {
  const std::string text = read_text(file);
  const Json document = parse_json_exactly(text, file);
  if (!target.columns.empty() && (target.dataset.empty() || target.dataset.starts_with("json.")))
    throw std::invalid_argument("columns are those of a dataset of files: name it");
  for (const auto& [property, column] : target.columns)
    if (!is_name(column))
      throw std::invalid_argument(fmt::format("no dataset of files has a column \"{}\"", column));
  return Conversion(file, target, document).run();
}

std::string expectations_json(const std::vector<store::Expectation>& expectations) {
  Json list = Json::array();
  for (const auto& expectation : expectations) {
    list.push_back(Json::object({{"name", expectation.name},
                                 {"dataset", expectation.dataset},
                                 {"check", std::get<store::RowCheck>(expectation.condition)},
                                 {"policy", std::string(store::name_of(expectation.policy))},
                                 {"description", expectation.description}}));
  }
  return Json::object({{"schema_version", 1}, {"expectations", list}}).dump(2) + '\n';
}

}  // namespace aml::scenarios
