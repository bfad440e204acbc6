// SPDX-License-Identifier: Apache-2.0
#include "store/statement.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <limits>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "store/error.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::TestDatabase;

TEST(Statement, BoundValuesComeBackAsTheyWent) {
  const TestDatabase database;
  auto connection = database.connect();
  pqxx::nontransaction session(connection.pqxx());
  const query::Embedded echo{
      "echo.sql",
      "SELECT $1::text, $2::bigint, $3::double precision, $4::boolean, $5::text, $6::integer"};
  const auto row =
      run(session, echo, "it's \"quoted\" \\ é", std::numeric_limits<std::int64_t>::min(), 0.1,
          true, std::nullopt, std::optional<int>())[0];
  EXPECT_EQ(row[0].as<std::string>(), "it's \"quoted\" \\ é");
  EXPECT_EQ(row[1].as<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(row[2].as<std::string>(), "0.1");
  EXPECT_TRUE(row[3].as<bool>());
  EXPECT_TRUE(row[4].is_null());
  EXPECT_TRUE(row[5].is_null());
}

TEST(Statement, AnyListOfTextsSurvivesTheArrayLiteral) {
  const TestDatabase database;
  auto connection = database.connect();
  pqxx::nontransaction session(connection.pqxx());
  const query::Embedded unnest{
      "unnest.sql",
      "SELECT value FROM unnest($1::text[]) WITH ORDINALITY AS t (value, i) ORDER BY i"};
  const auto odd_text = rc::gen::container<std::string>(
      rc::gen::element('a', '"', '\\', ',', '{', '}', ' ', '\'', '\n'));
  EXPECT_TRUE(rc::check([&] {
    auto values = *rc::gen::container<std::vector<std::string>>(odd_text);
    values.emplace_back("NULL");
    std::vector<std::string> back;
    for (const auto& row : run(session, unnest, text_array(values)))
      back.push_back(row[0].as<std::string>());
    RC_ASSERT(back == values);
  }));
}

TEST(Statement, BytesThatAreNoTextAreReplacedOneByOne) {
  EXPECT_EQ(storable_text("plain é € 😀"), "plain é € 😀");
  EXPECT_EQ(storable_text(std::string("a\0b", 3)), "a\uFFFDb");
  EXPECT_EQ(storable_text("\xC3"), "\uFFFD") << "cut short";
  EXPECT_EQ(storable_text("\xC0\x80"), "\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(storable_text("\xED\xA0\x80!"), "\uFFFD\uFFFD\uFFFD!") << "surrogate";
  EXPECT_EQ(storable_text("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "beyond U+10FFFF";
}

TEST(Statement, AnyBytesCanBeStoredOnceMadeStorable) {
  const TestDatabase database;
  auto connection = database.connect();
  pqxx::nontransaction session(connection.pqxx());
  const query::Embedded echo{"echo.sql", "SELECT $1::text"};
  EXPECT_TRUE(rc::check([&] {
    const auto text = storable_text(*rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
    RC_ASSERT(run(session, echo, text)[0][0].as<std::string>() == text);
  }));
}

TEST(Statement, AFailureNamesTheStatementAndTheSqlstate) {
  const TestDatabase database;
  auto connection = database.connect();
  pqxx::work transaction(connection.pqxx());
  try {
    run(transaction, {"sql/query/broken.sql", "SELECT no_such_column FROM silver.accounts"});
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kStatement);
    EXPECT_EQ(error.statement(), "sql/query/broken.sql");
    EXPECT_EQ(error.sqlstate(), "42703");
    EXPECT_FALSE(error.retryable());
    EXPECT_NE(std::string(error.what())
                  .find("sql/query/broken.sql failed: column \"no_such_column\" does not exist"),
              std::string::npos)
        << error.what();
  }
}

TEST(Statement, WhatAFunctionRaisesIsToldAsItStandsWithItsHintBelow) {
  const TestDatabase database;
  auto connection = database.connect();
  pqxx::work transaction(connection.pqxx());
  try {
    run(transaction, {"sql/query/day.sql",
                      "DO $$ BEGIN RAISE 'there is no such day' USING HINT = 'Name another.', "
                      "ERRCODE = 'invalid_parameter_value'; END $$"});
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_EQ(std::string(error.what()), "there is no such day\n  Name another.");
    EXPECT_EQ(error.statement(), "sql/query/day.sql");
    EXPECT_EQ(error.sqlstate(), "22023");
  }
}

TEST(Statement, ASerializationFailureIsRetryable) {
  const TestDatabase database;
  auto one = database.connect();
  auto two = database.connect();
  const query::Embedded raise{
      "raise.sql",
      "UPDATE aml.properties SET value = value || '!' WHERE property = 'base_currency'"};
  pqxx::transaction<pqxx::repeatable_read> first(one.pqxx());
  pqxx::transaction<pqxx::repeatable_read> second(two.pqxx());
  run(first, {"look.sql", "SELECT count(*) FROM aml.properties"});
  run(second, {"look.sql", "SELECT count(*) FROM aml.properties"});
  run(first, raise);
  first.commit();
  try {
    run(second, raise);
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.sqlstate(), "40001");
    EXPECT_TRUE(error.retryable());
    EXPECT_EQ(error.failure(), StoreFailure::kStatement);
  }
}

TEST(Statement, AConnectionThatBreaksDuringACopyIsLostAndRetryable) {
  const TestDatabase database;
  auto connection = database.connect();
  pqxx::work work(connection.pqxx());
  work.exec("CREATE TEMPORARY TABLE numbers (number integer)");
  const std::string pid = work.exec1("SELECT pg_backend_pid()")[0].c_str();
  try {
    as_statement("COPY numbers", [&] {
      pqxx::stream_to copy(work, "numbers");
      database.query("SELECT pg_terminate_backend(" + pid + ", 5000)");
      for (int i = 0; i < 1'000'000; ++i) copy << std::make_tuple(i);
      copy.complete();
    });
    FAIL() << "it was copied into nothing";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kUnreachable) << error.what();
    EXPECT_TRUE(error.retryable());
  }
}

TEST(Statement, OtherErrorsPassUnchanged) {
  EXPECT_THROW(as_statement("x", [] { throw std::invalid_argument("not the database's"); }),
               std::invalid_argument);
}

}  // namespace
}  // namespace aml::store
