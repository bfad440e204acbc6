// SPDX-License-Identifier: Apache-2.0
#include "scenarios/generator_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace aml::scenarios::generator {
namespace {

constexpr std::size_t kBlock = 1 << 20;

}  // namespace

CsvFile::CsvFile(std::string path, std::string_view header)
    : path_(std::move(path)), part_(path_ + ".part") {
  // A part that a killed run left behind could have another owner or mode: start afresh.
  ::unlink(part_.c_str());
  descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor_ < 0) fail(part_, "cannot create");
  text_.reserve(kBlock + (1 << 12));
  text_.append(header);
  text_ += '\n';
}

CsvFile::~CsvFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!published_) ::unlink(part_.c_str());
}

void CsvFile::flush_if_full() {
  if (text_.size() >= kBlock) write_text();
}

void CsvFile::write_text() {
  std::string_view left = text_;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(part_, "cannot write");
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  text_.clear();
}

void CsvFile::finish() {
  write_text();
  if (::fsync(descriptor_) != 0) fail(part_, "cannot write");
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0) fail(part_, "cannot write");
}

void CsvFile::publish() {
  assert(descriptor_ < 0);
  if (std::rename(part_.c_str(), path_.c_str()) != 0) fail(path_, "cannot create");
  published_ = true;
}

void CsvFile::fail(const std::string& path, const char* what) const {
  throw std::system_error(errno, std::generic_category(), std::string(what) + ' ' + path);
}

void create_private_folder(const std::string& folder) {
  const std::filesystem::path path(folder);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return;
  const auto parent = path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
  if (!parent.empty()) {
    std::filesystem::create_directories(parent, error);
    if (error) throw std::system_error(error, "cannot create " + parent.string());
  }
  if (::mkdir(path.c_str(), S_IRWXU) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot create " + folder);
}

void append_csv(std::string& out, std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_amount(std::string& out, std::int64_t minor) {
  assert(minor >= 0);
  out += std::to_string(minor / 100);
  out += '.';
  out += static_cast<char>('0' + minor / 10 % 10);
  out += static_cast<char>('0' + minor % 10);
}

void append_key(std::string& out, char letter, std::uint64_t number, int digits) {
  const std::string text = std::to_string(number);
  out += letter;
  for (auto width = static_cast<std::size_t>(digits); width > text.size(); --width) out += '0';
  out += text;
}

}  // namespace aml::scenarios::generator
