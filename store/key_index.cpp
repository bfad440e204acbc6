// SPDX-License-Identifier: Apache-2.0
#include "store/key_index.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <cstring>

namespace aml::store {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <typename Word>
std::uint64_t load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// The last word of a key: up to eight bytes, read without a loop; the reads may overlap.
std::uint64_t load_rest(const char* bytes, std::size_t count) {
  if (count >= 4) {
    return load<std::uint32_t>(bytes) << 32 | load<std::uint32_t>(bytes + count - 4);
  }
  if (count == 0) return 0;
  const auto byte = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(bytes[i])};
  };
  return byte(0) << 16 | byte(count / 2) << 8 | byte(count - 1);
}

std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

KeyIndex::KeyIndex(const graph::KeyColumn& keys) : keys_(&keys) {
  rebuild();
}

void KeyIndex::add_last() {
  if (keys_->size() * 2 > mask_) {
    rebuild();
  } else {
    place(static_cast<graph::Vertex>(keys_->size() - 1));
  }
}

void KeyIndex::rebuild() {
  mask_ = std::bit_ceil(keys_->size() * 2 + 1) - 1;
  slots_.assign(mask_ + 1, {});
  for (std::size_t i = 0; i < keys_->size(); ++i) place(static_cast<graph::Vertex>(i));
}

void KeyIndex::place(graph::Vertex position) {
  const auto key_hash = hash((*keys_)[position]);
  auto at = key_hash & mask_;
  while (slots_[at].position != graph::kNoVertex) at = (at + 1) & mask_;
  slots_[at] = {tag_of(key_hash), position};
}

std::uint64_t KeyIndex::hash(std::string_view key) {
  // Multiply-and-fold over words of eight bytes, with odd constants of mixed bits.
  constexpr std::uint64_t kStart = 0x9E3779B97F4A7C15;
  constexpr std::uint64_t kFold = 0xD6E8FEB86659FD93;
  std::uint64_t state = kStart ^ key.size();
  const char* at = key.data();
  std::size_t left = key.size();
  for (; left > 8; at += 8, left -= 8) state = mix(state ^ load<std::uint64_t>(at), kFold);
  return mix(state ^ load_rest(at, left), kStart);
}

graph::Vertex KeyIndex::guess(std::uint64_t hash) const {
  const auto tag = tag_of(hash);
  for (auto at = hash & mask_; slots_[at].position != graph::kNoVertex; at = (at + 1) & mask_) {
    if (slots_[at].tag == tag) return slots_[at].position;
  }
  return graph::kNoVertex;
}

graph::Vertex KeyIndex::find(std::string_view key, std::uint64_t hash) const {
  const auto tag = tag_of(hash);
  for (auto at = hash & mask_; slots_[at].position != graph::kNoVertex; at = (at + 1) & mask_) {
    if (slots_[at].tag == tag && (*keys_)[slots_[at].position] == key) return slots_[at].position;
  }
  return graph::kNoVertex;
}

void KeyIndex::find_all(std::span<const std::string_view> keys,
                        std::span<graph::Vertex> positions) const {
  assert(keys.size() == positions.size() && keys.size() <= kBatch);
  std::array<std::uint64_t, kBatch> hashes;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    hashes[i] = hash(keys[i]);
    __builtin_prefetch(&slots_[hashes[i] & mask_]);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    positions[i] = guess(hashes[i]);
    if (positions[i] != graph::kNoVertex) keys_->prefetch(positions[i]);
  }
  for (const auto position : positions) {
    if (position != graph::kNoVertex) __builtin_prefetch((*keys_)[position].data());
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto guessed = positions[i];
    const bool right = guessed != graph::kNoVertex && (*keys_)[guessed] == keys[i];
    if (!right) positions[i] = find(keys[i], hashes[i]);
  }
}

}  // namespace aml::store
