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

}  // namespace

void write_private_file(const std::string& file, std::string_view content) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor == -1) fail(file);
    write_all(descriptor, content, file);
    return;
  }
  std::error_code ignored;
  const auto resolved = std::filesystem::weakly_canonical(file, ignored);
  const std::string target = resolved.empty() ? file : resolved.string();
  const std::string unfinished = target + ".part";
  ::unlink(unfinished.c_str());
  const int descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor == -1) fail(file);
  write_all(descriptor, content, file);
  if (std::rename(unfinished.c_str(), target.c_str()) != 0) fail(file);
}

}  // namespace aml::reports
