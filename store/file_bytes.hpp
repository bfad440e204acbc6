// SPDX-License-Identifier: Apache-2.0
// The bytes of a file as it lies there. For the sources of this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace aml::store {

/// Goes over a regular file once, a chunk at a time. Throws: StoreError kRefusedData, see
/// InputFile.
class FileBytes {
 public:
  explicit FileBytes(const std::string& path);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  /// What was fetched and not taken yet.
  std::span<const unsigned char> available() const {
    return {chunk_.data() + begin_, end_ - begin_};
  }
  void take(std::size_t bytes) { begin_ += bytes; }

  /// Fetches more behind what is available; false at the end of the file.
  /// Requires: less than a chunk (256 KiB) is available.
  bool fetch();

  /// Whether `magic` is what comes next.
  bool continues_with(std::span<const unsigned char> magic);

  const std::string& path() const { return path_; }
  std::uint64_t position() const { return fetched_ - (end_ - begin_); }  ///< of what comes next
  std::uint64_t size() const { return size_; }                           ///< when it was opened

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t fetched_ = 0;
  std::vector<unsigned char> chunk_;
  std::size_t begin_ = 0;  // what of the chunk is not taken yet
  std::size_t end_ = 0;
};

}  // namespace aml::store
