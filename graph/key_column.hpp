// SPDX-License-Identifier: Apache-2.0
// A column of external keys in one buffer: no allocation per key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aml::graph {

class KeyColumn {
 public:
  void reserve(std::size_t keys, std::size_t bytes) {
    offsets_.reserve(keys + 1);
    bytes_.reserve(bytes);
  }
  void push_back(std::string_view key) {
    bytes_.append(key);
    offsets_.push_back(bytes_.size());
  }
  std::string_view operator[](std::size_t i) const {
    return std::string_view(bytes_).substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
  }
  /// Asks for the memory that operator[](i) will read, without waiting for it.
  void prefetch(std::size_t i) const { __builtin_prefetch(&offsets_[i]); }
  std::size_t size() const { return offsets_.size() - 1; }
  std::size_t memory_bytes() const {
    return bytes_.capacity() + offsets_.capacity() * sizeof(std::uint64_t);
  }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> offsets_{0};
};

}  // namespace aml::graph
