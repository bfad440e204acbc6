// SPDX-License-Identifier: Apache-2.0
#include "store/input_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "store/decoder.hpp"
#include "store/error.hpp"
#include "store/file_bytes.hpp"

namespace aml::store {

struct InputFile::State {
  FileBytes file;
  std::unique_ptr<Decoder> decoder;  // null: the file is plain

  std::size_t read_plain(char* buffer, std::size_t size) {
    if (file.available().empty() && !file.fetch()) return 0;
    const std::size_t taken = std::min(size, file.available().size());
    std::memcpy(buffer, file.available().data(), taken);
    file.take(taken);
    return taken;
  }
};

InputFile::InputFile(const std::string& path) : state_(new State{FileBytes(path), nullptr}) {
  state_->decoder = make_decoder(state_->file);
}

InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;
InputFile& InputFile::operator=(InputFile&&) noexcept = default;

std::size_t InputFile::read(char* buffer, std::size_t size) {
  if (size == 0) return 0;
  return state_->decoder ? state_->decoder->read(buffer, size) : state_->read_plain(buffer, size);
}

const std::string& InputFile::path() const {
  return state_->file.path();
}
std::uint64_t InputFile::bytes_read() const {
  return state_->file.position();
}
std::uint64_t InputFile::bytes_total() const {
  return state_->file.size();
}

void refuse_file(const std::string& path, const std::string& why) {
  throw StoreError(StoreFailure::kRefusedData, fmt::format("{}: {}", path, why));
}

void refuse_file(const std::string& path, std::uint64_t line, const std::string& why) {
  throw StoreError(StoreFailure::kRefusedData, fmt::format("{}:{}: {}", path, line, why));
}

}  // namespace aml::store
