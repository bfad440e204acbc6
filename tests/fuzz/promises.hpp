// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share. A target feeds any bytes to a reader and holds it to its contract: a
// broken promise ends the process, which is how libFuzzer and the replay of the corpora notice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace aml::fuzz {

/// Ends the process with the promise and what shows that it is broken, unless it is kept.
void expect(bool is_kept, std::string_view promise, std::string_view shown_by = {});

inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// The pieces of the text between the separators, at least one.
std::vector<std::string> split(std::string_view text, std::string_view separator);

/// The error is about this text: its words begin with "bad <subject>: ", its position lies in it.
void expect_motif_error(const std::invalid_argument& error, std::string_view subject,
                        std::string_view text);

/// The SQL holds together: quotes and parentheses are closed, and outside of quotes no statement
/// ends and no comment begins.
void expect_closed_sql(std::string_view sql);

/// A file in memory with this content, for readers that take a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

}  // namespace aml::fuzz
