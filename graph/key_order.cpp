// SPDX-License-Identifier: Apache-2.0
#include "graph/key_order.hpp"

#include <oneapi/tbb/parallel_sort.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "graph/transfer.hpp"

namespace aml::graph {
namespace {

/// What decides most comparisons without a look at the key itself.
struct SortRecord {
  std::uint64_t bytes;  ///< the eight after the prefix that all keys share, first one highest
  std::uint32_t length;
  std::uint32_t position;
};

std::size_t common_prefix_length(const KeyColumn& keys) {
  std::string_view prefix = keys[0];
  for (std::size_t i = 1; i < keys.size() && !prefix.empty(); ++i) {
    const std::string_view key = keys[i];
    const auto [end, unused] = std::mismatch(prefix.begin(), prefix.end(), key.begin(), key.end());
    prefix = prefix.substr(0, static_cast<std::size_t>(end - prefix.begin()));
  }
  return prefix.size();
}

std::uint64_t eight_bytes(std::string_view key) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes = bytes << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  }
  return bytes;
}

bool in_key_order(const KeyColumn& keys) {
  for (std::size_t i = 1; i < keys.size(); ++i) {
    if (key_less(keys[i], keys[i - 1])) return false;
  }
  return true;
}

std::vector<std::uint32_t> identity(std::size_t size) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

}  // namespace

std::vector<std::uint32_t> key_order(const KeyColumn& keys) {
  if (in_key_order(keys)) return identity(keys.size());
  const std::size_t prefix = common_prefix_length(keys);
  std::vector<SortRecord> records(keys.size());
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    const std::string_view key = keys[i];
    records[i] = {eight_bytes(key.substr(prefix)), static_cast<std::uint32_t>(key.size()), i};
  }
  oneapi::tbb::parallel_sort(records, [&](const SortRecord& a, const SortRecord& b) {
    if (a.length != b.length) return a.length < b.length;
    if (a.bytes != b.bytes) return a.bytes < b.bytes;
    if (a.length > prefix + 8) {
      const auto order = compare_keys(keys[a.position], keys[b.position]);
      if (order != 0) return order < 0;
    }
    return a.position < b.position;
  });
  std::vector<std::uint32_t> order(records.size());
  std::ranges::transform(records, order.begin(), &SortRecord::position);
  return order;
}

std::vector<std::uint32_t> unique_key_order(const KeyColumn& keys, std::string_view what) {
  std::vector<std::uint32_t> order = key_order(keys);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (keys[order[i]] == keys[order[i - 1]]) {
      throw std::invalid_argument(std::string(what) + " '" + std::string(keys[order[i]]) +
                                  "' repeats (rows " + std::to_string(order[i - 1]) + " and " +
                                  std::to_string(order[i]) + ")");
    }
  }
  return order;
}

KeyColumn in_order(const KeyColumn& keys, std::span<const std::uint32_t> order) {
  std::size_t bytes = 0;
  for (const std::uint32_t position : order) bytes += keys[position].size();
  KeyColumn sorted;
  sorted.reserve(order.size(), bytes);
  for (const std::uint32_t position : order) sorted.push_back(keys[position]);
  return sorted;
}

std::vector<std::uint32_t> ranks_of(std::span<const std::uint32_t> order) {
  std::vector<std::uint32_t> ranks(order.size());
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  return ranks;
}

bool is_identity(std::span<const std::uint32_t> order) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] != i) return false;
  }
  return true;
}

}  // namespace aml::graph
