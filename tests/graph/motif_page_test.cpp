// SPDX-License-Identifier: Apache-2.0
// The examples of docs/motifs.md give what the page says.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/grouped_matches.hpp"
#include "graph/motif_binding.hpp"
#include "graph/motif_query.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using Lines = std::vector<std::string>;
using Rows = std::vector<Lines>;

struct Block {
  std::string kind;  ///< what stands behind the opening fence
  Lines lines;
};

std::vector<Block> blocks_of_page() {
  std::ifstream page(AML_SOURCE_DIR "/docs/motifs.md");
  std::vector<Block> blocks;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), {}});
    } else if (inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

Lines words_of(const std::string& line) {
  std::istringstream stream(line);
  Lines words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

template <typename T>
T required(const std::optional<T>& value) {
  if (!value) throw std::invalid_argument("the page has a value that cannot be read");
  return *value;
}

/// The accounts and transfers of the page.
class PageBank {
 public:
  explicit PageBank(const std::vector<Block>& blocks)
      : graph_(testing::graph_of(transfers_of(blocks))) {
    KeyColumn countries;
    std::vector<char> is_null;
    const auto accounts = std::ranges::find(blocks, "accounts", &Block::kind);
    for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
      for (const std::string& line : accounts->lines) {
        const Lines words = words_of(line);
        if (words.at(0) != graph_.key(v)) continue;
        countries.push_back(words.at(1));
        is_null.push_back(words.at(1) == "-" ? 1 : 0);
      }
    }
    properties_.vertices = {{"country", std::move(countries), std::move(is_null)}};
  }

  const TransferGraph& graph() const { return graph_; }
  const GraphProperties& properties() const { return properties_; }

 private:
  static std::vector<testing::Transfer> transfers_of(const std::vector<Block>& blocks) {
    std::vector<testing::Transfer> transfers;
    for (const std::string& line : std::ranges::find(blocks, "transfers", &Block::kind)->lines) {
      const Lines words = words_of(line);
      const TimePoint time = required(parse_time_point(words.at(3) + " " + words.at(4)));
      const Decimal amount = required(parse_decimal(words.at(5)));
      transfers.push_back({words.at(1), words.at(2), static_cast<Micros>(time.micros),
                           static_cast<MinorUnits>(amount.units), words.at(0)});
    }
    return transfers;
  }

  TransferGraph graph_;
  GraphProperties properties_;
};

/// Sets one line "name value" of an example.
void set_option(MotifQueryText& query, const std::string& name, const std::string& value) {
  const auto span = [&] { return static_cast<Micros>(required(parse_time_span(value)).micros); };
  const auto choice = [&](auto choices) {
    for (const auto& [word, chosen] : choices) {
      if (word == value) return chosen;
    }
    throw std::invalid_argument(name + " cannot be " + value);
  };
  if (name == "where") {
    query.where = value;
  } else if (name == "having") {
    query.having = value;
  } else if (name == "group_by") {
    query.group_by = value;
  } else if (name == "aggregate") {
    const std::size_t equals = value.find(" = ");
    query.aggregates.emplace_back(value.substr(0, equals), value.substr(equals + 3));
  } else if (name == "window") {
    query.window = span();
  } else if (name == "hop_window") {
    query.hop_window = span();
  } else if (name == "mode") {
    query.mode = choice(std::vector{std::pair("graphframes", MotifMode::kGraphFrames)});
  } else if (name == "time_order") {
    query.time_order = choice(
        std::vector{std::pair("strict", TimeOrder::kStrict), std::pair("none", TimeOrder::kNone)});
  } else {
    throw std::invalid_argument("no option is called " + name);
  }
}

std::string cell(const Value& value) {
  if (const auto* number = std::get_if<Decimal>(&value)) return to_string(*number);
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  return "-";
}

/// The names of the columns, then the rows, sorted.
Rows answer(const MotifQueryText& text, const PageBank& bank) {
  const MotifQuery query = parse_query(text, schema_of(bank.properties()));
  const BoundMotif bound = bind_query(query, bank.graph(), bank.properties());
  std::optional<GroupedMatches> groups;
  Rows rows(1);
  if (query.grouping) {
    groups.emplace(query, bank.graph(), bank.properties());
    rows[0].push_back(query.grouping->vertex);
    for (const auto& column : query.grouping->columns) rows[0].push_back(column.name);
  } else {
    for (const MotifColumn& column : query.motif.columns) rows[0].push_back(column.name);
  }
  for (std::size_t b = 0; b < bound.branches.size(); ++b) {
    const MotifBranch& branch = query.motif.branches[b];
    const auto add_match = [&](const MotifMatch& match) {
      if (groups) return groups->add(b, match);
      rows.emplace_back();
      for (std::size_t c = 0; c < query.motif.columns.size(); ++c) {
        const auto at = static_cast<std::size_t>(branch.positions[c]);
        using Kind = MotifColumn::Kind;
        const Kind kind = query.motif.columns[c].kind;
        std::string value = "-";
        if (kind == Kind::kHop) value = branch.hop;
        if (kind == Kind::kPattern) value = branch.written;
        if (kind == Kind::kDirection) value = branch.direction;
        if (kind == Kind::kVertex && branch.positions[c] >= 0) {
          value = bank.graph().key(match.vertices[at]);
        }
        if (kind == Kind::kEdge && branch.positions[c] >= 0) {
          value = bank.graph().transfer_key(match.edges[at]);
        }
        rows.back().push_back(value);
      }
    };
    find_motif(bank.graph(), bound.branches[b].pattern, bound.branches[b].constraints, add_match);
  }
  if (groups) {
    for (const MotifGroup& group : groups->groups()) {
      rows.push_back({std::string(bank.graph().key(group.vertex))});
      for (const Value& value : group.values) rows.back().push_back(cell(value));
    }
  }
  std::sort(rows.begin() + 1, rows.end());
  return rows;
}

TEST(MotifPage, EveryExampleGivesItsRows) {
  const std::vector<Block> blocks = blocks_of_page();
  const PageBank bank(blocks);
  int examples = 0;
  for (const Block& block : blocks) {
    if (block.kind != "motif") continue;
    MotifQueryText query;
    auto line = block.lines.begin();
    for (; *line != "=>"; ++line) {
      if (!line->starts_with("  ")) {
        query.motif += *line;
        continue;
      }
      const std::size_t space = line->find(' ', 2);
      set_option(query, line->substr(2, space - 2), line->substr(space + 1));
    }
    Rows expected;
    for (++line; line != block.lines.end(); ++line) expected.push_back(words_of(*line));
    std::sort(expected.begin() + 1, expected.end());
    EXPECT_EQ(answer(query, bank), expected) << query.motif;
    ++examples;
  }
  EXPECT_EQ(examples, 11);
}

TEST(MotifPage, WhatItSaysIsRefusedIsRefused) {
  int refused = 0;
  for (const Block& block : blocks_of_page()) {
    if (!block.kind.starts_with("refused")) continue;
    const bool in_graphframes = block.kind != "refused";
    for (const std::string& motif : block.lines) {
      EXPECT_THROW(read_motif(motif, MotifMode::kGraphFrames), MotifError) << motif;
      if (in_graphframes) {
        EXPECT_NO_THROW(read_motif(motif, MotifMode::kMoney)) << motif;
      } else {
        EXPECT_THROW(read_motif(motif, MotifMode::kMoney), MotifError) << motif;
      }
      ++refused;
    }
  }
  EXPECT_EQ(refused, 20);
}

}  // namespace
}  // namespace aml::graph
