// SPDX-License-Identifier: Apache-2.0
// What docs/evaluation.md says about IBM's AMLSim: its commands, run as they stand there, give the
// figures of its table.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/cli/process.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

namespace fs = std::filesystem;

const std::string kFolder = "amlsim-12k";

std::string chapter() {
  std::ifstream file(fs::path(AML_SOURCE_DIR) / "docs" / "evaluation.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return text.substr(text.find("## IBM's AMLSim"));
}

/// The words of each command of the first code block: as a shell splits them, so far as the block
/// needs it (double quotes, a backslash at the end of a line).
std::vector<std::vector<std::string>> commands(const std::string& text) {
  const auto start = text.find("```\n") + 4;
  std::vector<std::vector<std::string>> commands(1);
  std::string word;
  bool is_quoted = false;
  for (std::size_t i = start; text.compare(i, 3, "```") != 0; ++i) {
    const char c = text[i];
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == '\\') {
      ++i;
    } else if (is_quoted || (c != ' ' && c != '\n')) {
      word += c;
    } else {
      if (!word.empty()) commands.back().push_back(std::exchange(word, {}));
      if (c == '\n') commands.emplace_back();
    }
  }
  commands.pop_back();
  return commands;
}

/// labelled, found, touched and flagged of the level instance, as the table writes them.
std::map<std::string, std::string> figures(const std::string& csv) {
  std::map<std::string, std::string> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    if (cells.at(1) == "instance")
      rows[cells[0]] = fmt::format("| {} | **{}** | {} | {} |", cells.at(2), cells.at(3),
                                   cells.at(4), cells.at(5));
  }
  return rows;
}

TEST(AmlsimEvaluation, TheDocumentedCommandsGiveTheDocumentedFigures) {
  const fs::path data = fs::path(AML_SOURCE_DIR).parent_path() / "shared" / "data" / kFolder;
  if (!fs::exists(data)) GTEST_SKIP() << "SKIPPED: " << data << " is not there";
  const TestDatabase database;
  const std::string text = chapter();
  std::string evaluation;
  for (auto words : commands(text)) {
    ASSERT_EQ(words.front(), "aml");
    for (std::string& word : words)
      if (word.starts_with(kFolder)) word.replace(0, kFolder.size(), data.string());
    words.front() = database.target().conninfo;
    words.insert(words.begin(), "-d");
    const auto ended = run_aml(words);
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    evaluation = ended.out;
  }
  const auto found = figures(evaluation);
  for (const char* typology :
       {"round_tripping", "fan_in", "fan_out", "scatter_gather", "gather_scatter"}) {
    const auto row = text.find(typology, text.find("| labelled typology |"));
    ASSERT_NE(row, std::string::npos) << typology;
    EXPECT_NE(text.substr(row, text.find('\n', row) - row).find(found.at(typology)),
              std::string::npos)
        << typology << ' ' << found.at(typology);
  }
}

}  // namespace
}  // namespace aml::test
