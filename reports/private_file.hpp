// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace aml::reports {

/// A file that only its owner may read, or those whom `mode` names, from the first byte: a new file is moved into place when it
/// is complete. What is no regular file (a device, a pipe) is written into and stays what it is; a symbolic link is followed.
/// All functions throw std::system_error with the path and the reason.
class PrivateFileWriter {
 public:
  explicit PrivateFileWriter(std::string file, mode_t mode = 0600);
  ~PrivateFileWriter();  ///< without close() what was there before stays
  PrivateFileWriter(const PrivateFileWriter&) = delete;
  PrivateFileWriter& operator=(const PrivateFileWriter&) = delete;

  void write(std::string_view content);
  void close();

 private:
  [[noreturn]] void fail() const;

  std::string file_;
  std::string target_;      ///< where links lead
  std::string unfinished_;  ///< empty: it is no regular file
  int descriptor_ = -1;
};

/// The same for content that is all there.
void write_private_file(const std::string& file, std::string_view content, mode_t mode = 0600);
/// Adds to the end of a file, which is made with mode 0600 if it is not there: in one piece, so that writers do not mix.
void append_private_file(const std::string& file, std::string_view content);

}  // namespace aml::reports
