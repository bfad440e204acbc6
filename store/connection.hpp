// SPDX-License-Identifier: Apache-2.0
// The only place that opens a connection to PostgreSQL.
#pragma once

#include <memory>
#include <string>

namespace pqxx {  // as libpqxx 6 declares it
class connect_direct;
template <typename Policy>
class basic_connection_base;
using connection = basic_connection_base<connect_direct>;
}  // namespace pqxx

namespace aml::store {

class RawConnection;

/// Where to connect: a database name, a conninfo string or a URI, handed to libpq untouched; empty
/// means libpq's own PG* variables, service and password files.
struct Target {
  std::string conninfo;
  std::string origin;  ///< where it came from, for messages: "--database", "AML_DATABASE_URL", "PG*
                       ///< variables", "private database in .aml"
  std::string program_version =
      {};  ///< which the versions of the data name that are made through it
};

/// The target without its password, for messages.
std::string describe(const Target& target);

/// Whether a conninfo string or URI names a password itself.
/// Throws: StoreError kUnreachable if libpq cannot read it; the message shows no part that could be a
/// password.
bool holds_password(const std::string& conninfo);

/// An open connection in UTC, with application_name aml, standard_conforming_strings on, notices
/// silenced, and a search_path of PostgreSQL's own objects alone. Thread safety: one thread at a time.
class Connection {
 public:
  /// Throws: StoreError kUnreachable with the server's reason and what to do.
  explicit Connection(const Target& target);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  pqxx::connection& pqxx() { return *connection_; }  ///< for the sources of this folder only
  const Target& target() const { return target_; }

  /// A second session of the same kind, through which loads write. It is opened at first use, stays as long as this, and is replaced if it was
  /// ended meanwhile. For the sources of this folder only. Throws: StoreError kUnreachable.
  RawConnection& loader();

 private:
  Target target_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unique_ptr<RawConnection> loader_;  // from the first load on
};

}  // namespace aml::store
