// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/json_error.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

/// Takes "12:" from the front.
std::optional<std::size_t> take_number(std::string_view& words) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), number);
  if (error != std::errc()) return std::nullopt;
  words.remove_prefix(static_cast<std::size_t>(end - words.data()));
  if (!words.starts_with(':')) return std::nullopt;
  words.remove_prefix(1);
  return number;
}

void expect_line_and_column(std::string_view words, std::string_view text) {
  const auto line = take_number(words);
  const auto column = line ? take_number(words) : std::nullopt;
  expect(line && column && words.size() > 1, "an error of broken JSON has a line and a column",
         words);
  const std::vector<std::string> lines = split(text, "\n");
  expect(*line >= 1 && *line <= lines.size(), "the line is one of the text", words);
  expect(*column >= 1 && *column <= lines[*line - 1].size() + 1, "the column is one of the line",
         words);
}

/// All but the last step of the pointer leads to a value; the last may be a key that is missing.
void expect_pointer(const std::string& pointer, std::string_view text) {
  const auto document = nlohmann::json::parse(text, nullptr, false, true);
  const nlohmann::json::json_pointer place(pointer);
  if (document.is_discarded()) return;  // a key that stands twice is told before what is broken
  expect(place.empty() || document.contains(place.parent_pointer()) ||
             place.parent_pointer().empty() ||
             document.contains(place.parent_pointer().parent_pointer()),
         "a pointer leads into the document", pointer);
}

}  // namespace

void expect_error_inside(const scenarios::ScenarioError& error, std::string_view text,
                         std::string_view file) {
  std::string_view words = error.what();
  expect(words.starts_with(std::string(file) + ":"), "an error names its file", words);
  expect(std::ranges::none_of(words, [](unsigned char c) { return c < ' ' && c != '\n'; }),
         "an error is text that a terminal shows as it is", words);
  expect(words.size() > file.size() + error.pointer().size() + 3, "an error says why", words);
  words.remove_prefix(file.size() + 1);
  if (!error.pointer().empty()) return expect_pointer(error.pointer(), text);
  if (!words.starts_with(' ')) expect_line_and_column(words, text);
}

}  // namespace aml::fuzz
