// SPDX-License-Identifier: Apache-2.0
// Rows of a binary COPY TO STDOUT, and the binary forms of the types that a snapshot needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "graph/transfer.hpp"
#include "store/copy_out.hpp"

namespace aml::store {

/// One row: its bytes, and a cursor over its fields. The views it hands out live as long as the
/// row.
class BinaryRow {
 public:
  BinaryRow() = default;
  BinaryRow(CopiedRow row, std::string_view fields, std::string_view statement)
      : row_(std::move(row)), rest_(fields), statement_(statement) {}

  /// The next field. Throws: StoreError kStatement if it is null or the row ends.
  std::string_view next();

 private:
  CopiedRow row_;
  std::string_view rest_;
  std::string_view statement_;
};

/// Runs a COPY (...) TO STDOUT (FORMAT binary) and hands out its rows in the order the server sends
/// them.
class BinaryCopyReader {
 public:
  /// `statement` names the text in errors; both must outlive the reader.
  BinaryCopyReader(RawConnection& connection, std::string_view statement, std::string_view text)
      : rows_(connection, statement, text), statement_(statement) {}

  /// Puts the next row into `row`; false after the last one.
  /// Throws: StoreError if the server or the connection fails.
  bool next(BinaryRow& row);

 private:
  CopyOut rows_;
  std::string_view statement_;
  bool header_seen_ = false;
};

/// double precision. Requires: eight bytes.
double decode_double(std::string_view field);

/// timestamptz as microseconds since 1970-01-01 UTC; nothing for infinity and for times that do not
/// fit.
std::optional<graph::Micros> decode_timestamp(std::string_view field);

/// numeric as minor units of a currency with this exponent, exactly; nothing if it has more
/// decimals, does not fit or is no number. Requires: 0 <= exponent <= 4.
std::optional<graph::MinorUnits> decode_money(std::string_view field, int exponent);

}  // namespace aml::store
