// SPDX-License-Identifier: Apache-2.0
#include "store/landing_folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace aml::store {
namespace {

bool is_marker(const std::string& name) {
  return name.starts_with('.') || name.starts_with('_') || name.ends_with(kControlFileEnding);
}

bool is_unfinished(const std::string& name) {
  constexpr std::array<std::string_view, 6> kEnds{".tmp",      ".part",       ".partial",
                                                  ".filepart", ".crdownload", "~"};
  return std::ranges::any_of(kEnds, [&](auto end) { return name.ends_with(end); });
}

}  // namespace

FolderContent files_in(const std::string& folder) {
  FolderContent content;
  std::error_code unreadable;
  std::filesystem::directory_iterator entries(folder, unreadable);
  if (unreadable) throw std::system_error(unreadable, folder);
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    std::error_code vanished;  // a file that goes while we look is none
    if (!entry.is_regular_file(vanished) || is_marker(name)) continue;
    (is_unfinished(name) ? content.unfinished : content.files).push_back(entry.path().string());
  }
  // The order of a folder is the file system's whim.
  std::ranges::sort(content.files);
  std::ranges::sort(content.unfinished);
  return content;
}

bool is_named_as_data(const std::string& path) {
  std::filesystem::path name = std::filesystem::path(path).filename();
  if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
  constexpr std::array<std::string_view, 4> kExtensions{".csv", ".tsv", ".jsonl", ".ndjson"};
  return std::ranges::find(kExtensions, name.extension().string()) != kExtensions.end();
}

LandingFolder::LandingFolder(std::string folder, std::chrono::milliseconds settle)
    : folder_(std::move(folder)), settle_(settle) {}

std::vector<std::string> LandingFolder::files_ready(std::chrono::steady_clock::time_point now) {
  std::map<std::string, Sighting> seen;
  std::vector<std::string> ready;
  for (const auto& path : files_in(folder_).files) {
    const Sighting fresh{look_at(path), now};
    const auto before = sightings_.find(path);
    const bool is_unchanged = before != sightings_.end() && before->second.look == fresh.look;
    const auto& sighting = seen.emplace(path, is_unchanged ? before->second : fresh).first->second;
    if (!sighting.is_done && now - sighting.since >= settle_) ready.push_back(path);
  }
  sightings_ = std::move(seen);
  return ready;
}

void LandingFolder::mark_done(const std::string& path) {
  if (const auto sighting = sightings_.find(path); sighting != sightings_.end())
    sighting->second.is_done = true;
}

LandingFolder::Look LandingFolder::look_at(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};  // it has just gone; the next look shows that
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  return {facts.st_ino, facts.st_size,
          facts.st_ctim.tv_sec * kNanosecondsPerSecond + facts.st_ctim.tv_nsec};
}

}  // namespace aml::store
