// SPDX-License-Identifier: Apache-2.0
#include "store/file_bytes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "store/input_file.hpp"

namespace aml::store {
namespace {

// Large enough that system calls cost nothing, small enough to stay in the cache.
constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

std::uint64_t size_of_regular_file(int descriptor, const std::string& path) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0)
    refuse_file(path, fmt::format("cannot be read: {}", std::strerror(errno)));
  if (!S_ISREG(facts.st_mode)) {
    refuse_file(path,
                "is not a regular file; a load reads its input twice, so a pipe has to be saved to "
                "a file first");
  }
  return static_cast<std::uint64_t>(facts.st_size);
}

}  // namespace

FileBytes::FileBytes(const std::string& path) : path_(path), chunk_(kChunkBytes) {
  // A named pipe would block here until somebody writes; it is refused below.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) refuse_file(path, fmt::format("cannot be opened: {}", std::strerror(errno)));
  try {
    size_ = size_of_regular_file(descriptor_, path);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

FileBytes::~FileBytes() {
  ::close(descriptor_);
}

bool FileBytes::fetch() {
  std::memmove(chunk_.data(), chunk_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, chunk_.data() + end_, chunk_.size() - end_);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    refuse_file(path_,
                fmt::format("cannot be read at byte {}: {}", fetched_, std::strerror(errno)));
  }
  end_ += static_cast<std::size_t>(got);
  fetched_ += static_cast<std::uint64_t>(got);
  return got > 0;
}

bool FileBytes::continues_with(std::span<const unsigned char> magic) {
  while (available().size() < magic.size() && fetch()) {
  }
  const auto next = available();
  return next.size() >= magic.size() && std::equal(magic.begin(), magic.end(), next.begin());
}

}  // namespace aml::store
