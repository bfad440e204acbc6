// SPDX-License-Identifier: Apache-2.0
// What lies packed in a file, unpacked. For the sources of this folder only.
#pragma once

#include <cstddef>
#include <memory>

#include "store/file_bytes.hpp"

namespace aml::store {

/// Unpacks the bytes of a file from their beginning to their end. Several frames (gzip calls them
/// members) in a row are one content; zero bytes behind the last one are padding, which tar and
/// tape write. Throws: StoreError kRefusedData with the byte position if the data are damaged, end
/// too early or are followed by something else.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Puts up to `size` bytes into `buffer` and returns how many; 0 only at the end.
  std::size_t read(char* buffer, std::size_t size);

 protected:
  Decoder(FileBytes& file, const char* format) : file_(file), format_(format) {}

  struct Progress {
    std::size_t taken;     ///< of the input
    std::size_t produced;  ///< of the output
    bool is_end_of_frame;
    const char* damage;  ///< in words; null if there is none
  };

  /// Whether another frame begins at this place of the file.
  virtual bool frame_begins(FileBytes& file) = 0;
  virtual void begin_frame() = 0;
  virtual Progress decode(std::span<const unsigned char> input, char* buffer, std::size_t size) = 0;

 private:
  bool begin_next_frame();

  FileBytes& file_;
  const char* format_;  // for messages
  bool is_inside_frame_ = false;
};

/// The decoder for what the file begins with: gzip or zstd, by its first bytes; null if neither.
std::unique_ptr<Decoder> make_decoder(FileBytes& file);

}  // namespace aml::store
