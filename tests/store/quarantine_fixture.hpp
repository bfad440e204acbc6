// SPDX-License-Identifier: Apache-2.0
// A database into which files are loaded, some of whose rows go to quarantine and come out again.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/scenario.hpp"
#include "store/ingest.hpp"
#include "store/quarantine.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {

using Counts = std::map<std::string, std::uint64_t>;
using Kind = FileOutcome::Kind;

inline const std::string kHeader =
    "transfer_id,booked_at,from_account,to_account,amount,currency,type\n";

class QuarantineTest : public testing::Test {
 public:
  static void SetUpTestSuite() { database_ = std::make_unique<test::TestDatabase>(); }
  static void TearDownTestSuite() { database_.reset(); }

 protected:
  /// One for all of them, emptied before each: a database costs more than most of these tests.
  static const test::TestDatabase& database() { return *database_; }

  QuarantineTest() : connection_(database().connect()) {
    database().empty();
    std::string folder = std::filesystem::temp_directory_path() / "aml-quarantine-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    options_.expectations = scenarios::load_expectations("");
    options_.control_totals = [this](const std::string&) { return control_; };
  }
  ~QuarantineTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }
  FileOutcome load(const std::string& name, const std::string& bytes) {
    const auto outcomes = ingest(connection_, {write(name, bytes)}, options_);
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.at(0);
  }
  void expect(const std::string& name, const Condition& condition,
              ExpectationPolicy policy = ExpectationPolicy::kWarn,
              const std::string& dataset = "transfers") {
    options_.expectations.push_back({name, dataset, condition, policy, "As agreed."});
  }
  std::vector<ReplayOutcome> replay(const QuarantineFilter& filter = {}) {
    return replay_quarantined(connection_, filter, options_.expectations);
  }
  void fix(std::int64_t file_id, std::int64_t line,
           const std::map<std::string, std::string>& values, const std::string& dataset = {}) {
    fix_quarantined(connection_, {{{std::to_string(file_id), line, dataset}, values}});
  }
  std::string query(const std::string& sql) const { return database().query(sql); }
  std::string result_of(const std::string& expectation) const {
    return query(
        "SELECT passed, failed, observed, expected, sample_lines, sample_keys FROM "
        "aml.expectation_history WHERE expectation = '" +
        expectation + "' ORDER BY file_id DESC LIMIT 1");
  }
  std::string silver() const {
    return query(
               "SELECT transfer_id, booked_at, from_account_id, to_account_id, amount, "
               "currency_code, amount_base, type FROM silver.transfers ORDER BY 1") +
           "\n--\n" +
           query(
               "SELECT account_id, party_id, currency_code, is_derived FROM silver.accounts "
               "ORDER BY 1") +
           "\n--\n" +
           query("SELECT party_id, name, kind, is_derived FROM silver.parties ORDER BY 1");
  }

  Connection connection_;
  IngestOptions options_;
  std::map<std::string, std::string> control_;
  std::filesystem::path folder_;

 private:
  static inline std::unique_ptr<test::TestDatabase> database_;
};

}  // namespace aml::store
