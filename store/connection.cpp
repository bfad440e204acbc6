// SPDX-License-Identifier: Apache-2.0
#include "store/connection.hpp"

#include <memory>
#include <pqxx/pqxx>

#include "aml_query.hpp"
#include "store/conninfo.hpp"
#include "store/raw_connection.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

std::unique_ptr<pqxx::connection> open(const Target& target) {
  const auto conninfo = libpq_conninfo(target.conninfo);
  try {
    auto connection = std::make_unique<pqxx::connection>(conninfo);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    // A silent reconnect would lose the run's lock and its settings. libpqxx 7 no longer
    // reconnects, hence "deprecated".
    connection->inhibit_reactivation(true);
#pragma GCC diagnostic pop
    return connection;
  } catch (const pqxx::failure& failure) {
    throw_unreachable(target, failure.what());
  }
}

}  // namespace

Connection::Connection(const Target& target) : target_(target), connection_(open(target)) {
  auto session = begin<pqxx::nontransaction>(*this);
  run(session, query::safe_search_path);
  run(session, query::session_settings);
  if (!target.program_version.empty()) run(session, query::name_program, target.program_version);
}

RawConnection& Connection::loader() {
  if (!loader_ || !loader_->is_idle()) loader_ = std::make_unique<RawConnection>(target_);
  return *loader_;
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

}  // namespace aml::store
