// SPDX-License-Identifier: Apache-2.0
#include "cli/removal.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>

namespace aml::cli {

bool confirmed(const std::string& question, bool yes) {
  if (yes) return true;
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "yes");
}

void print_removed(const std::vector<store::RemovedRows>& removed, const GlobalOptions& global) {
  Table printed{{"table", "rows"}, {}};
  for (const auto& [table, rows] : removed) printed.rows.push_back({table, rows});
  print(printed, effective_format(global.format));
}

}  // namespace aml::cli
