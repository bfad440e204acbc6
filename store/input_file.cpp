// SPDX-License-Identifier: Apache-2.0
#include "store/input_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "store/error.hpp"

namespace aml::store {
namespace {

// Large enough that system calls cost nothing, small enough to stay in the cache.
constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's way to ask for the gzip wrapper

}  // namespace

struct InputFile::State {
  std::string path;
  int descriptor = -1;
  std::uint64_t bytes_total = 0;
  std::uint64_t bytes_fetched = 0;
  std::vector<unsigned char> chunk = std::vector<unsigned char>(kChunkBytes);
  std::size_t begin = 0;  // what of the chunk is not used yet
  std::size_t end = 0;
  bool is_gzip = false;
  bool inside_member = false;
  z_stream inflater{};

  ~State() {
    if (is_gzip) inflateEnd(&inflater);
    if (descriptor >= 0) ::close(descriptor);
  }

  std::size_t available() const { return end - begin; }
  std::uint64_t position() const { return bytes_fetched - available(); }

  /// Moves what is left to the front and reads more behind it; false at the end of the file.
  bool fetch() {
    std::copy(chunk.begin() + static_cast<std::ptrdiff_t>(begin),
              chunk.begin() + static_cast<std::ptrdiff_t>(end), chunk.begin());
    end -= begin;
    begin = 0;
    ssize_t got = 0;
    do {
      got = ::read(descriptor, chunk.data() + end, chunk.size() - end);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      refuse_file(
          path, fmt::format("cannot be read at byte {}: {}", bytes_fetched, std::strerror(errno)));
    }
    end += static_cast<std::size_t>(got);
    bytes_fetched += static_cast<std::uint64_t>(got);
    return got > 0;
  }

  bool starts_with_gzip_magic() {
    while (available() < 2 && fetch()) {
    }
    return available() >= 2 && chunk[begin] == 0x1f && chunk[begin + 1] == 0x8b;
  }

  /// True if another gzip member follows. Zero bytes at the end are padding (tar and tape write
  /// them); anything else is damage.
  bool begin_next_member() {
    if (starts_with_gzip_magic()) {
      inflateReset(&inflater);
      inside_member = true;
      return true;
    }
    do {
      const auto rest = std::find_if(chunk.begin() + static_cast<std::ptrdiff_t>(begin),
                                     chunk.begin() + static_cast<std::ptrdiff_t>(end),
                                     [](unsigned char byte) { return byte != 0; });
      begin = static_cast<std::size_t>(rest - chunk.begin());
      if (begin != end) {
        refuse_file(path, fmt::format("gzip data are followed by something else at byte {} of {}",
                                      position(), bytes_total));
      }
    } while (fetch());
    return false;
  }

  std::size_t read_plain(char* buffer, std::size_t size) {
    if (available() == 0 && !fetch()) return 0;
    const std::size_t taken = std::min(size, available());
    std::memcpy(buffer, chunk.data() + begin, taken);
    begin += taken;
    return taken;
  }

  std::size_t read_gzip(char* buffer, std::size_t size) {
    inflater.next_out = reinterpret_cast<unsigned char*>(buffer);
    inflater.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1U << 30));
    const std::size_t wanted = inflater.avail_out;
    while (inflater.avail_out == wanted) {
      if (!inside_member && !begin_next_member()) return 0;
      if (available() == 0 && !fetch()) {
        refuse_file(path, fmt::format("gzip data end too early, at byte {}: the file is cut off",
                                      position()));
      }
      inflater.next_in = chunk.data() + begin;
      inflater.avail_in = static_cast<uInt>(available());
      const int status = inflate(&inflater, Z_NO_FLUSH);
      begin = end - inflater.avail_in;
      if (status == Z_STREAM_END) {
        inside_member = false;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        refuse_file(path, fmt::format("gzip data are damaged near byte {} of {}: {}", position(),
                                      bytes_total,
                                      inflater.msg != nullptr ? inflater.msg : "unknown error"));
      }
    }
    return wanted - inflater.avail_out;
  }
};

InputFile::InputFile(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  // A named pipe would block here until somebody writes; it is refused below.
  state_->descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (state_->descriptor < 0)
    refuse_file(path, fmt::format("cannot be opened: {}", std::strerror(errno)));
  struct stat facts {};
  if (::fstat(state_->descriptor, &facts) != 0) {
    refuse_file(path, fmt::format("cannot be read: {}", std::strerror(errno)));
  }
  if (!S_ISREG(facts.st_mode)) {
    refuse_file(path,
                "is not a regular file; a load reads its input twice, so a pipe has to be saved to "
                "a file first");
  }
  state_->bytes_total = static_cast<std::uint64_t>(facts.st_size);
  if (!state_->starts_with_gzip_magic()) return;
  if (inflateInit2(&state_->inflater, kGzipOnly) != Z_OK) throw std::bad_alloc();
  state_->is_gzip = true;
  state_->inside_member = true;
}

InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;
InputFile& InputFile::operator=(InputFile&&) noexcept = default;

std::size_t InputFile::read(char* buffer, std::size_t size) {
  if (size == 0) return 0;
  return state_->is_gzip ? state_->read_gzip(buffer, size) : state_->read_plain(buffer, size);
}

const std::string& InputFile::path() const {
  return state_->path;
}
std::uint64_t InputFile::bytes_read() const {
  return state_->position();
}
std::uint64_t InputFile::bytes_total() const {
  return state_->bytes_total;
}

void refuse_file(const std::string& path, const std::string& why) {
  throw StoreError(StoreFailure::kRefusedData, fmt::format("{}: {}", path, why));
}

void refuse_file(const std::string& path, std::uint64_t line, const std::string& why) {
  throw StoreError(StoreFailure::kRefusedData, fmt::format("{}:{}: {}", path, line, why));
}

}  // namespace aml::store
