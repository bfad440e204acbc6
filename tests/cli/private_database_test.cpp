// SPDX-License-Identifier: Apache-2.0
// `aml db`: a PostgreSQL of one's own, from nothing to nothing.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/cli/process.hpp"

namespace aml::test {
namespace {

std::string without_newline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

TEST(PrivateDatabase, StartsServesStopsAndGoes) {
  const TemporaryFolder folder;
  const std::string directory = folder.path("db");
  EXPECT_EQ(run_aml({"--dir", directory, "db", "status"}).exit_code, 3);
  EXPECT_EQ(run_aml({"--dir", directory, "db", "url"}).exit_code, 3);

  const auto started = run_aml({"--dir", directory, "db", "start"});
  ASSERT_EQ(started.exit_code, 0) << started.err;
  EXPECT_EQ(run_aml({"--dir", directory, "db", "start"}).exit_code, 0)
      << "starting twice is harmless";
  const auto status = run_aml({"--dir", directory, "--format", "json", "db", "status"});
  EXPECT_EQ(status.exit_code, 0);
  EXPECT_NE(status.out.find("\"running\": \"yes\""), std::string::npos) << status.out;

  const auto url = without_newline(run_aml({"--dir", directory, "db", "url"}).out);
  const auto asked = run_aml({"--dir", directory, "db", "psql", "--", "-AtXc",
                              "SELECT current_setting('listen_addresses') = ''"});
  EXPECT_EQ(without_newline(asked.out), "t") << asked.err;
  EXPECT_EQ(run_aml({"-d", url, "list", "runs"}).exit_code, 0) << "start brings the schema";

  // Its base currency is not known, which is no reason to take another one for it.
  ASSERT_EQ(run_aml({"--dir", directory, "db", "psql", "--", "-qXc",
                     "DELETE FROM aml.schema_migrations WHERE number = (SELECT max(number) "
                     "FROM aml.schema_migrations)"})
                .exit_code,
            0);
  const auto older = run_aml(
      {"--dir", directory, "scenario", "check", AML_SOURCE_DIR "/scenarios/round_tripping.json"});
  EXPECT_EQ(older.exit_code, 3);
  EXPECT_NE(older.err.find("older than this program"), std::string::npos) << older.err;

  EXPECT_EQ(run_aml({"--dir", directory, "db", "stop"}).exit_code, 0);
  EXPECT_EQ(run_aml({"-d", url, "list", "runs"}).exit_code, 3);
  EXPECT_EQ(run_aml({"--dir", directory, "db", "remove", "--yes"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(directory + "/pg"));
  EXPECT_EQ(run_aml({"--dir", directory, "db", "status"}).exit_code, 3);
}

TEST(PrivateDatabase, TwoLiveSideBySide) {
  const TemporaryFolder folder;
  for (const char* name : {"one", "two"}) {
    ASSERT_EQ(run_aml({"--dir", folder.path(name), "db", "start"}).exit_code, 0);
  }
  EXPECT_NE(run_aml({"--dir", folder.path("one"), "db", "url"}).out,
            run_aml({"--dir", folder.path("two"), "db", "url"}).out);
  for (const char* name : {"one", "two"}) {
    EXPECT_EQ(run_aml({"--dir", folder.path(name), "db", "remove", "--yes"}).exit_code, 0);
  }
}

}  // namespace
}  // namespace aml::test
