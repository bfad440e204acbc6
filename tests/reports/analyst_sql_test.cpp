// SPDX-License-Identifier: Apache-2.0
// The analyst queries run in psql as they stand, and answer.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>

#include "tests/store/gold_sample.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

namespace fs = std::filesystem;

const fs::path kQueries = fs::path(AML_SOURCE_DIR) / "reports/sql";
const fs::path kGolden = fs::path(AML_SOURCE_DIR) / "tests/reports/golden";

struct PsqlOutcome {
  int exit_code = -1;
  std::string output;  ///< stdout and stderr
};

/// psql on one file, as an analyst would start it, but with CSV as the output.
PsqlOutcome psql(const store::Target& target, const fs::path& file,
                 const std::vector<std::string>& variables = {}) {
  std::vector<std::string> arguments{"psql", "--no-psqlrc",  "--csv", "-v", "ON_ERROR_STOP=1",
                                     "-d",   target.conninfo};
  for (const auto& variable : variables) arguments.insert(arguments.end(), {"-v", variable});
  arguments.insert(arguments.end(), {"-f", file.string()});
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t pid = 0;
  const int failure = ::posix_spawnp(&pid, "psql", &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failure != 0) throw std::system_error(failure, std::generic_category(), "psql");

  PsqlOutcome outcome;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    outcome.output.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::string read_text(const fs::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Rows below the header. No value of the sample holds a newline.
std::ptrdiff_t rows_of(const std::string& csv) {
  return std::ranges::count(csv, '\n') - 1;
}

std::vector<fs::path> query_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kQueries)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

class AnalystSql : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ::setenv("PGTZ", "UTC", 1);  // golden times are UTC, whatever the server's default
    database_ = std::make_unique<TestDatabase>();
    add_sample_silver(*database_);
    add_sample_gold(*database_);
  }
  static void TearDownTestSuite() { database_.reset(); }

  static PsqlOutcome ask(const std::string& query, const std::vector<std::string>& variables = {}) {
    return psql(database_->target(), kQueries / (query + ".sql"), variables);
  }

  static void expect_golden(const std::string& query) {
    const auto outcome = ask(query);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.output, read_text(kGolden / (query + ".csv")))
        << "tests/reports/golden/" << query << ".csv";
  }

  inline static std::unique_ptr<TestDatabase> database_;
};

TEST_F(AnalystSql, EveryQueryRunsAsItStandsAndAnswers) {
  const auto files = query_files();
  EXPECT_GE(files.size(), 12u);
  for (const auto& file : files) {
    const auto outcome = psql(database_->target(), file);
    EXPECT_EQ(outcome.exit_code, 0) << file << "\n" << outcome.output;
    EXPECT_GE(rows_of(outcome.output), 1) << file << "\n" << outcome.output;
  }
}

TEST_F(AnalystSql, EveryQueryRunsOnEmptyGold) {
  const TestDatabase empty;
  for (const auto& file : query_files()) {
    const auto outcome = psql(empty.target(), file);
    EXPECT_EQ(outcome.exit_code, 0) << file << "\n" << outcome.output;
  }
}

TEST_F(AnalystSql, EveryQueryStartsWithItsQuestionAndHowToAskIt) {
  for (const auto& file : query_files()) {
    const auto text = read_text(file);
    EXPECT_TRUE(text.starts_with("-- ")) << file;
    EXPECT_NE(text.substr(0, text.find('\n')).find('?'), std::string::npos) << file;
    EXPECT_NE(text.find("-f reports/sql/" + file.filename().string()), std::string::npos) << file;
  }
}

TEST_F(AnalystSql, EveryVariableOfAQueryIsExplainedAndHasADefault) {
  for (const auto& file : query_files()) {
    const auto text = read_text(file);
    for (auto at = text.find("\\if :{?"); at != std::string::npos;
         at = text.find("\\if :{?", at + 1)) {
      const auto begin = at + std::string("\\if :{?").size();
      const auto variable = text.substr(begin, text.find('}', begin) - begin);
      EXPECT_NE(text.find(variable + ": "), std::string::npos)
          << file << " does not explain " << variable;
      EXPECT_NE(text.find("\\set " + variable + " "), std::string::npos)
          << file << " has no default for " << variable;
    }
  }
}

TEST_F(AnalystSql, ThePageForAnalystsNamesEveryQueryAndItsExamplesRun) {
  const auto page = read_text(fs::path(AML_SOURCE_DIR) / "docs/gold_tables.md");
  for (const auto& file : query_files()) {
    EXPECT_NE(page.find("| `" + file.filename().string() + "` |"), std::string::npos) << file;
  }
  const std::string fence = "```sql\n";
  const auto example_file =
      fs::temp_directory_path() / ("aml-example-" + std::to_string(::getpid()) + ".sql");
  int examples = 0;
  for (auto at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
    const auto begin = at + fence.size();
    const auto example = page.substr(begin, page.find("```", begin) - begin);
    if (!example.starts_with("SELECT"))
      continue;  // the rest are grants, which would outlive the test
    ++examples;
    std::ofstream(example_file) << example;
    const auto outcome = psql(database_->target(), example_file);
    EXPECT_EQ(outcome.exit_code, 0) << example << "\n" << outcome.output;
  }
  fs::remove(example_file);
  EXPECT_GE(examples, 4);
}

TEST_F(AnalystSql, FollowsTheMoneyOfTheMostSevereAlert) {
  expect_golden("follow_the_money");
}
TEST_F(AnalystSql, TellsWhoPaysIntoACollector) {
  expect_golden("payers_of_collectors");
}
TEST_F(AnalystSql, FindsTransfersThatAreEvidenceTwice) {
  expect_golden("transfers_in_several_typologies");
}
TEST_F(AnalystSql, TellsAlertsAddedAndGone) {
  expect_golden("alerts_added_and_gone");
}
TEST_F(AnalystSql, CountsQuarantineByReason) {
  const auto outcome = ask("quarantine_by_reason_and_file");
  EXPECT_NE(outcome.output.find("bank/transfers.csv,transfers,amount_is_positive,2,3,10,20.00,"),
            std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("bank/transfers.csv,transfers,currency_is_known,1,7,10,10.00,"),
            std::string::npos)
      << outcome.output;
}

TEST_F(AnalystSql, NamesTheModelBehindAnAlertInEachRunThatFoundIt) {
  const auto current = ask("models_behind_alerts").output;
  EXPECT_EQ(rows_of(current), 1) << current;
  for (const char* fact :
       {",A5,2,",
        ",0.7200,account_anomalies,1,2024-03-01 09:00:00+00,2024-03-04 08:00:00+00,6,ab,1,",
        ",the first of the sample\n"}) {
    EXPECT_NE(current.find(fact), std::string::npos) << fact << "\n" << current;
  }
  EXPECT_EQ(rows_of(ask("models_behind_alerts", {"alert=A5"}).output), 2);
  EXPECT_EQ(rows_of(ask("models_behind_alerts", {"alert=A1"}).output), 0)
      << "no model scored its alert";
}

TEST_F(AnalystSql, NamesTheModelBehindAnAlertThatTheNewestRunDidNotComeTo) {
  const TestDatabase database;
  add_sample_silver(database);
  add_sample_gold(database);
  database.write(
      "UPDATE gold.alerts SET found_until_run_id = 1, valid_from = DEFAULT WHERE subject = 'A5'");
  const auto current = psql(database.target(), kQueries / "models_behind_alerts.sql").output;
  EXPECT_EQ(rows_of(current), 1) << current;
  EXPECT_NE(current.find(",A5,1,"), std::string::npos) << current;
}

TEST_F(AnalystSql, VariablesNarrowTheAnswer) {
  EXPECT_EQ(rows_of(ask("alert_queue").output), 2);
  EXPECT_EQ(rows_of(ask("alert_queue", {"severity=low"}).output), 5);
  EXPECT_EQ(rows_of(ask("alert_queue", {"severity=low", "only_new=true"}).output), 1);
  EXPECT_EQ(rows_of(ask("alert_queue", {"severity=low", "rows=3"}).output), 3);
  EXPECT_EQ(rows_of(ask("payers_of_collectors", {"collector=A4"}).output), 2);
  EXPECT_EQ(rows_of(ask("payers_of_collectors", {"collector=A5"}).output), 0);
  EXPECT_EQ(rows_of(ask("follow_the_money", {"alert=no such alert"}).output), 0);
  EXPECT_EQ(rows_of(ask("round_trips_by_amount_and_speed", {"hours_at_most=23"}).output), 0);
  EXPECT_EQ(rows_of(ask("entities_in_several_typologies", {"at_least=3"}).output), 4);
  EXPECT_EQ(rows_of(ask("alerts_added_and_gone", {"scenario=anomalies"}).output), 1);
  EXPECT_NE(ask("flagged_share_by_country").output.find("US,person,3,3,100.00"), std::string::npos);
  EXPECT_NE(ask("flagged_share_by_country", {"severity=high"}).output.find("DE,person,1,1,100.00"),
            std::string::npos);
  EXPECT_EQ(rows_of(ask("run_history", {"runs=1"}).output), 3);
  EXPECT_EQ(rows_of(ask("entity_profile", {"entity=P5"}).output), 3);
}

TEST_F(AnalystSql, WrongVariableFailsInsteadOfAnsweringSomethingElse) {
  EXPECT_NE(ask("alert_queue", {"rows=many"}).exit_code, 0);
}

}  // namespace
}  // namespace aml::test
