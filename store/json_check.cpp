// SPDX-License-Identifier: Apache-2.0
#include "store/json_check.hpp"

#include <fmt/format.h>

#include <string_view>

#include "store/error.hpp"
#include "store/expectation_sql.hpp"
#include "store/input_file.hpp"
#include "store/load_transaction.hpp"

namespace aml::store {
namespace {

constexpr std::size_t kSendBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxLineBytes = std::size_t{16} << 20;

/// Sends the lines of a file to PostgreSQL, about a megabyte at a time.
class JsonRowWriter {
 public:
  JsonRowWriter(LoadTransaction& transaction, const std::string& path)
      : transaction_(transaction), path_(path) {}

  std::int64_t write_file() {
    InputFile file(path_);
    std::vector<char> buffer(std::size_t{256} << 10);
    while (const std::size_t got = file.read(buffer.data(), buffer.size())) {
      std::string_view rest(buffer.data(), got);
      for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
        line_text_ += rest.substr(0, end);
        end_line();
        rest.remove_prefix(end + 1);
      }
      line_text_ += rest;
      if (line_text_.size() > kMaxLineBytes)
        refuse_file(path_, line_, "the line is longer than 16 MiB");
    }
    end_line();
    send();
    return rows_;
  }

 private:
  void end_line() {
    if (line_text_.find_first_not_of(" \t\r") != std::string::npos) {
      if (line_text_.find('\0') != std::string::npos) refuse_file(path_, line_, "holds a NUL byte");
      out_ += fmt::format("{}\t", line_);
      for (const char c : line_text_) {
        if (c == '\\') out_ += '\\';
        // A tab may stand between the parts of a JSON text, never within a string.
        out_ += c == '\t' || c == '\r' ? ' ' : c;
      }
      out_ += '\n';
      ++rows_;
      last_line_ = line_;
      if (out_.size() >= kSendBytes) send();
    }
    ++line_;
    line_text_.clear();
  }

  void send() {
    if (out_.empty()) return;
    try {
      transaction_.copy(copy::json_rows, out_);
    } catch (const StoreError& error) {
      if (!error.sqlstate().starts_with("22")) throw;
      refuse_file(path_, fmt::format("from line {} to {} not every line is JSON that PostgreSQL "
                                     "takes: {}",
                                     first_line_, last_line_, error.what()));
    }
    out_.clear();
    first_line_ = line_ + 1;
  }

  LoadTransaction& transaction_;
  const std::string& path_;
  std::string line_text_;
  std::string out_;
  std::uint64_t line_ = 1;
  std::uint64_t first_line_ = 1;
  std::uint64_t last_line_ = 1;
  std::int64_t rows_ = 0;
};

std::vector<std::int64_t> numbers_in(std::string_view array) {
  std::vector<std::int64_t> numbers;
  std::int64_t number = 0;
  for (const char c : array) {
    if (c >= '0' && c <= '9') {
      number = 10 * number + (c - '0');
    } else if (c == ',' || c == '}') {
      numbers.push_back(number);
      number = 0;
    }
  }
  return numbers;
}

}  // namespace

std::vector<JsonCheckResult> check_json_rows(Connection& connection, const std::string& path,
                                             const std::vector<Expectation>& expectations) {
  RawConnection checker(connection.target());
  LoadTransaction transaction(checker);  // never committed: nothing stays
  transaction.run(query::ingest_settings, {});
  transaction.run(command::stage_json_rows);
  const std::int64_t rows = JsonRowWriter(transaction, path).write_file();
  std::vector<JsonCheckResult> results(expectations.size());
  for (auto& result : results) result.passed = rows;
  const Rows broken = transaction.run(
      {query::check_json_rows.file, with_broken_numbers(query::check_json_rows.text, expectations)},
      {});
  for (int row = 0; row < broken.size(); ++row) {
    auto& result = results[static_cast<std::size_t>(broken.number(row, 0)) - 1];
    result.failed = broken.number(row, 1);
    result.passed -= result.failed;
    result.lines = numbers_in(broken.text(row, 2));
  }
  return results;
}

}  // namespace aml::store
