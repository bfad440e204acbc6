// SPDX-License-Identifier: Apache-2.0
#include "store/server_programs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace aml::store::cluster {
namespace fs = std::filesystem;
namespace {

std::optional<Programs> programs_in(const fs::path& folder) {
  Programs programs{(folder / "initdb").string(), (folder / "postgres").string(), 0};
  if (::access(programs.initdb.c_str(), X_OK) != 0 ||
      ::access(programs.postgres.c_str(), X_OK) != 0)
    return {};
  // postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)
  const auto version = output_of({programs.postgres, "--version"});
  const auto digit = version.find_first_of("0123456789");
  if (digit == std::string::npos) return {};
  programs.major_version = std::atoi(version.c_str() + digit);
  return programs;
}

std::vector<fs::path> program_folders() {
  std::vector<fs::path> folders;
  auto configured = output_of({"pg_config", "--bindir"});
  while (!configured.empty() && configured.back() == '\n') configured.pop_back();
  if (!configured.empty()) folders.emplace_back(configured);
  const std::vector<std::pair<fs::path, std::string>> roots{
      {"/usr/lib/postgresql", ""}, {"/usr", "pgsql-"}, {"/opt/homebrew/opt", "postgresql"}};
  for (const auto& [root, prefix] : roots) {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(root, absent)) {
      if (entry.path().filename().string().starts_with(prefix))
        folders.push_back(entry.path() / "bin");
    }
  }
  return folders;
}

}  // namespace

Programs find_programs(const Places& places) {
  const int wanted =
      is_initialised(places) ? std::atoi(read_text(places.data / "PG_VERSION").c_str()) : 0;
  std::optional<Programs> best;
  for (const auto& folder : program_folders()) {
    const auto programs = programs_in(folder);
    if (!programs || (wanted != 0 && programs->major_version != wanted)) continue;
    if (!best || programs->major_version > best->major_version) best = programs;
  }
  if (best) return *best;
  fail(
      fmt::format("PostgreSQL's server programs{} (initdb, postgres) are not installed\n"
                  "  install them:             apt install postgresql\n"
                  "  or use a server you have: aml -d postgresql:///bank ...",
                  wanted == 0 ? "" : fmt::format(" of version {}", wanted)));
}

}  // namespace aml::store::cluster
