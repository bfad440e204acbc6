// SPDX-License-Identifier: Apache-2.0
#include "reports/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace aml::reports {
namespace {

[[noreturn]] void fail(const std::string& file) {
  throw std::system_error(errno, std::generic_category(), "cannot write " + file);
}

void write_all(int descriptor, std::string_view content, const std::string& file) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written == -1) {
      const int reason = errno;
      ::close(descriptor);
      errno = reason;
      fail(file);
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::close(descriptor) != 0) fail(file);
}

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

void write_private_file(const std::string& file, std::string_view content) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor == -1) fail(file);
    write_all(descriptor, content, file);
    return;
  }
  const std::string target = behind_links(file);
  const std::string unfinished = target + ".part";
  ::unlink(unfinished.c_str());
  const int descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor == -1) fail(file);
  write_all(descriptor, content, file);
  if (std::rename(unfinished.c_str(), target.c_str()) != 0) fail(file);
}

}  // namespace aml::reports
