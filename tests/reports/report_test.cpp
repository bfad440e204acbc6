// SPDX-License-Identifier: Apache-2.0
#include "reports/report.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "store/error.hpp"
#include "store/gold_writer.hpp"
#include "store/run_ledger.hpp"

#include "tests/support/commit_gold.hpp"
#include "tests/support/test_database.hpp"

namespace aml::reports {
namespace {

std::string content(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string temporary_file() {
  return (std::filesystem::temp_directory_path() /
          ("aml-report-" + std::to_string(::getpid()) + ".html"))
      .string();
}

/// A run that found one cycle over accounts with hostile names.
void write_one_alert(store::Connection& connection, const test::TestDatabase& database) {
  database.write(
      "INSERT INTO silver.parties VALUES ('P1', '<script>alert(1)</script>', 'person', null, 0, "
      "false, 1, 1);"
      "INSERT INTO silver.accounts SELECT a, 'P1', null, null, null, null, false, 1, 1 FROM "
      "unnest(ARRAY['A', 'B']) a;"
      "INSERT INTO silver.transfers VALUES ('T1', '2024-03-01 10:00Z', 'A', 'B', 5000, 'USD', "
      "5000, 'TRANSFER', 1, 1),"
      "                                    ('T2', '2024-03-02 10:00Z', 'B', 'A', 4900, 'USD', "
      "4900, 'TRANSFER', 1, 2)");
  const store::RunLock lock(connection);
  const auto run = store::start_run(connection, {"test", 1, 1, {"round_tripping"}});
  detect::Finding finding;
  finding.subject = "A";
  finding.evidence_key = "A>B|T1";
  finding.score = 0.9;
  finding.amount_minor = 500000;
  finding.explanation = "Money & <b>more</b> came back.";
  finding.transfers = {{"T1", "hop", 1, 1}, {"T2", "hop", 2, 2}};
  finding.entities = {{detect::EntityKind::kAccount, "A", "origin"},
                      {detect::EntityKind::kAccount, "B", "intermediary"}};
  finding.evidence = {{"length", "2", std::nullopt, 0.9, "It takes two hops."}};
  store::GoldWriter writer(connection, run, "USD", 2);
  writer.write({{{"round_tripping", 1, "Round trips", "round_tripping", "cycles", "{}"},
                 {{&finding, "high"}}}});
  test::commit_gold(writer, 1 << 20);
}

TEST(Report, IsOneSelfContainedPrivateFileThatTellsTheAlert) {
  const test::TestDatabase database;
  auto connection = database.connect();
  write_one_alert(connection, database);
  const auto file = temporary_file();
  const auto written = write_report(connection, file, {});
  EXPECT_EQ(written.alerts, 1);
  EXPECT_EQ(written.stories, 1);
  const auto html = content(file);
  EXPECT_NE(html.find("Money &amp; &lt;b&gt;more&lt;/b&gt; came back."), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("http://"), std::string::npos);
  EXPECT_EQ(html.find("https://"), std::string::npos);
  EXPECT_NE(html.find("<svg role=\"img\""), std::string::npos);
  EXPECT_LT(html.find(">T1<"), html.find(">T2<"));
  struct stat facts {};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);

  write_report(connection, file, {});
  EXPECT_EQ(content(file), html) << "the same gold gives the same bytes";
  std::filesystem::remove(file);
}

TEST(Report, WithoutStoriesTheTablesStillHaveEveryAlert) {
  const test::TestDatabase database;
  auto connection = database.connect();
  write_one_alert(connection, database);
  const auto file = temporary_file();
  EXPECT_EQ(write_report(connection, file, {.run_id = std::nullopt, .max_stories = 0}).stories, 0);
  EXPECT_NE(content(file).find("account A"), std::string::npos);
  std::filesystem::remove(file);
}

TEST(Report, AnUnknownRunAndAnEmptyLedgerAreErrorsThatSayWhatToDo) {
  const test::TestDatabase database;
  auto connection = database.connect();
  EXPECT_THROW(write_report(connection, temporary_file(), {}), store::StoreError);
  EXPECT_THROW(write_report(connection, temporary_file(), {.run_id = 99, .max_stories = 1}),
               store::StoreError);
}

TEST(Report, APlaceThatCannotBeWrittenIsNamed) {
  const test::TestDatabase database;
  auto connection = database.connect();
  write_one_alert(connection, database);
  try {
    write_report(connection, "/no/such/folder/report.html", {});
    FAIL() << "expected std::system_error";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("/no/such/folder/report.html"), std::string::npos);
  }
}

}  // namespace
}  // namespace aml::reports
