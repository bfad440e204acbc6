// SPDX-License-Identifier: Apache-2.0
// From external keys to their positions in a KeyColumn.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "graph/key_column.hpp"
#include "graph/transfer.hpp"

namespace aml::store {

/// An open-addressing hash table over a KeyColumn, which must outlive it.
/// Cost: 8 bytes a slot, two to four slots a key; no allocation per key.
class KeyIndex {
 public:
  /// Requires: fewer than 2^32 - 1 keys, none twice.
  explicit KeyIndex(const graph::KeyColumn& keys);

  /// Takes up the key that was appended to the column last. Requires: it was not there before, and
  /// all others are taken up. Cost: O(1), amortised.
  void add_last();

  /// Position of the key, kNoVertex if it is not there.
  graph::Vertex find(std::string_view key) const { return find(key, hash(key)); }

  /// positions[i] = find(keys[i]). A look-up in a large index waits for memory three times; here
  /// the keys of a batch wait together. Requires: as many positions as keys, at most kBatch.
  void find_all(std::span<const std::string_view> keys, std::span<graph::Vertex> positions) const;
  static constexpr std::size_t kBatch = 128;

 private:
  struct Slot {
    std::uint32_t tag = 0;  ///< upper half of the hash: nearly always tells keys apart
    graph::Vertex position = graph::kNoVertex;
  };
  static std::uint64_t hash(std::string_view key);
  void rebuild();
  void place(graph::Vertex position);
  graph::Vertex find(std::string_view key, std::uint64_t hash) const;
  /// Position of the first key with the tag of this hash, most likely the key itself; kNoVertex if
  /// there is none.
  graph::Vertex guess(std::uint64_t hash) const;

  const graph::KeyColumn* keys_;
  std::uint64_t mask_;
  std::vector<Slot> slots_;
};

}  // namespace aml::store
