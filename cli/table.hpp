// SPDX-License-Identifier: Apache-2.0
// Data on stdout: a table for people, CSV or JSON for programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace aml::cli {

enum class Format { kTable, kCsv, kJson };

/// Text (also money, which must not become a floating-point number), a count, a measure, or
/// nothing.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double>;

/// Nothing for an empty text.
Cell text_or_nothing(const std::string& text);

struct Table {
  std::vector<std::string> columns;  ///< snake_case names; keys in JSON, the header line in CSV
  std::vector<std::vector<Cell>> rows;
};

/// The format asked for; without one a table on a terminal, CSV elsewhere.
Format effective_format(std::optional<Format> asked);

/// Whether CSV cells that a spreadsheet would take for a formula are prefixed with an apostrophe, or
/// stay what they are because a program joins them with its own data.
enum class CsvText { kSafeInSpreadsheets, kAsItIs };

/// A text as a cell of CSV, quoted if it must be; it stays what it is.
std::string csv_text(const std::string& text);

/// What was printed to stdout until now is on its way. Throws: std::system_error if it cannot be written.
void flush_stdout();

/// Prints to stdout. A table is cut to the width of the terminal; JSON is an array of objects.
/// Throws: std::system_error if stdout cannot be written.
void print(const Table& table, Format format, CsvText csv_text = CsvText::kSafeInSpreadsheets);

/// The same for rows that come one at a time: as CSV each is printed at once and not kept, so there can be any number of them. The
/// header line comes with the first row, or at the end.
class RowPrinter {
 public:
  RowPrinter(std::vector<std::string> columns, Format format, CsvText csv_text);

  void add(std::vector<Cell> row);
  /// Requires: called once, last. Throws: std::system_error if stdout cannot be written.
  void end();

 private:
  void print_header();

  Table table_;  ///< of CSV only its columns
  Format format_;
  CsvText csv_text_;
  bool has_header_ = false;
};

}  // namespace aml::cli
