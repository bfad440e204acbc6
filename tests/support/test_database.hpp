// SPDX-License-Identifier: Apache-2.0
// A migrated, empty database for one test or several in turn, in a throw-away PostgreSQL that lives as long as the test program.
#pragma once

#include <string>

#include "store/connection.hpp"
#include "store/private_cluster.hpp"

namespace aml::test {

/// Whether the server lives as long as the test program. Only there may a test make roles, which belong to the server: PGHOST may name
/// one with roles of its own.
bool has_own_server();

/// The server is started at first use: a private cluster without fsync, or the one PGHOST names. The database is dropped at
/// the end, unless AML_KEEP_TEST_DB=1, which prints how to reach it.
class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const store::Target& target() const { return target_; }
  store::Connection connect() const { return store::Connection(target_); }

  /// Runs SQL for setting up or looking at a test; returns the rows as text, columns joined by '|', rows by newline.
  std::string query(const std::string& sql) const;

  /// Runs SQL that writes tables with versions, as one version; returns the rows of its last statement as query() does.
  std::string write(const std::string& sql) const;

  /// Takes every row away, so that the next test finds it as new: quicker than another database.
  void empty() const;

 private:
  store::Target target_;
  std::string name_;
};

/// A server of one's own, for what changes a server as a whole. Its superuser is aml, its first database, too.
class OwnServer {
 public:
  /// Starts nothing yet. The name tells several of one test program apart.
  explicit OwnServer(const std::string& name);
  ~OwnServer();  ///< stops the server and deletes it
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;

  void start();  ///< after a stop() again, with the same data
  void stop() const;
  store::ClusterStatus status() const { return store::cluster_status(directory_); }
  const std::string& directory() const { return directory_; }  ///< made by the first start()

  /// Connection strings of the running server, as key=value pairs.
  store::Target target(const std::string& database = "aml", const std::string& user = "aml") const;
  /// As TestDatabase::query().
  std::string query(const std::string& sql, const std::string& database = "aml",
                    const std::string& user = "aml") const;

 private:
  std::string directory_;
  store::Target started_;
};

/// How many migrations the first release had.
constexpr std::size_t kFirstRelease = 18;

/// Makes of an empty database one of an older program, which had so many.
void migrate_until(store::Connection& connection, std::size_t last);

}  // namespace aml::test
