// SPDX-License-Identifier: Apache-2.0
// Rows of a COPY TO STDOUT, in whatever form it gives them. For the sources of this folder only.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "store/raw_connection.hpp"

namespace aml::store {

/// One row as the server sent it, of text with its line end.
class CopiedRow {
 public:
  CopiedRow() = default;
  CopiedRow(char* buffer, std::size_t size) : buffer_(buffer), size_(size) {}
  std::string_view bytes() const { return {buffer_.get(), size_}; }

 private:
  struct Free {
    void operator()(char* buffer) const;
  };
  std::unique_ptr<char, Free> buffer_;
  std::size_t size_ = 0;
};

/// Runs a COPY ... TO STDOUT and hands out its rows in the order the server sends them.
class CopyOut {
 public:
  /// `statement` names the text in errors and must outlive this.
  CopyOut(RawConnection& connection, std::string_view statement, std::string_view text);

  /// Puts the next row into `row`; false after the last one.
  /// Throws: StoreError if the server or the connection fails, also at the end.
  bool next(CopiedRow& row);

 private:
  void finish();

  RawConnection& connection_;
  std::string_view statement_;
};

}  // namespace aml::store
