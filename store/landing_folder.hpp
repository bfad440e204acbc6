// SPDX-License-Identifier: Apache-2.0
// The folder in which others leave files to be loaded.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aml::store {

/// The control file of a file lies beside it, under its name with this at the end.
inline constexpr std::string_view kControlFileEnding = ".control.json";

struct FolderContent {
  std::vector<std::string> files;       ///< in order of their paths
  std::vector<std::string> unfinished;  ///< that say by their names that they are being written
};

/// The regular files of a folder, not those of its sub-folders; without hidden ones, markers such as
/// Hadoop's _SUCCESS, and control files. Names that end with .tmp, .part, .partial, .filepart, .crdownload or
/// ~ are those of unfinished files.
/// Throws: std::filesystem::filesystem_error.
FolderContent files_in(const std::string& folder);

/// Whether a name says that the file holds data: .csv, .tsv, .jsonl or .ndjson, also with .gz or
/// .zst behind it.
bool is_named_as_data(const std::string& path);

/// Tells which files of a folder are complete, for whoever looks at it again and again: those that
/// have not changed for a while. Neither a clock that jumps nor one that another machine sets
/// matters: what counts is that the same size and time of change are seen again.
class LandingFolder {
 public:
  LandingFolder(std::string folder, std::chrono::milliseconds settle);

  /// Files that are not done and look as they did at a call at least `settle` ago and at each one
  /// since, in order of their paths; a file that changes afterwards is waited for anew.
  /// Throws: std::filesystem::filesystem_error if the folder cannot be read.
  /// Cost: one look at each file; memory for each file of the folder.
  std::vector<std::string> files_ready(std::chrono::steady_clock::time_point now);

  /// The file is not named again unless it changes.
  void mark_done(const std::string& path);

 private:
  struct Look {
    std::uint64_t inode = 0;
    std::int64_t bytes = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Look&) const = default;
  };
  struct Sighting {
    Look look;
    std::chrono::steady_clock::time_point since;
    bool is_done = false;
  };

  static Look look_at(const std::string& path);

  std::string folder_;
  std::chrono::milliseconds settle_;
  std::map<std::string, Sighting> sightings_;
};

}  // namespace aml::store
