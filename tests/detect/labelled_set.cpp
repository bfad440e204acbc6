// SPDX-License-Identifier: Apache-2.0
#include "tests/detect/labelled_set.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace aml::detect {
namespace {

std::string read_gzip(const std::filesystem::path& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path.string());
  std::string text;
  char buffer[1 << 16];
  for (int got; (got = gzread(file, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  gzclose(file);
  return text;
}

}  // namespace

std::optional<LabelledSet> read_labelled_set(const std::string& file) {
  const auto path = std::filesystem::path(AML_SOURCE_DIR) / "../shared/data/anomaly" / file;
  if (!std::filesystem::exists(path)) return std::nullopt;
  const std::string text = read_gzip(path);
  const auto header_end = text.find('\n');
  LabelledSet set;
  set.data.columns = static_cast<std::size_t>(
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(header_end), ','));
  const char* at = text.c_str() + header_end + 1;
  while (*at != '\0') {
    for (std::size_t column = 0; column <= set.data.columns; ++column) {
      char* end = nullptr;
      const float value = std::strtof(at, &end);
      if (end == at) throw std::runtime_error("not a number in " + path.string());
      if (column < set.data.columns) {
        set.data.values.push_back(value);
      } else {
        set.is_anomaly.push_back(value != 0);
      }
      at = end + (*end == '\r' ? 2 : *end == '\0' ? 0 : 1);
    }
  }
  set.data.rows = set.is_anomaly.size();
  return set;
}

}  // namespace aml::detect
