// SPDX-License-Identifier: Apache-2.0
// From external keys to their positions in a KeyColumn.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "graph/key_column.hpp"
#include "graph/transfer.hpp"

namespace aml::store {

/// An open-addressing hash table over a KeyColumn, which must outlive it. Look-ups come in three
/// steps so that a caller with many of them can hide the cache misses: hash all and prefetch(),
/// then find() each. Cost: 8 bytes a slot, two to four slots a key; no allocation per key.
class KeyIndex {
 public:
  /// Requires: fewer than 2^32 - 1 keys, none twice.
  explicit KeyIndex(const graph::KeyColumn& keys);

  static std::uint64_t hash(std::string_view key);

  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  /// Position of the key, kNoVertex if it is not there. `hash` is hash(key).
  graph::Vertex find(std::string_view key, std::uint64_t hash) const;
  graph::Vertex find(std::string_view key) const { return find(key, hash(key)); }

 private:
  struct Slot {
    std::uint32_t tag =
        0;  ///< upper half of the hash: nearly always tells keys apart without looking at them
    graph::Vertex position = graph::kNoVertex;
  };
  const graph::KeyColumn* keys_;
  std::uint64_t mask_;
  std::vector<Slot> slots_;
};

}  // namespace aml::store
