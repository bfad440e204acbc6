// SPDX-License-Identifier: Apache-2.0
#include "store/named_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace aml::store {

std::string plain_name(std::string_view name) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!name.empty() && is_blank(name.front())) name.remove_prefix(1);
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
  std::string plain(name);
  for (char& c : plain) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return plain;
}

NamedColumns::NamedColumns(const std::string& path)
    : file_(path),
      reader_([this](char* buffer, std::size_t size) { return file_.read(buffer, size); }, path) {
  for (const std::string& name : reader_.header()) names_.push_back(plain_name(name));
  if (names_.empty()) refuse_file(path, "is empty: expected a header line");
  for (const std::string& name : names_) {
    if (std::ranges::count(names_, name) > 1) refuse("has two columns called '" + name + "'");
  }
}

std::optional<std::size_t> NamedColumns::find(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) return {};
  return static_cast<std::size_t>(found - names_.begin());
}

std::size_t NamedColumns::require(std::string_view name) const {
  const auto position = find(name);
  if (!position) {
    refuse(fmt::format("has no column '{}'; its columns: {}", name, fmt::join(names_, ", ")));
  }
  return *position;
}

bool NamedColumns::next() {
  if (!reader_.next(record_)) return false;
  if (record_.defect != LineDefect::kNone) {
    refuse_row(fmt::format("cannot be read: {}", name_of(record_.defect)));
  }
  return true;
}

void NamedColumns::refuse(const std::string& why) const {
  refuse_file(file_.path(), reader_.header_line(), why);
}

void NamedColumns::refuse_row(const std::string& why) const {
  refuse_file(file_.path(), record_.line, why);
}

}  // namespace aml::store
