// SPDX-License-Identifier: Apache-2.0
#include "store/load_transaction.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <string>

namespace aml::store {

int Rows::size() const {
  return PQntuples(result_.get());
}

std::string_view Rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::int64_t Rows::number(int row, int column) const {
  std::int64_t value = 0;
  const auto digits = text(row, column);
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

LoadTransaction::LoadTransaction(RawConnection& connection) : connection_(connection) {
  connection_.execute(command::begin_load.file, command::begin_load.text);
  is_open_ = true;
}

LoadTransaction::~LoadTransaction() {
  if (!is_open_) return;
  try {
    connection_.execute(command::rollback_load.file, command::rollback_load.text);
  } catch (const std::exception&) {  // the connection is lost, and the transaction with it
  }
}

Rows LoadTransaction::run(const query::Embedded& statement,
                          const std::vector<Parameter>& parameters) {
  return Rows(connection_.execute(statement.file, statement.text, parameters));
}

void LoadTransaction::run(const command::Embedded& statement) {
  connection_.execute(statement.file, statement.text);
}

void LoadTransaction::copy(const copy::Embedded& statement, std::string_view lines) {
  pg_conn* const connection = connection_.get();
  const RawResult started(PQexec(connection, std::string(statement.text).c_str()));
  if (PQresultStatus(started.get()) != PGRES_COPY_IN)
    connection_.fail(statement.file, started.get());
  // libpq keeps what it is given until it is sent: pieces keep its buffer small.
  constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
  for (std::size_t sent = 0; sent < lines.size(); sent += kPieceBytes) {
    const auto piece = lines.substr(sent, kPieceBytes);
    if (PQputCopyData(connection, piece.data(), static_cast<int>(piece.size())) != 1) {
      connection_.fail(statement.file, nullptr);
    }
  }
  if (PQputCopyEnd(connection, nullptr) != 1) connection_.fail(statement.file, nullptr);
  const RawResult ended(PQgetResult(connection));
  while (const RawResult more{PQgetResult(connection)}) {
  }
  if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK)
    connection_.fail(statement.file, ended.get());
}

void LoadTransaction::commit() {
  connection_.execute(command::commit_load.file, command::commit_load.text);
  is_open_ = false;
}

}  // namespace aml::store
