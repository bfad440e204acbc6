// SPDX-License-Identifier: Apache-2.0
#include "store/copy_out.hpp"

#include <libpq-fe.h>

namespace aml::store {

void CopiedRow::Free::operator()(char* buffer) const {
  PQfreemem(buffer);
}

// Without parameters, yet not as a simple query: that would run several statements.
CopyOut::CopyOut(RawConnection& connection, std::string_view statement, std::string_view text)
    : connection_(connection), statement_(statement) {
  connection_.execute(statement_, text, {});
}

bool CopyOut::next(CopiedRow& row) {
  char* data = nullptr;
  const int size = PQgetCopyData(connection_.get(), &data, /*async=*/0);
  if (size < 0) {
    finish();
    return false;
  }
  row = CopiedRow(data, static_cast<std::size_t>(size));
  return true;
}

void CopyOut::finish() {
  while (const RawResult result{PQgetResult(connection_.get())}) {
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
      connection_.fail(statement_, result.get());
  }
  if (PQstatus(connection_.get()) != CONNECTION_OK) connection_.fail(statement_, nullptr);
}

}  // namespace aml::store
