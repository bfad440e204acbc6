// SPDX-License-Identifier: Apache-2.0
#include "store/lock_holders.hpp"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "aml_query.hpp"
#include "store/statement.hpp"

namespace aml::store {

std::vector<std::string> lock_holders(Connection& connection, HeldLock which) {
  auto session = begin<pqxx::nontransaction>(connection);
  std::vector<std::string> holders;
  for (const auto& row :
       run(session, query::list_lock_holders, which == HeldLock::kOfLoadsAndRuns)) {
    holders.push_back(fmt::format("server process {} of user {}, connected from {}, since {}: {}",
                                  row[0].c_str(), row[1].c_str(), row[2].c_str(), row[3].c_str(),
                                  row[4].c_str()));
  }
  return holders;
}

}  // namespace aml::store
