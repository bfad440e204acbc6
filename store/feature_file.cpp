// SPDX-License-Identifier: Apache-2.0
#include "store/feature_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "store/input_file.hpp"
#include "store/named_columns.hpp"

namespace aml::store {
namespace {

constexpr std::size_t kMaxModelBytes = std::size_t{1} << 30;
constexpr std::size_t kChunkBytes = std::size_t{64} << 10;

/// nullopt: neither a number nor one of the words for a missing value.
std::optional<float> parse_feature(std::string_view text) {
  const std::string plain = plain_name(text);
  if (plain.empty() || plain == "nan" || plain == "null" || plain == "na") {
    return std::numeric_limits<float>::quiet_NaN();
  }
  const char* begin = plain.data() + (plain.starts_with('+') && !plain.starts_with("+-") ? 1 : 0);
  const char* end = plain.data() + plain.size();
  double number = 0;
  const auto [parsed, error] = std::from_chars(begin, end, number);
  if (error != std::errc{} || parsed != end) return {};
  const auto value = static_cast<float>(number);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

FeatureFile read_columns(NamedColumns& rows, const std::vector<std::size_t>& positions) {
  FeatureFile file;
  for (const std::size_t position : positions) file.names.push_back(rows.names()[position]);
  file.columns.resize(positions.size());
  while (rows.next()) {
    for (std::size_t column = 0; column < positions.size(); ++column) {
      const std::string_view text = rows[positions[column]];
      const auto value = parse_feature(text);
      if (!value) {
        rows.refuse_row(fmt::format("{} '{}' is no number within the range of a 32-bit float",
                                    file.names[column], text));
      }
      file.columns[column].push_back(*value);
    }
  }
  return file;
}

}  // namespace

FeatureFile read_feature_file(const std::string& path, const std::vector<std::string>& left_out) {
  NamedColumns rows(path);
  std::vector<std::size_t> unused;
  for (const std::string& name : left_out) unused.push_back(rows.require(plain_name(name)));
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < rows.names().size(); ++i) {
    if (std::ranges::find(unused, i) == unused.end()) positions.push_back(i);
  }
  if (positions.empty()) rows.refuse("has no column beside those that are left out");
  return read_columns(rows, positions);
}

FeatureFile read_feature_columns(const std::string& path, const std::vector<std::string>& names) {
  NamedColumns rows(path);
  std::vector<std::size_t> positions;
  for (const std::string& name : names) positions.push_back(rows.require(name));
  return read_columns(rows, positions);
}

std::string read_model_file(const std::string& path) {
  InputFile file(path);
  std::string bytes;
  std::string chunk(kChunkBytes, '\0');
  while (const std::size_t got = file.read(chunk.data(), chunk.size())) {
    bytes.append(chunk, 0, got);
    if (bytes.size() > kMaxModelBytes) refuse_file(path, "is larger than any model: 1 GiB");
  }
  return bytes;
}

}  // namespace aml::store
