// SPDX-License-Identifier: Apache-2.0
#include "store/connection.hpp"

#include <gtest/gtest.h>

#include "tests/support/test_database.hpp"

TEST(Connection, SessionIsInUtc) {
  const aml::test::TestDatabase database;
  EXPECT_EQ(database.query("SHOW timezone"), "UTC");
}
