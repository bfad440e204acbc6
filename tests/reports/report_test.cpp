// SPDX-License-Identifier: Apache-2.0
#include "reports/report.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

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
  store::RunStep step;
  step.name = step.scenario = "round_tripping";
  step.notes = {"A9 is a hub: left out."};
  store::record_step(connection, run, 1, step);
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

std::string report_of(store::Connection& connection,
                      std::optional<std::int64_t> run_id = std::nullopt) {
  const auto file = temporary_file();
  write_report(connection, file, {.run_id = run_id});
  auto html = content(file);
  std::filesystem::remove(file);
  return html;
}

std::size_t occurrences(const std::string& text, const std::string& words) {
  std::size_t count = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
  return count;
}

detect::Finding later_finding() {
  detect::Finding finding;
  finding.subject = "B";
  finding.evidence_key = "B>A|T2";
  finding.explanation = "Found by what is new.";
  finding.transfers = {{"T2", "hop", 1, 1}};
  finding.entities = {{detect::EntityKind::kAccount, "B", "origin"}};
  return finding;
}

const store::ScenarioIdentity kRoundTrips{"round_tripping", 1,        "Round trips",
                                          "round_tripping", "cycles", "{}"};

TEST(Report, AfterAnIncrementalRunItTellsGoldAsItStandsAndWhichRunFoundWhat) {
  const test::TestDatabase database;
  auto connection = database.connect();
  write_one_alert(connection, database);
  const auto finding = later_finding();
  store::RunStart start{"test", 1, 1, {"round_tripping"}};
  start.kind = store::RunKind::kIncremental;
  store::GoldWriter writer(connection, start, {"1:1:", {}, 2, 1, 3, 1}, "USD", 2);
  writer.write_changes({{kRoundTrips, {{&finding, "low"}}, {}}});
  test::commit_gold(writer);
  {
    store::GoldWriter other(connection, store::start_run(connection, {"test", 1, 1, {"fan_in"}}),
                            "USD", 2);
    other.write({{{"fan_in", 1, "Fan-in", "fan_in", "aggregation", "{}"}, {}}});
    test::commit_gold(other);
  }

  const auto html = report_of(connection);
  EXPECT_NE(html.find("Gold as run 3 of "), std::string::npos);
  EXPECT_NE(html.find("came back."), std::string::npos) << "what the full run found";
  EXPECT_NE(html.find("Found by what is new."), std::string::npos);
  EXPECT_NE(html.find("first seen in run 1"), std::string::npos);
  EXPECT_NE(html.find("first seen in run 2"), std::string::npos);
  const auto row = html.substr(html.find(R"(<th scope="row">round_tripping</th>)"), 200);
  EXPECT_NE(row.find(R"(<td class="number">2</td><td>incremental</td>)"), std::string::npos) << row;
  const auto of_other = html.substr(html.find(R"(<th scope="row">fan_in</th>)"), 200);
  EXPECT_NE(of_other.find(R"(<td class="number">3</td><td>full</td>)"), std::string::npos);
  EXPECT_NE(html.find("Stages of run 2, incremental"), std::string::npos);
  EXPECT_NE(html.find("Stages of run 3, full"), std::string::npos);
  EXPECT_NE(html.find("Stages of run 1, full"), std::string::npos) << "it looked everywhere";
  EXPECT_NE(html.find("A9 is a hub: left out."), std::string::npos);

  const auto first = report_of(connection, 1);
  EXPECT_NE(first.find("Run 1 of "), std::string::npos);
  EXPECT_EQ(first.find("Found by what is new."), std::string::npos);
  EXPECT_NE(report_of(connection, 2).find("It looked only at what new data can have changed"),
            std::string::npos);
}

TEST(Report, TellsWhatABudgetOrAFailureLeftAsItWas) {
  const test::TestDatabase database;
  auto connection = database.connect();
  write_one_alert(connection, database);
  EXPECT_EQ(report_of(connection).find(R"(class="incomplete")"), std::string::npos);
  const auto run_with_outcome = [&](const std::string& outcome) {
    const store::RunLock lock(connection);
    const auto run = store::start_run(connection, {"test", 1, 1, {"round_tripping"}});
    store::RunStep step;
    step.name = step.scenario = "round_tripping";
    step.outcome = outcome;
    step.notes = {"raise max_steps"};
    store::record_step(connection, run, 1, step);
    store::GoldWriter writer(connection, run, "USD", 2);
    if (outcome == "truncated") writer.write({{kRoundTrips, {}, {}, /*truncated=*/true}});
    test::commit_gold(writer);
  };
  run_with_outcome("truncated");
  run_with_outcome("failed");
  const auto html = report_of(connection);
  EXPECT_NE(html.find("Money &amp; &lt;b&gt;more&lt;/b&gt; came back."), std::string::npos);
  EXPECT_NE(html.find("as run 1 left it: later ones ended at a budget"), std::string::npos);
  EXPECT_NE(html.find("(As run 1 left it.)"), std::string::npos) << "in the table, too";
  EXPECT_EQ(occurrences(html,
                        "budget reached in run 2, alerts may be missing; alerts that stand "
                        "as earlier runs left them: 1; failed in run 3"),
            2U)
      << "at the top and beside the scenario";
  EXPECT_NE(html.find("raise max_steps"), std::string::npos);
  EXPECT_EQ(html.find("No scenario found anything"), std::string::npos);
}

TEST(Report, OfARunThatWroteNothingItDoesNotSayThatNothingWasFound) {
  const test::TestDatabase database;
  auto connection = database.connect();
  write_one_alert(connection, database);
  for (const std::string status : {"interrupted", "failed"}) {
    const auto run = store::start_run(connection, {"test", 1, 1, {"round_tripping"}});
    store::finish_run(connection, run, status, "", 1);
    const auto html = report_of(connection, run);
    EXPECT_NE(html.find(status + " in "), std::string::npos);
    EXPECT_NE(html.find("It wrote nothing of what it found."), std::string::npos) << status;
    EXPECT_EQ(html.find("No scenario found anything"), std::string::npos) << status;
  }
  EXPECT_EQ(report_of(connection, 1).find("It wrote nothing"), std::string::npos);
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
  EXPECT_THROW(write_report(connection, temporary_file(), {}), std::invalid_argument);
  EXPECT_THROW(write_report(connection, temporary_file(), {.run_id = 99, .max_stories = 1}),
               std::invalid_argument);
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
