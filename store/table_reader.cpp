// SPDX-License-Identifier: Apache-2.0
#include "store/table_reader.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "aml_command.hpp"
#include "aml_query.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

/// A source that is gone without a word must not hold up everything else for hours.
std::string patience() {
  std::string options = "keepalives_idle=30 keepalives_interval=10 keepalives_count=3";
  if (std::getenv("PGCONNECT_TIMEOUT") == nullptr) options += " connect_timeout=10";
  return options;
}

std::string columns_of(const TableSource& source) {
  std::vector<std::string> columns;
  for (const auto& [wanted, column] : source.columns) columns.push_back(column);
  return text_array(columns);
}

/// On lines of its own, so that a comment at its end does not swallow what follows.
std::string own_lines(const std::string& sql) {
  return '\n' + sql.substr(0, sql.find_last_not_of("; \t") + 1) + '\n';
}

std::string what_to_do(const StoreError& error) {
  if (error.failure() == StoreFailure::kUnreachable || error.retryable())
    return "nothing of the batch was stored; the next load reads it again";
  const std::string& state = error.sqlstate();
  if (state == "42501") return "let the user of its connection read it: GRANT SELECT ON ... TO ...";
  if (state.starts_with("42")) return "correct what its file says of the table, query and columns";
  return "nothing of the batch was stored";
}

}  // namespace

TableReader::TableReader(TableSource source)
    : source_(std::move(source)),
      origin_("source " + source_.name),
      condition_(source_.where.empty() ? "true" : own_lines(source_.where)) {}

void TableReader::begin() {
  at_source([&] {
    if (!begin_on_kept_connection()) {
      connection_ = std::make_unique<RawConnection>(Target{source_.connection, ""}, patience());
      connection_->execute(command::begin_snapshot.file, command::begin_snapshot.text);
    }
    find_rows();
    const auto probe = value_of(origin_, query::source_probe_text.text,
                                {rows_, columns_of(source_), source_.watermark, condition_});
    take_watermark(value_of(origin_, *probe).value_or(""));
  });
}

bool TableReader::begin_on_kept_connection() {
  if (!connection_) return false;
  try {
    connection_->execute(command::begin_snapshot.file, command::begin_snapshot.text);
    return true;
  } catch (const StoreError&) {  // its server was restarted, or somebody ends idle sessions
    return false;
  }
}

void TableReader::end() noexcept {
  if (connection_ && PQtransactionStatus(connection_->get()) == PQTRANS_INTRANS) {
    try {
      connection_->execute(command::end_snapshot.file, command::end_snapshot.text);
      return;
    } catch (const std::exception&) {  // it has broken just now
    }
  }
  connection_.reset();
}

void TableReader::find_rows() {
  if (source_.table.empty()) {
    rows_ = '(' + own_lines(source_.query) + ')';
    return;
  }
  const auto found = value_of(origin_, query::source_table.text, {source_.table});
  if (!found) {
    refuse(
        fmt::format("its server has no table {}\n  a name with capitals or blanks needs double "
                    "quotes: \\\"Core\\\".\\\"Payments\\\"",
                    source_.table));
  }
  rows_ = *found;
}

void TableReader::take_watermark(const std::string& type) {
  constexpr std::array<std::string_view, 3> kTimes{"timestamp with time zone",
                                                   "timestamp without time zone", "date"};
  constexpr std::array<std::string_view, 4> kNumbers{"smallint", "integer", "bigint", "numeric"};
  const bool is_time = std::ranges::find(kTimes, type) != kTimes.end();
  if (!is_time && std::ranges::find(kNumbers, type) == kNumbers.end()) {
    refuse(
        fmt::format("its watermark {} is of the type {}\n  name a column with a time or a number",
                    source_.watermark, type));
  }
  if (is_time != std::holds_alternative<TimeLateness>(source_.lateness)) {
    refuse(fmt::format("its watermark {} is of the type {}, so the lateness must be {}",
                       source_.watermark, type,
                       is_time ? "a length of time such as \"2 hours\"" : "a whole number"));
  }
  watermark_type_ = type;
}

std::optional<std::string> TableReader::newest(const std::optional<std::string>& least,
                                               const std::optional<std::string>& known) {
  return at_source([&] {
    const auto text =
        value_of(origin_, query::source_newest_text.text,
                 {rows_, source_.watermark, watermark_type_, condition_, least, known});
    return value_of(origin_, *text);
  });
}

CopyOut TableReader::copy(const std::optional<std::string>& least) {
  return at_source([&] {
    // Of two rows with one key the first is loaded; transfers are too many to be sorted, and never change.
    const bool newest_first = source_.dataset != "transfers";
    const auto text = value_of(origin_, query::source_copy_text.text,
                               {rows_, columns_of(source_), source_.watermark, condition_, least,
                                newest_first ? "true" : "false"});
    return CopyOut(*connection_, origin_, *text);
  });
}

std::optional<std::string> TableReader::value_of(const std::string& statement,
                                                 std::string_view text,
                                                 const Parameters& parameters) {
  const RawResult result = connection_->execute(statement, text, parameters);
  if (PQgetisnull(result.get(), 0, 0) != 0) return {};
  return PQgetvalue(result.get(), 0, 0);
}

void TableReader::refuse(const std::string& why) const {
  throw StoreError(StoreFailure::kRefusedData, why);
}

void TableReader::rethrow(const StoreError& error) const {
  // The advice is for our own server.
  const std::string message = error.what();
  const bool is_ours = error.failure() == StoreFailure::kRefusedData;
  std::string told =
      is_ours ? message
              : fmt::format("{}\n  {}", message.substr(0, message.find('\n')), what_to_do(error));
  if (!told.starts_with(origin_)) told = fmt::format("{}: {}", origin_, told);
  throw StoreError(error.failure(), told, origin_, error.sqlstate(), error.retryable());
}

}  // namespace aml::store
