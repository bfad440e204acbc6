// SPDX-License-Identifier: Apache-2.0
// The input is a forest model, whose size and checksum are made right first: who damages it on
// purpose can do so too.
#include <boost/crc.hpp>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "detect/forest_bytes.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

constexpr std::size_t kSizeAt = 12;
constexpr std::size_t kHeadBytes = 20;
constexpr std::size_t kChecksumBytes = 4;
/// Scoring models of more columns only costs time.
constexpr std::size_t kMostColumns = 100;

void put(std::string& bytes, std::size_t at, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[at + i] = static_cast<char>(number >> (8 * i) & 0xFFU);
  }
}

std::string sealed(std::string bytes) {
  if (bytes.size() < kHeadBytes + kChecksumBytes) return bytes;
  const std::size_t checked = bytes.size() - kChecksumBytes;
  put(bytes, kSizeAt, bytes.size(), 8);
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), checked);
  put(bytes, checked, crc.checksum(), kChecksumBytes);
  return bytes;
}

void check(const std::string& bytes) {
  try {
    const auto model = detect::forest_model_from_bytes(bytes);
    expect(detect::to_bytes(model) == bytes, "a model is written as it was read");
    const std::size_t columns = model.forest.columns();
    if (columns > kMostColumns) return;
    detect::FeatureMatrix rows{3, columns, std::vector<float>(3 * columns)};
    for (std::size_t column = 0; column < columns; ++column) {
      rows.values[column] = static_cast<float>(column) - 1;
      rows.values[columns + column] = std::numeric_limits<float>::quiet_NaN();
      rows.values[2 * columns + column] = std::numeric_limits<float>::max();
    }
    for (const double score : model.forest.score(rows)) {
      expect(score > 0 && score <= 1, "a score lies in (0, 1]");
    }
    detect::reasons_text(model, rows.row(0), columns);
  } catch (const std::invalid_argument& error) {
    expect(std::string(error.what()).starts_with("is "), "a refusal says what it is", error.what());
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(aml::fuzz::text_of(bytes, size));
  aml::fuzz::check(text);
  aml::fuzz::check(aml::fuzz::sealed(text));
  return 0;
}
