// SPDX-License-Identifier: Apache-2.0
#include "store/raw_connection.hpp"

#include <libpq-fe.h>

#include "aml_query.hpp"
#include "store/conninfo.hpp"
#include "store/statement.hpp"

namespace aml::store {

void FinishConnection::operator()(pg_conn* connection) const {
  PQfinish(connection);
}
void ClearResult::operator()(pg_result* result) const {
  PQclear(result);
}

namespace {

std::unique_ptr<pg_conn, FinishConnection> connect(const Target& target,
                                                   const std::string& defaults) {
  std::unique_ptr<pg_conn, FinishConnection> connection(
      PQconnectdb((defaults + ' ' + libpq_conninfo(target.conninfo)).c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK)
    throw_unreachable(target, PQerrorMessage(connection.get()));
  return connection;
}

}  // namespace

RawConnection::RawConnection(const Target& target) : connection_(connect(target, "")) {
  execute(query::safe_search_path.file, query::safe_search_path.text);
  execute(query::session_settings.file, query::session_settings.text);
  if (!target.program_version.empty())
    execute(query::name_program.file, query::name_program.text, {target.program_version});
}

RawConnection::RawConnection(const Target& target, const std::string& defaults)
    : connection_(connect(target, defaults)) {
  execute(query::session_settings.file, query::session_settings.text);
}

RawResult RawConnection::execute(std::string_view statement, std::string_view text) {
  return checked(statement, RawResult(PQexec(connection_.get(), std::string(text).c_str())));
}

RawResult RawConnection::execute(std::string_view statement, std::string_view text,
                                 const std::vector<std::optional<std::string>>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters)
    values.push_back(parameter ? parameter->c_str() : nullptr);
  return checked(statement, RawResult(PQexecParams(connection_.get(), std::string(text).c_str(),
                                                   static_cast<int>(values.size()), nullptr,
                                                   values.data(), nullptr, nullptr,
                                                   /*resultFormat=*/0)));
}

bool RawConnection::is_idle() const {
  if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) return false;
  const RawResult answer(PQexec(connection_.get(), ""));
  return PQresultStatus(answer.get()) == PGRES_EMPTY_QUERY;
}

RawResult RawConnection::checked(std::string_view statement, RawResult result) const {
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_OUT) {
    fail(statement, result.get());
  }
  return result;
}

void RawConnection::fail(std::string_view statement, const pg_result* result) const {
  constexpr std::string_view kConnectionFailure = "08006";
  const char* sqlstate = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const bool lost = PQstatus(connection_.get()) != CONNECTION_OK;
  throw_store_error(
      statement,
      result == nullptr ? PQerrorMessage(connection_.get()) : PQresultErrorMessage(result),
      sqlstate != nullptr ? sqlstate
      : lost              ? kConnectionFailure
                          : "");
}

}  // namespace aml::store
