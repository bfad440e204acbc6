// SPDX-License-Identifier: Apache-2.0
#include "reports/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace aml::reports {
namespace {

/// The file that a symbolic link, which may dangle, leads to.
std::string behind_links(const std::filesystem::path& file) {
  constexpr int kMostLinks = 40;  // as many as the kernel follows
  std::filesystem::path target = file;
  std::error_code none;
  for (int link = 0; link < kMostLinks && std::filesystem::is_symlink(target, none); ++link) {
    target = target.parent_path() / std::filesystem::read_symlink(target);
  }
  return target.string();
}

}  // namespace

PrivateFileWriter::PrivateFileWriter(std::string file, mode_t mode) : file_(std::move(file)) {
  struct stat facts {};
  if (::stat(file_.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
    descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    target_ = behind_links(file_);
    unfinished_ = target_ + ".part";
    ::unlink(unfinished_.c_str());
    descriptor_ = ::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor_ != -1 && mode != 0600 && ::fchmod(descriptor_, mode) != 0) fail();
  }
  if (descriptor_ == -1) fail();
}

PrivateFileWriter::~PrivateFileWriter() {
  if (descriptor_ == -1) return;
  ::close(descriptor_);
  if (!unfinished_.empty()) ::unlink(unfinished_.c_str());
}

void PrivateFileWriter::write(std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor_, content.data(), content.size());
    if (written == -1) fail();
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

void PrivateFileWriter::close() {
  if (::close(std::exchange(descriptor_, -1)) != 0) fail();
  if (!unfinished_.empty() && std::rename(unfinished_.c_str(), target_.c_str()) != 0) fail();
}

void PrivateFileWriter::fail() const {
  throw std::system_error(errno, std::generic_category(), "cannot write " + file_);
}

void write_private_file(const std::string& file, std::string_view content, mode_t mode) {
  PrivateFileWriter out(file, mode);
  out.write(content);
  out.close();
}

void append_private_file(const std::string& file, std::string_view content) {
  const auto fail = [&] {
    throw std::system_error(errno, std::generic_category(), "cannot write " + file);
  };
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor == -1) fail();
  const auto written = ::write(descriptor, content.data(), content.size());
  const int reason = written == -1 ? errno : ENOSPC;
  const bool is_closed = ::close(descriptor) == 0;
  if (written != static_cast<ssize_t>(content.size())) errno = reason;
  if (written != static_cast<ssize_t>(content.size()) || !is_closed) fail();
}

}  // namespace aml::reports
