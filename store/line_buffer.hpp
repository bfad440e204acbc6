// SPDX-License-Identifier: Apache-2.0
// A text that comes in pieces, as the lines that a reader looks at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace aml::store {

/// The text between what was skipped and what was fetched so far, without a UTF-8 byte order mark.
/// Offsets count from the first byte that was not skipped.
/// Memory: twice the longest stretch that find_line_end was asked to look through.
class LineBuffer {
 public:
  static constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

  /// Puts up to `size` bytes into `buffer` and returns how many; 0 only at the end.
  using Source = std::function<std::size_t(char* buffer, std::size_t size)>;

  /// `path` is for messages only. Throws: StoreError kRefusedData if the text is UTF-16.
  LineBuffer(Source source, std::string path);

  const std::string& path() const { return path_; }
  std::size_t available() const { return end_ - begin_; }
  char at(std::size_t offset) const { return buffer_[begin_ + offset]; }
  std::string_view text(std::size_t offset, std::size_t length) const {
    return {buffer_.data() + begin_ + offset, length};
  }

  /// Bytes of the content before the first one that was not skipped.
  std::uint64_t position() const { return position_; }

  /// Fetches more behind what is there; false at the end of the source.
  bool fill();

  /// Offset of the next line feed from `from` on, or of the end of the source; kNotFound if it lies
  /// behind `limit`.
  std::size_t find_line_end(std::size_t from, std::size_t limit);

  void skip(std::size_t bytes) {
    begin_ += bytes;
    position_ += bytes;
  }

  /// The first byte that is neither blank nor line end, looked for in the first 256 KiB; 0 if there
  /// is none.
  char first_visible();

 private:
  Source source_;
  std::string path_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t position_ = 0;
  bool at_end_ = false;
};

}  // namespace aml::store
