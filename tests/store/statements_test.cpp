// SPDX-License-Identifier: Apache-2.0
// Every statement of store/sql/query is understood by a migrated database. The COPY statements and
// commands, which PREPARE does not take, are executed by the tests of their users.
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <string>

#include "aml_command.hpp"
#include "aml_query.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

TEST(EmbeddedStatements, EachIsPreparedByAMigratedDatabase) {
  const test::TestDatabase database;
  auto connection = database.connect();
  pqxx::work work(connection.pqxx());
  // The temporary tables that some of them read.
  for (const auto* text : command::all()) {
    if (text->file.find("/stage_") != std::string_view::npos) work.exec(std::string(text->text));
  }
  for (const auto* statement : query::all()) {
    try {
      pqxx::subtransaction attempt(work);
      attempt.exec("PREPARE probe AS " + std::string(statement->text));
      attempt.exec("DEALLOCATE probe");
      attempt.commit();
    } catch (const pqxx::failure& failure) {
      ADD_FAILURE() << statement->file << ": " << failure.what();
    }
  }
}

TEST(EmbeddedStatements, EachBeginsWithACommentThatNamesItsParameters) {
  for (const auto* statement : query::all()) {
    const std::string text(statement->text);
    ASSERT_TRUE(text.starts_with("-- ")) << statement->file;
    std::string comment;
    std::string body = text;
    while (body.starts_with("--")) {
      const auto end = body.find('\n') + 1;
      comment += body.substr(0, end);
      body = body.substr(end);
    }
    for (int parameter = 1; parameter <= 30; ++parameter) {
      const auto name = "$" + std::to_string(parameter);
      if (body.find(name) == std::string::npos) continue;
      EXPECT_NE(comment.find(name), std::string::npos)
          << statement->file << " does not explain " << name;
    }
  }
}

}  // namespace
}  // namespace aml::store
