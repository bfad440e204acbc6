// SPDX-License-Identifier: Apache-2.0
#include "store/open_metrics.hpp"

#include "store/statement.hpp"

namespace aml::store {

std::string open_metrics(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  std::string text;
  for (const auto& line : run(session, query::open_metrics)) {
    text += line[0].c_str();
    text += '\n';
  }
  return text;
}

}  // namespace aml::store
