// SPDX-License-Identifier: Apache-2.0
// The files of a generated bank: complete or not there at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aml::scenarios::generator {

/// A CSV file (RFC 4180, lines end in LF) that appears under its name, mode 0600, when it is
/// published. Until then it is <path>.part, and the destructor deletes it.
class CsvFile {
 public:
  /// Throws: std::system_error with the path.
  CsvFile(std::string path, std::string_view header);
  ~CsvFile();
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  /// The text of the file not written yet: append whole lines, then call flush_if_full().
  std::string& text() { return text_; }
  /// Throws: std::system_error with the path.
  void flush_if_full();
  /// Writes what is left and makes sure that it is on disk. Throws: std::system_error with the
  /// path.
  void finish();
  /// Requires: finish(). Throws: std::system_error with the path.
  void publish();

 private:
  void write_text();
  [[noreturn]] void fail(const std::string& path, const char* what) const;

  std::string path_;
  std::string part_;
  std::string text_;
  int descriptor_ = -1;
  bool published_ = false;
};

/// Creates a folder, mode 0700, and those above it. An existing folder stays as it is.
/// Throws: std::system_error with the path.
void create_private_folder(const std::string& folder);

/// Appends a field, in quotes if it holds a comma, a quote or a line break.
void append_csv(std::string& out, std::string_view field);
/// Appends an amount in minor units with two decimals.
void append_amount(std::string& out, std::int64_t minor);
/// Appends a letter and the number with leading zeros: "T000000042".
void append_key(std::string& out, char letter, std::uint64_t number, int digits);

}  // namespace aml::scenarios::generator
