// SPDX-License-Identifier: Apache-2.0
#include "store/key_index.hpp"

#include <bit>
#include <cstring>

namespace aml::store {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t load(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

KeyIndex::KeyIndex(const graph::KeyColumn& keys)
    : keys_(&keys), mask_(std::bit_ceil(keys.size() * 2 + 1) - 1), slots_(mask_ + 1) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto key_hash = hash(keys[i]);
    auto at = key_hash & mask_;
    while (slots_[at].position != graph::kNoVertex) at = (at + 1) & mask_;
    slots_[at] = {tag_of(key_hash), static_cast<graph::Vertex>(i)};
  }
}

std::uint64_t KeyIndex::hash(std::string_view key) {
  // Multiply-and-fold over words of eight bytes; the constants are odd and have as many ones as
  // zeros.
  constexpr std::uint64_t kStart = 0x9E3779B97F4A7C15;
  constexpr std::uint64_t kFold = 0xD6E8FEB86659FD93;
  std::uint64_t state = kStart ^ key.size();
  const char* at = key.data();
  std::size_t left = key.size();
  for (; left > 8; at += 8, left -= 8) state = mix(state ^ load(at, 8), kFold);
  return mix(state ^ load(at, left), kStart);
}

graph::Vertex KeyIndex::find(std::string_view key, std::uint64_t hash) const {
  const auto tag = tag_of(hash);
  for (auto at = hash & mask_; slots_[at].position != graph::kNoVertex; at = (at + 1) & mask_) {
    if (slots_[at].tag == tag && (*keys_)[slots_[at].position] == key) return slots_[at].position;
  }
  return graph::kNoVertex;
}

}  // namespace aml::store
