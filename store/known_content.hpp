// SPDX-License-Identifier: Apache-2.0
// Contents that were loaded before, and whether a file continues one of them. For the sources of
// this folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/input_format.hpp"
#include "store/load_transaction.hpp"

namespace aml::store {

struct KnownContent {
  std::int64_t file_id;
  std::uint64_t bytes;
  std::string sha256;
  std::string path;
};

/// The newest contents of the plan's dataset and format, shortest first.
std::vector<KnownContent> list_known_contents(LoadTransaction& transaction, const FilePlan& plan);

/// What a file holds, and which known content it begins with.
struct HashedContent {
  std::string sha256;
  std::uint64_t bytes = 0;
  std::optional<KnownContent> beginning;  ///< the longest one; shorter than this content
};

/// Requires: known contents are in order of size.
/// Cost:     one pass, and a microsecond or so for each known content.
HashedContent hash_content(const std::string& path, const std::vector<KnownContent>& known);

}  // namespace aml::store
