// SPDX-License-Identifier: Apache-2.0
#include "scenarios/json_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <memory>
#include <set>
#include <system_error>

#include "scenarios/scenario.hpp"
#include "store/edit_distance.hpp"

namespace aml::scenarios {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;
/// A scenario nests three deep; the limit keeps hostile text from deep recursion.
constexpr std::size_t kDeepestNesting = 16;

std::string escape_pointer(std::string_view key) {
  std::string escaped;
  for (const char c : key) {
    if (c == '~')
      escaped += "~0";
    else if (c == '/')
      escaped += "~1";
    else
      escaped += c;
  }
  return escaped;
}

/// nlohmann's reason without its own prefix and position: "syntax error while parsing value -
/// invalid literal".
std::string reason_of(std::string_view message) {
  if (const auto id_end = message.find("] "); id_end != message.npos)
    message.remove_prefix(id_end + 2);
  if (message.starts_with("parse error"))
    if (const auto position_end = message.find(": "); position_end != message.npos)
      message.remove_prefix(position_end + 2);
  // What was last read may be half a character or a whole file: useful only when it is short and
  // plain.
  if (const auto last_read = message.find("; last read"); last_read != message.npos) {
    const std::string_view rest = message.substr(last_read);
    const bool plain = std::ranges::all_of(rest, [](char c) { return c >= ' ' && c <= '~'; });
    if (!plain || rest.size() > 80) message = message.substr(0, last_read);
  }
  return std::string(message);
}

/// A number as its digits, without zeros around them, and a power of ten.
struct Decimal {
  std::string digits;
  int exponent = 0;

  explicit Decimal(std::string_view number) {
    const std::size_t letter = std::min(number.find_first_of("eE"), number.size());
    if (letter < number.size()) {
      const std::size_t first = letter + (number[letter + 1] == '+' ? 2 : 1);
      std::from_chars(number.data() + first, number.data() + number.size(), exponent);
    }
    const std::size_t point = std::min(number.find('.'), letter);
    std::ranges::copy_if(number.substr(0, letter), std::back_inserter(digits),
                         [](char c) { return c >= '0' && c <= '9'; });
    if (point < letter) exponent -= static_cast<int>(letter - point - 1);
    for (; digits.ends_with('0'); digits.pop_back()) ++exponent;
    digits.erase(0, digits.find_first_not_of('0'));
    if (digits.empty()) exponent = 0;
  }
  bool operator==(const Decimal&) const = default;
};

/// Walks over the text before it becomes a value: finds what a parsed value no longer shows.
class TextCheck final : public nlohmann::json_sax<Json> {
 public:
  TextCheck(std::string_view text, const std::string& file, bool asks_for_exact_numbers)
      : text_(text), file_(file), asks_for_exact_numbers_(asks_for_exact_numbers) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t number, const string_t& written) override {
    if (asks_for_exact_numbers_ && Decimal(written) != Decimal(fmt::format("{}", number)))
      throw ScenarioError(file_, pointer(),
                          fmt::format("{:.60} has more digits than can be kept", written));
    return value();
  }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(false); }
  bool start_array(std::size_t) override { return open(true); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    level.key = name;
    if (!level.keys.insert(name).second)
      throw ScenarioError(file_, pointer(), "this key stands twice in the same object");
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    const std::string_view before = text_.substr(0, position > 0 ? position - 1 : 0);
    const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
    const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    throw ScenarioError(file_, line, before.size() - line_start + 1, reason_of(error.what()));
  }

 private:
  struct Level {
    bool is_array;
    std::size_t index = 0;
    std::string key;
    std::set<std::string> keys;
  };

  bool value() {
    if (!levels_.empty() && levels_.back().is_array) ++levels_.back().index;
    return true;
  }
  bool open(bool is_array) {
    if (levels_.size() == kDeepestNesting)
      throw ScenarioError(file_, pointer(),
                          fmt::format("nested deeper than {} levels", kDeepestNesting));
    levels_.push_back({is_array, 0, {}, {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return value();
  }
  std::string pointer() const {
    std::string path;
    for (const Level& level : levels_)
      path += '/' + (level.is_array ? std::to_string(level.index) : escape_pointer(level.key));
    return path;
  }

  std::string_view text_;
  const std::string& file_;
  const bool asks_for_exact_numbers_;
  std::vector<Level> levels_;
};

Json parse(std::string_view text, const std::string& file, bool asks_for_exact_numbers) {
  TextCheck check(text, file, asks_for_exact_numbers);
  Json::sax_parse(text, &check, Json::input_format_t::json, true, true);
  return Json::parse(text, nullptr, true, true);
}

/// The value as a message shows it: short, on one line, never a whole tree.
std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  constexpr std::size_t kLongest = 60;
  std::string text = value.dump(-1, ' ', true);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string quoted_list(std::span<const std::string_view> words) {
  std::string list;
  for (const std::string_view word : words)
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", word);
  return list;
}

/// One line of 1 to max_characters characters, no control characters.
bool is_line(const Json& value, std::size_t max_characters) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  const bool has_control_character =
      std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7F; });
  const std::size_t characters = count_characters(text);
  return !has_control_character && characters >= 1 && characters <= max_characters;
}

}  // namespace

bool is_name(std::string_view text) {
  constexpr std::size_t kLongest = 63;
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto follows = [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && text.size() <= kLongest && lower(text.front()) &&
         std::ranges::all_of(text, follows);
}

std::string read_text(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> input(std::fopen(file.c_str(), "rb"),
                                                              &std::fclose);
  if (!input)
    throw ScenarioError(file, "", "cannot be opened: " + std::generic_category().message(errno));
  std::string text(kLargestFile + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), input.get()));
  if (std::ferror(input.get()))
    throw ScenarioError(file, "", "cannot be read: " + std::generic_category().message(errno));
  if (text.size() > kLargestFile)
    throw ScenarioError(file, "", "larger than 1 MiB: this is not a scenario or expectation file");
  return text;
}

Json parse_json(std::string_view text, const std::string& file) {
  return parse(text, file, /*asks_for_exact_numbers=*/false);
}

Json parse_json_exactly(std::string_view text, const std::string& file) {
  return parse(text, file, /*asks_for_exact_numbers=*/true);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
  constexpr std::size_t kLongestTypo = 64;
  if (words.empty() || word.size() > kLongestTypo) return "";
  std::vector<std::size_t> distances;
  for (const std::string_view candidate : words)
    distances.push_back(store::edit_distance(word, candidate));
  const auto nearest = std::ranges::min_element(distances);
  const std::string_view candidate = words[static_cast<std::size_t>(nearest - distances.begin())];
  if (*nearest > std::max<std::size_t>(1, candidate.size() / 3)) return "";
  return fmt::format("did you mean \"{}\"?", candidate);
}

bool RealRange::contains(double value) const {
  if (low_included ? value < low : value <= low) return false;
  return !high || (high_included ? value <= *high : value < *high);
}

std::string RealRange::text() const {
  if (!high) return fmt::format("a number {} {}", low_included ? "of at least" : "above", low);
  if (low_included && high_included) return fmt::format("a number from {} to {}", low, *high);
  return fmt::format("a number {} {} {} {}", low_included ? "from" : "above", low,
                     high_included ? "up to" : "and below", *high);
}

JsonObject::JsonObject(const Json& value, std::string file, std::string pointer,
                       std::span<const std::string_view> keys)
    : value_(value), file_(std::move(file)), pointer_(std::move(pointer)) {
  if (!value_.is_object())
    throw ScenarioError(file_, pointer_, "expected an object, got " + shown(value_));
  for (const auto& item : value_.items()) {
    if (std::ranges::find(keys, item.key()) != keys.end()) continue;
    std::string hint = did_you_mean(item.key(), keys);
    if (hint.empty())
      hint = keys.empty() ? "nothing may stand here" : "known keys are " + quoted_list(keys);
    fail(item.key(), "unknown key  hint: " + hint);
  }
}

const Json* JsonObject::find(std::string_view key) const {
  const auto found = value_.find(std::string(key));
  return found == value_.end() ? nullptr : &*found;
}

std::int64_t JsonObject::integer(std::string_view key, std::int64_t low, std::int64_t high) const {
  const Json* value = find(key);
  const std::string expected = low == high ? fmt::format("the number {}", low)
                                           : fmt::format("an integer from {} to {}", low, high);
  if (!value || !value->is_number_integer()) {
    const bool text = value && value->is_string();
    refuse(key, expected, text ? "write the number without quotes" : "");
  }
  // get<> would wrap a value above the largest signed one.
  const bool too_large = value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX;
  if (too_large || value->get<std::int64_t>() < low || value->get<std::int64_t>() > high)
    refuse(key, expected);
  return value->get<std::int64_t>();
}

double JsonObject::real(std::string_view key, const RealRange& range) const {
  const Json* value = find(key);
  if (!value || !value->is_number() || !range.contains(value->get<double>())) {
    const bool text = value && value->is_string();
    refuse(key, range.text(), text ? "write the number without quotes" : "");
  }
  return value->get<double>();
}

std::string JsonObject::line(std::string_view key, std::size_t max_characters) const {
  const Json* value = find(key);
  if (!value || !is_line(*value, max_characters))
    refuse(key, fmt::format("one line of 1 to {} characters", max_characters));
  return value->get<std::string>();
}

std::vector<std::string> JsonObject::lines(std::string_view key, std::size_t max_items,
                                           std::size_t max_characters) const {
  const Json* value = find(key);
  const auto is_one = [&](const Json& item) { return is_line(item, max_characters); };
  if (!value || !value->is_array() || value->size() > max_items ||
      !std::ranges::all_of(*value, is_one))
    refuse(key, fmt::format("an array of at most {} lines of 1 to {} characters", max_items,
                            max_characters));
  return value->get<std::vector<std::string>>();
}

std::vector<std::pair<std::string, std::string>> JsonObject::named_lines(
    std::string_view key, std::size_t max_items, std::size_t max_characters) const {
  const Json* value = find(key);
  const auto is_one = [&](const auto& member) {
    return is_name(member.key()) && is_line(member.value(), max_characters);
  };
  const bool is_object =
      value && value->is_object() && !value->empty() && value->size() <= max_items;
  if (!is_object || !std::ranges::all_of(value->items(), is_one))
    refuse(key, fmt::format("an object of 1 to {} members, each a name of lower-case letters, "
                            "digits and underscores with one line of 1 to {} characters",
                            max_items, max_characters));
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& member : value->items())
    members.emplace_back(member.key(), member.value().get<std::string>());
  return members;
}

std::string JsonObject::name(std::string_view key) const {
  const Json* value = find(key);
  if (!value || !value->is_string() || !is_name(value->get<std::string>()))
    refuse(key,
           "a name of lower-case letters, digits and underscores, a letter first, at most 63 "
           "characters");
  return value->get<std::string>();
}

std::vector<std::string> JsonObject::names(std::string_view key, std::size_t max_items) const {
  const Json* value = find(key);
  const auto is_one = [](const Json& item) {
    return item.is_string() && is_name(item.get<std::string>());
  };
  std::vector<std::string> found;
  if (value && value->is_array() && std::ranges::all_of(*value, is_one))
    found = value->get<std::vector<std::string>>();
  const std::set<std::string> different(found.begin(), found.end());
  if (found.empty() || found.size() > max_items || different.size() < found.size())
    refuse(key, fmt::format("an array of 1 to {} different names of lower-case letters, digits and "
                            "underscores, a letter first",
                            max_items));
  return found;
}

std::size_t JsonObject::choice(std::string_view key,
                               std::span<const std::string_view> choices) const {
  const Json* value = find(key);
  const std::string expected = (choices.size() > 1 ? "one of " : "") + quoted_list(choices);
  if (!value || !value->is_string()) refuse(key, expected);
  const auto text = value->get<std::string>();
  const auto found = std::ranges::find(choices, text);
  if (found == choices.end()) refuse(key, expected, did_you_mean(text, choices));
  return static_cast<std::size_t>(found - choices.begin());
}

const Json& JsonObject::array(std::string_view key, std::size_t min_items,
                              std::size_t max_items) const {
  const Json* value = find(key);
  if (!value || !value->is_array() || value->size() < min_items || value->size() > max_items)
    refuse(key, fmt::format("an array of {} to {} objects", min_items, max_items));
  return *value;
}

void JsonObject::refuse(std::string_view key, std::string_view expected,
                        std::string_view hint) const {
  const Json* value = find(key);
  fail(key, fmt::format("expected {}, {}{}{}", expected,
                        value ? "got " + shown(*value) : std::string("but the key is missing"),
                        hint.empty() ? "" : "  hint: ", hint));
}

void JsonObject::fail(std::string_view key, const std::string& message) const {
  throw ScenarioError(file_, pointer(key), message);
}

std::string JsonObject::pointer(std::string_view key) const {
  return pointer_ + '/' + escape_pointer(key);
}

}  // namespace aml::scenarios
