// SPDX-License-Identifier: Apache-2.0
#include "store/line_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "store/input_file.hpp"

namespace aml::store {
namespace {

constexpr std::size_t kFirstBufferBytes = std::size_t{256} << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

LineBuffer::LineBuffer(Source source, std::string path)
    : source_(std::move(source)), path_(std::move(path)), buffer_(kFirstBufferBytes) {
  while (available() < kByteOrderMark.size() && fill()) {
  }
  if (available() >= 2 && (text(0, 2) == "\xFF\xFE" || text(0, 2) == "\xFE\xFF")) {
    refuse_file(path_, 1, "is UTF-16 text; save it as UTF-8");
  }
  if (available() >= kByteOrderMark.size() && text(0, kByteOrderMark.size()) == kByteOrderMark) {
    skip(kByteOrderMark.size());
  }
}

bool LineBuffer::fill() {
  if (at_end_) return false;
  if (begin_ > 0 && end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, available());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  const std::size_t got = source_(buffer_.data() + end_, buffer_.size() - end_);
  end_ += got;
  at_end_ = got == 0;
  return !at_end_;
}

std::size_t LineBuffer::find_line_end(std::size_t from, std::size_t limit) {
  std::size_t searched = from;
  for (;;) {
    const std::size_t found = text(0, available()).find('\n', searched);
    if (found != std::string_view::npos) return found <= limit ? found : kNotFound;
    searched = std::max(from, available());
    if (available() > limit) return kNotFound;
    if (!fill()) return available();
  }
}

char LineBuffer::first_visible() {
  std::size_t searched = 0;
  do {
    const std::string_view all = text(0, available());
    const std::size_t found = all.find_first_not_of(" \t\r\n", searched);
    if (found != std::string_view::npos) return all[found];
    searched = all.size();
  } while (searched < kFirstBufferBytes && fill());
  return 0;
}

}  // namespace aml::store
