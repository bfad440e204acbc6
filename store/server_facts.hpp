// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "store/connection.hpp"

namespace aml::store {

/// What a set-up check needs to know of a server and of what this connection may do.
struct ServerFacts {
  int version_number = 0;  ///< for example 150018
  std::string version;     ///< for example 15.18
  std::string encoding;    ///< of the database, for example UTF8
  std::string database;
  std::string user;
  std::string host;  ///< as it was asked for: a name, an address, the folder of a socket
  std::string port;
  bool may_create = false;              ///< may create schemas in this database
  bool is_standby = false;              ///< a read-only replica
  std::int64_t size_bytes = 0;          ///< of the database
  std::int64_t clock_skew_seconds = 0;  ///< server's clock minus ours
  std::string extension;  ///< version of amlgraph in this database; empty: it is not there
  std::string extension_available;  ///< version whose files the server has; empty: none
};

/// Throws: StoreError kStatement.
ServerFacts server_facts(Connection& connection);

/// Throws: StoreError kUnreachable if the database cannot be written: it may be promoted, or the primary be reached, later.
void require_writable(Connection& connection);

}  // namespace aml::store
