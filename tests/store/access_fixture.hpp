// SPDX-License-Identifier: Apache-2.0
// A bank with the plan of rights applied, and people who log in to it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "store/grants.hpp"
#include "tests/store/gold_sample.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {

using test::SampleBank;
using test::TestDatabase;

inline std::string identifier(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

/// A role of this test alone, which goes with it. Roles are the server's, not the database's.
class Login {
 public:
  Login(const TestDatabase& database, const std::string& name, const std::string& group = {})
      : database_(database), name_(name) {
    database_.query("CREATE ROLE " + identifier(name_) + " LOGIN");
    if (!group.empty()) database_.query("GRANT " + group + " TO " + identifier(name_));
  }
  ~Login() {
    database_.query("DROP OWNED BY " + identifier(name_) + " CASCADE");
    database_.query("DROP ROLE " + identifier(name_));
  }
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;
  const std::string& name() const { return name_; }

 private:
  const TestDatabase& database_;
  std::string name_;
};

inline std::string unique(const std::string& word) {
  return fmt::format("aml test {} {}", word, ::getpid());
}

inline constexpr const char* kDenied = "42501";

/// A session in which somebody logged in.
class Session {
 public:
  Session(const TestDatabase& database, const std::string& user) : connection_(database.connect()) {
    run("SET SESSION AUTHORIZATION " + identifier(user));
  }
  /// Rows as TestDatabase::query() gives them, or the SQLSTATE if the server refuses.
  std::string run(const std::string& sql) {
    try {
      pqxx::nontransaction session(connection_.pqxx());
      std::string text;
      for (const auto& row : session.exec(sql)) {
        if (!text.empty()) text += '\n';
        for (std::size_t column = 0; column < row.size(); ++column)
          text += (column == 0 ? "" : "|") +
                  std::string(row[static_cast<pqxx::row::size_type>(column)].c_str());
      }
      return text;
    } catch (const pqxx::insufficient_privilege&) {
      return kDenied;  // libpqxx 6 keeps no SQLSTATE of it
    } catch (const pqxx::sql_error& error) {
      return error.sqlstate();
    }
  }

 private:
  Connection connection_;
};

/// One bank for all that only look, with the plan applied.
class AccessTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!test::has_own_server()) return;
    bank_ = std::make_unique<SampleBank>();
    auto connection = bank_->database.connect();
    apply_access(connection);
  }
  static void TearDownTestSuite() { bank_.reset(); }

  static const TestDatabase& database() { return bank_->database; }
  static std::string query(const std::string& sql) { return database().query(sql); }

  /// Rows of a table as of a version, as the owner sees them.
  static std::string as_of(const std::string& table, std::int64_t version,
                           const std::string& condition = "true") {
    return query(
        fmt::format("SELECT string_agg((to_jsonb(t) - 'valid_from')::text, ' ' ORDER BY "
                    "to_jsonb(t)::text) FROM gold.{}_as_of({}) t WHERE {}",
                    table, version, condition));
  }
  static std::string seen_in(const std::string& view) {
    return fmt::format(
        "SELECT string_agg(to_jsonb(t)::text, ' ' ORDER BY to_jsonb(t)::text) FROM {} t", view);
  }
  static std::int64_t newest() { return std::stoll(query("SELECT aml.newest_version()")); }

  void SetUp() override {
    if (!test::has_own_server())
      GTEST_SKIP() << "SKIPPED: PGHOST names a server with roles of its own";
    connection_ = std::make_unique<Connection>(database().connect());
  }
  Connection& connection() { return *connection_; }

 private:
  static inline std::unique_ptr<SampleBank> bank_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace aml::store
