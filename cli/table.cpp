// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/console.hpp"

namespace aml::cli {
namespace {

bool is_number(const Cell& cell) {
  return std::holds_alternative<std::int64_t>(cell) || std::holds_alternative<double>(cell);
}

std::string text_of(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* count = std::get_if<std::int64_t>(&cell)) return std::to_string(*count);
  if (const auto* measure = std::get_if<double>(&cell)) return fmt::format("{:.4g}", *measure);
  return {};
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Code points, which is what a terminal shows for the names we print.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string cut(const std::string& text, std::size_t columns) {
  if (width(text) <= columns) return text;
  std::size_t seen = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (!is_continuation(text[end]) && ++seen == columns) break;
  }
  return text.substr(0, end) + "…";
}

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 0;
}

void print_table(const Table& table) {
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) widths.push_back(width(column));
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(printable(text_of(row[i]))));
  }
  const std::size_t limit = terminal_columns();
  const auto print_row = [&](const auto& cell_text, const auto& is_right) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string text = cell_text(i);
      const std::string padding(widths[i] - width(text), ' ');
      line += is_right(i) ? padding + text : text + padding;
      if (i + 1 < widths.size()) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", limit == 0 ? line : cut(line, limit));
  };
  const auto is_right = [&](std::size_t i) {
    return !table.rows.empty() && is_number(table.rows.front()[i]);
  };
  print_row([&](std::size_t i) { return table.columns[i]; }, is_right);
  print_row([&](std::size_t i) { return std::string(widths[i], '-'); }, is_right);
  for (const auto& row : table.rows) {
    print_row([&](std::size_t i) { return printable(text_of(row[i])); }, is_right);
  }
}

std::string csv_cell(const Cell& cell, CsvText how) {
  std::string text = text_of(cell);
  if (const auto* measure = std::get_if<double>(&cell)) text = fmt::format("{}", *measure);
  if (how == CsvText::kSafeInSpreadsheets && !is_number(cell) && !text.empty() &&
      std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    text.insert(0, "'");
  }
  return csv_text(text);
}

void print_csv_header(const std::vector<std::string>& columns) {
  fmt::print("{}\n", fmt::join(columns, ","));
}

void print_csv_row(const std::vector<Cell>& row, CsvText csv_text) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += (i > 0 ? "," : "") + csv_cell(row[i], csv_text);
  }
  fmt::print("{}\n", line);
}

void print_csv(const Table& table, CsvText csv_text) {
  print_csv_header(table.columns);
  for (const auto& row : table.rows) print_csv_row(row, csv_text);
}

void print_json(const Table& table) {
  auto array = nlohmann::ordered_json::array();
  for (const auto& row : table.rows) {
    auto object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::visit(
          [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
              object[table.columns[i]] = nullptr;
            } else {
              object[table.columns[i]] = value;
            }
          },
          row[i]);
    }
    array.push_back(std::move(object));
  }
  fmt::print("{}\n", array.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

void flush_stdout() {
  if (std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot write to stdout");
}

Cell text_or_nothing(const std::string& text) {
  return text.empty() ? Cell{} : Cell{text};
}

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

Format effective_format(std::optional<Format> asked) {
  return asked.value_or(stdout_is_terminal() ? Format::kTable : Format::kCsv);
}

void print(const Table& table, Format format, CsvText csv_text) {
  switch (format) {
    case Format::kTable:
      print_table(table);
      break;
    case Format::kCsv:
      print_csv(table, csv_text);
      break;
    case Format::kJson:
      print_json(table);
      break;
  }
  flush_stdout();
}

RowPrinter::RowPrinter(std::vector<std::string> columns, Format format, CsvText csv_text)
    : table_{std::move(columns), {}}, format_(format), csv_text_(csv_text) {}

void RowPrinter::print_header() {
  if (!std::exchange(has_header_, true)) print_csv_header(table_.columns);
}

void RowPrinter::add(std::vector<Cell> row) {
  if (format_ != Format::kCsv) {
    table_.rows.push_back(std::move(row));
    return;
  }
  print_header();
  print_csv_row(row, csv_text_);
}

void RowPrinter::end() {
  if (format_ != Format::kCsv) {
    print(table_, format_, csv_text_);
    return;
  }
  print_header();
  flush_stdout();
}

}  // namespace aml::cli
