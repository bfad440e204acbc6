// SPDX-License-Identifier: Apache-2.0
// A migrated, empty database for one test or several in turn, in a throw-away PostgreSQL that lives as long as the test program.
#pragma once

#include <string>

#include "store/connection.hpp"

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

}  // namespace aml::test
