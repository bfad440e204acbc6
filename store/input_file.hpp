// SPDX-License-Identifier: Apache-2.0
// The content of a file, whether it lies there plain or compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace aml::store {

/// Reads a plain, gzip or zstd file from its beginning to its end. What it is shows in its first bytes,
/// not in its name; several gzip members or zstd frames in a row are one content.
class InputFile {
 public:
  /// Throws: StoreError kRefusedData if it cannot be opened or is not a regular file.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;

  /// Puts up to `size` bytes of content into `buffer` and returns how many; 0 only at the end.
  /// Throws: StoreError kRefusedData with the byte position if the compressed data are damaged or
  /// end too early.
  std::size_t read(char* buffer, std::size_t size);

  const std::string& path() const;
  std::uint64_t bytes_read() const;   ///< of the file as it lies there
  std::uint64_t bytes_total() const;  ///< of the file as it lies there, when it was opened

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Throws: StoreError kRefusedData "<path>: <why>"; with a line "<path>:<line>: <why>".
[[noreturn]] void refuse_file(const std::string& path, const std::string& why);
[[noreturn]] void refuse_file(const std::string& path, std::uint64_t line, const std::string& why);

}  // namespace aml::store
