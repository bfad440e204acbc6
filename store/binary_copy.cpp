// SPDX-License-Identifier: Apache-2.0
#include "store/binary_copy.hpp"

#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

#include "store/error.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

/// PGCOPY signature (11 bytes), flags (4), length of the header's extension (4).
constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kHeaderSize = 19;

[[noreturn]] void malformed(std::string_view statement) {
  throw_store_error(statement, "the server sent a binary row of another form than expected", "");
}

/// Network byte order.
template <typename Integer>
Integer decode_integer(std::string_view bytes) {
  std::make_unsigned_t<Integer> value;
  assert(bytes.size() >= sizeof value);
  std::memcpy(&value, bytes.data(), sizeof value);
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof value == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof value == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof value == 8) value = __builtin_bswap64(value);
  }
  return static_cast<Integer>(value);
}

}  // namespace

std::string_view BinaryRow::next() {
  if (rest_.size() < 4) malformed(statement_);
  const auto length = decode_integer<std::int32_t>(rest_);
  if (length < 0)
    throw_store_error(statement_, "the server sent null for a column that cannot be null", "");
  const auto size = static_cast<std::size_t>(length);
  if (rest_.size() - 4 < size) malformed(statement_);
  const auto field = rest_.substr(4, size);
  rest_.remove_prefix(4 + size);
  return field;
}

bool BinaryCopyReader::next(BinaryRow& row) {
  CopiedRow copied;
  while (rows_.next(copied)) {
    std::string_view bytes = copied.bytes();
    if (!header_seen_) {
      if (bytes.size() < kHeaderSize || !bytes.starts_with(kSignature)) malformed(statement_);
      bytes.remove_prefix(kHeaderSize);
      header_seen_ = true;
      if (bytes.empty()) continue;
    }
    if (bytes.size() < 2) malformed(statement_);
    constexpr std::int16_t kTrailer = -1;
    if (decode_integer<std::int16_t>(bytes) == kTrailer)
      continue;  // what follows is the end of the COPY
    row = BinaryRow(std::move(copied), bytes.substr(2), statement_);
    return true;
  }
  return false;
}

double decode_double(std::string_view field) {
  return std::bit_cast<double>(decode_integer<std::int64_t>(field));
}

std::optional<graph::Micros> decode_timestamp(std::string_view field) {
  constexpr std::int64_t kPostgresEpoch =
      946'684'800'000'000;  // 2000-01-01 in microseconds since 1970-01-01
  if (field.size() != sizeof(std::int64_t)) return {};
  const auto since_2000 = decode_integer<std::int64_t>(field);
  const bool infinite = since_2000 == std::numeric_limits<std::int64_t>::min() ||
                        since_2000 == std::numeric_limits<std::int64_t>::max();
  graph::Micros micros = 0;
  if (infinite || __builtin_add_overflow(since_2000, kPostgresEpoch, &micros)) return {};
  return micros;
}

std::optional<graph::MinorUnits> decode_money(std::string_view field, int exponent) {
  // numeric is digits in base 10000: count, weight of the first, sign, decimals to show, then the
  // digits.
  constexpr std::uint16_t kPositive = 0x0000;
  constexpr std::uint16_t kNegative = 0x4000;  // the others are NaN and the infinities
  constexpr int kHighestWeight = 4;            // 10000^5 is beyond 64 bits
  static constexpr std::int64_t kPowerOfTen[] = {1, 10, 100, 1000, 10000};
  assert(exponent >= 0 && exponent <= 4);
  constexpr std::size_t kHeader = 8;
  if (field.size() < kHeader) return {};
  const auto count = decode_integer<std::uint16_t>(field);
  if (field.size() != kHeader + 2 * std::size_t{count}) return {};
  int weight = decode_integer<std::int16_t>(field.substr(2));
  const auto sign = decode_integer<std::uint16_t>(field.substr(4));
  if ((sign != kPositive && sign != kNegative) || weight > kHighestWeight) return {};

  graph::MinorSum units = 0;  // whole units, then minor units
  std::int64_t fraction = 0;  // of a unit, in 1/10000
  for (std::size_t i = 0; i < count; ++i, --weight) {
    const auto digit = decode_integer<std::int16_t>(field.substr(kHeader + 2 * i));
    if (weight >= 0) {
      units = units * 10000 + digit;
    } else if (weight == -1) {
      fraction = digit;
    } else if (digit != 0) {
      return {};  // more than four decimals
    }
  }
  for (; weight >= 0; --weight) units *= 10000;  // trailing zeros are not sent
  const auto smallest = kPowerOfTen[4 - exponent];
  if (fraction % smallest != 0) return {};
  units = units * kPowerOfTen[exponent] + fraction / smallest;
  if (sign == kNegative) units = -units;
  const auto minor = static_cast<graph::MinorUnits>(units);
  return minor == units ? std::optional(minor) : std::nullopt;
}

}  // namespace aml::store
