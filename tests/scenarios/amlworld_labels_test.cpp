// SPDX-License-Identifier: Apache-2.0
// IBM's AMLworld from its files to figures: what is known to be laundering, held against alerts.
#include "scenarios/amlworld_labels.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "scenarios/evaluation.hpp"
#include "scenarios/runner.hpp"
#include "scenarios/scenario.hpp"
#include "store/error.hpp"
#include "store/ingest.hpp"
#include "tests/support/amlworld_files.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

namespace fs = std::filesystem;

class AmlworldLabels : public testing::Test {
 protected:
  AmlworldLabels() : connection_(database_.connect()) {
    std::string folder = fs::temp_directory_path() / "aml-amlworld-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    patterns_ = write("HI-Tiny_Patterns.txt", std::string(test::kAmlworldPatterns));
    transfers_ = write("HI-Tiny_Trans.csv", std::string(test::kAmlworldTransfersHeader) +
                                                std::string(test::kAmlworldTransfers));
    write("HI-Tiny_accounts.csv", std::string(test::kAmlworldAccounts));
  }
  ~AmlworldLabels() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  void load() {
    store::IngestOptions options;
    options.expectations = load_expectations("");
    for (const auto& file :
         store::ingest(connection_, {AML_SOURCE_DIR "/docs/amlworld_rates.csv", folder_}, options))
      EXPECT_NE(file.kind, store::FileOutcome::Kind::kRefused) << file.message;
  }
  /// "typology instance line-of-the-transfer", one line each.
  std::string labels(const std::string& file) {
    std::string text;
    for (const Label& label : read_labels(connection_, file)) {
      text += fmt::format("{} {} {}\n", label.typology, label.instance,
                          label.transfer_id.substr(label.transfer_id.find('-') + 1));
    }
    return text;
  }
  /// What is said against a list of attempts, without its path.
  std::string refusal(const std::string& text) {
    const std::string file = write("bad.txt", text);
    try {
      return "accepted: " + labels(file);
    } catch (const ScenarioError& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with(file)) << error.what();
      return std::string(error.what()).substr(file.size());
    }
  }

  /// The SQL of a page of the documentation that holds these words.
  static std::string documented(const std::string& page, const std::string& words) {
    std::ifstream in(AML_SOURCE_DIR "/docs/" + page);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::string fence = "```sql\n";
    const std::size_t start = text.rfind(fence, text.find(words)) + fence.size();
    return text.substr(start, text.find("```", start) - start);
  }

  test::TestDatabase database_;
  store::Connection connection_;
  fs::path folder_;
  std::string patterns_, transfers_;
};

const std::string kRow =
    "2022/09/01 01:00,010,8000EBD30,001,80A7FD400,10000.00,US Dollar,10000.00,US Dollar,ACH,1\n";
const std::string kBeginFan = "BEGIN LAUNDERING ATTEMPT - FAN-IN\n";
const std::string kEndFan = "END LAUNDERING ATTEMPT - FAN-IN\n";
const std::string kExpectedLabels =
    "round_tripping 1 3\nround_tripping 1 4\nround_tripping 1 5\nfan_in 2 8\nstack 3 9\n"
    "stack 3 10\nstack 3 11\n";

TEST_F(AmlworldLabels, OfEqualRowsTheFirstGetsTheFirstTransferThatIsMarked) {
  load();
  EXPECT_EQ(labels(patterns_), kExpectedLabels);
}

TEST_F(AmlworldLabels, AMarkedTransferIsAnInstanceOfAnyTypology) {
  load();
  EXPECT_EQ(labels(transfers_),
            "any 3 3\nany 4 4\nany 5 5\nany 8 8\nany 9 9\nany 10 10\nany 11 11\nany 12 12\n");
}

TEST_F(AmlworldLabels, EqualNumbersInTwoFilesAreTwoInstances) {
  load();
  const auto with_row = [&](const std::string& name, const std::string& row) {
    return write(name, kBeginFan + row + kEndFan);
  };
  fs::create_directory(folder_ / "other");
  const std::string one = with_row("P.txt", kRow);
  const std::string two =
      with_row("other/P.txt",
               "2022/09/01 09:00,001,80A7FD400,0210,80A7FD400,8500.00,Euro,8500.00,Euro,ACH,1\n");
  const auto known = read_labels(connection_, std::vector{one, two});
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known[0].instance, one + " 1");
  EXPECT_EQ(known[1].instance, two + " 1");
  EXPECT_EQ(evaluate(connection_, known).at(0).instances.labelled, 2);
  EXPECT_EQ(read_labels(connection_, std::vector{one}).at(0).instance, "1");
}

TEST_F(AmlworldLabels, AlertsAreHeldAgainstAttemptsAndAgainstMarkedTransfers) {
  load();
  std::vector<Scenario> cycles = shipped_scenarios({});
  std::erase_if(cycles, [](const Scenario& scenario) { return scenario.id != "round_tripping"; });
  ASSERT_EQ(run(connection_, cycles, {}).status, "succeeded");
  auto known = read_labels(connection_, patterns_);
  for (Label& label : read_labels(connection_, transfers_)) known.push_back(std::move(label));

  std::string table;
  for (const TypologyQuality& quality : evaluate(connection_, known)) {
    const auto add = [&](const char* level, const Quality& counts) {
      table += fmt::format("{} {} {} {} {} {}\n", quality.typology, level, counts.labelled,
                           counts.found, counts.flagged, counts.right);
    };
    add("instance", quality.instances);
    add("entity", quality.entities);
    add("transfer", quality.transfers);
  }
  EXPECT_EQ(table,
            "any instance 8 3 1 1\nany entity 6 3 3 3\nany transfer 8 3 3 3\n"
            "fan_in instance 1 0 0 0\nfan_in entity 2 0 0 0\nfan_in transfer 1 0 0 0\n"
            "round_tripping instance 1 1 1 1\nround_tripping entity 3 3 3 3\n"
            "round_tripping transfer 3 3 3 3\n"
            "stack instance 1 0 0 0\nstack entity 3 0 0 0\nstack transfer 3 0 0 0\n");
}

TEST_F(AmlworldLabels, TheQueriesOfTheDocumentationAnswer) {
  load();
  std::vector<Scenario> cycles = shipped_scenarios({});
  std::erase_if(cycles, [](const Scenario& scenario) { return scenario.id != "round_tripping"; });
  run(connection_, cycles, {});
  EXPECT_EQ(database_.query(documented("loading.md", "AS measured")),
            "XBT|USD|1|11881.881181188188|11881.973976");
  EXPECT_EQ(database_.query(documented("evaluation.md", "share_so_far")).substr(0, 37),
            "2022-08-30|1|0.091\n2022-09-01|3|0.364");
  std::string quality = documented("evaluation.md", "AS precision, 2.0");
  const std::string day = "2022-09-09";
  EXPECT_EQ(database_.query(quality), "0|0|0|||");
  quality.replace(quality.find(day), day.size(), "2022-08-01");
  EXPECT_EQ(database_.query(quality), "8|3|3|0.375|1|0.54545454545454545455");
}

TEST_F(AmlworldLabels, ATransferInQuarantineIsLabelledAndCannotBeFound) {
  write("more_Trans.csv", std::string(test::kAmlworldTransfersHeader) +
                              "2022/09/01 00:20,010,A,020,B,5.00,Doubloon,5.00,Doubloon,ACH,1\n");
  load();
  const auto known = read_labels(
      connection_, write("more.txt", kBeginFan +
                                         "2022/09/01 "
                                         "00:20,010,A,020,B,5.00,Doubloon,5.00,Doubloon,ACH,1\n" +
                                         kRow + kEndFan));
  ASSERT_EQ(known.size(), 2U);
  EXPECT_TRUE(known[0].transfer_id.ends_with(", quarantined")) << known[0].transfer_id;
  EXPECT_EQ(evaluate(connection_, known).at(0).transfers.labelled, 2);
}

TEST_F(AmlworldLabels, EveryTypeOfAttemptHasATypology) {
  load();
  std::string text, expected;
  int number = 0;
  for (const auto& [type, typology] : std::map<std::string, std::string>{
           {"BIPARTITE", "bipartite"},
           {"CYCLE:  Max 12 hops", "round_tripping"},
           {"FAN-IN:  Max 3-degree Fan-In", "fan_in"},
           {"FAN-OUT:  Max 16-degree Fan-Out", "fan_out"},
           {"GATHER-SCATTER:  Max 2-degree Fan-In", "gather_scatter"},
           {"RANDOM:  Max 5 hops", "random"},
           {"SCATTER-GATHER", "scatter_gather"},
           {"STACK", "stack"}}) {
    const std::string line = std::to_string(3 + number);
    const std::string rows(test::kAmlworldTransfers);
    std::size_t start = 0;
    for (int i = 0; i < 1 + number; ++i) start = rows.find('\n', start) + 1;
    text += "BEGIN LAUNDERING ATTEMPT - " + type + "\r\n" +
            rows.substr(start, rows.find('\n', start) - start) + "\r\nEND LAUNDERING ATTEMPT - " +
            type.substr(0, type.find(':')) + "\r\n\r\n";
    expected += fmt::format("{} {}", typology, ++number) + ' ';
  }
  std::string found;
  for (const Label& label : read_labels(connection_, write("types.txt", text)))
    found += label.typology + ' ' + label.instance + ' ';
  EXPECT_EQ(found, expected);
}

TEST_F(AmlworldLabels, ADamagedListOfAttemptsIsRefusedWithItsLine) {
  load();
  EXPECT_EQ(refusal(kBeginFan + kRow), ":1:1: this attempt has no END: the file is cut off");
  EXPECT_EQ(refusal(kBeginFan + kRow + kBeginFan + kRow + kEndFan),
            ":3:1: the attempt of line 1 has no END before this");
  EXPECT_EQ(refusal(kBeginFan + kRow + kEndFan + "\n" + kEndFan),
            ":5:1: END without a BEGIN before it");
  EXPECT_EQ(refusal(kBeginFan + kRow + "END LAUNDERING ATTEMPT - STACK\n"),
            ":3:1: END of STACK, but the attempt of line 1 is a FAN-IN");
  EXPECT_EQ(refusal("BEGIN LAUNDERING ATTEMPT - SPIRAL:  Max 3 turns\n" + kRow),
            ":1:1: SPIRAL is no type of attempt");
  EXPECT_EQ(refusal("BEGIN LAUNDERING ATTEMPT - FAN-IN:  Max 3 " + kRow + kEndFan),
            ":1:1: a row on the line of BEGIN");
  EXPECT_EQ(refusal(kBeginFan + kRow + kEndFan + kRow),
            ":4:1: neither BEGIN LAUNDERING ATTEMPT nor a row of an attempt");
  EXPECT_EQ(refusal(kBeginFan + kRow.substr(0, 40) + "\n" + kEndFan),
            ":2:1: a row of 5 values instead of 11");
  EXPECT_EQ(refusal(kBeginFan + "2022/09/01 01:01" + kRow.substr(16) + kEndFan),
            ":2:1: no loaded transfer has the values of this row\n"
            "  load the *_Trans.csv of the same set first");
  EXPECT_EQ(refusal(kBeginFan + kRow + kRow + kEndFan),
            ":3:1: no loaded transfer has the values of this row\n"
            "  load the *_Trans.csv of the same set first");
  EXPECT_EQ(refusal(kBeginFan + std::string("\xFF") + kRow + kEndFan), ":2:1: invalid_utf8");
  EXPECT_EQ(refusal("BEGIN LAUNDERING ATTEMPT - STACK\nEND LAUNDERING ATTEMPT - STACK\n"),
            "accepted: ");
}

TEST_F(AmlworldLabels, WithoutItsTransfersAListOfAttemptsIsRefused) {
  EXPECT_EQ(refusal(std::string(test::kAmlworldPatterns)).substr(0, 52),
            ":2:1: no loaded transfer has the values of this row\n");
}

TEST_F(AmlworldLabels, AListThatIsCutOffAnywhereIsRefusedUnlessBetweenAttempts) {
  load();
  const std::string first = kBeginFan + kRow + kEndFan;
  const std::string whole = first + "\n" + first.substr(0, first.size() - 1);
  const std::size_t end_of_first = first.size() - 1;
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const bool is_between = length >= end_of_first && length <= end_of_first + 2;
    const std::string said = refusal(whole.substr(0, length));
    EXPECT_EQ(said.starts_with("accepted"), is_between) << length << said;
  }
}

TEST_F(AmlworldLabels, AGarbledByteIsRefusedOrDoesNotChangeTheLabels) {
  load();
  const std::string whole(test::kAmlworldPatterns);
  std::mt19937 random(7);
  const std::string garbage("\0\xFF\"X\n,;", 7);
  for (int round = 0; round < 400; ++round) {
    std::string text = whole;
    text[random() % text.size()] = garbage[random() % garbage.size()];
    const std::string file = write("garbled.txt", text);
    try {
      EXPECT_EQ(labels(file), kExpectedLabels) << text;
    } catch (const ScenarioError& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with(file + ":")) << error.what();
    } catch (const store::StoreError& error) {
      EXPECT_EQ(error.failure(), store::StoreFailure::kRefusedData) << error.what();
      EXPECT_TRUE(std::string(error.what()).starts_with(file + ":")) << error.what();
    }
  }
}

}  // namespace
}  // namespace aml::scenarios
