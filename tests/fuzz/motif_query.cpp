// SPDX-License-Identifier: Apache-2.0
// The input is a query, a line for each part: options, motif, where, group_by, having, aggregates.
// Options are letters: g GraphFrames' mode; s, l, n a strict, loose or no time order; w a window,
// h one between hops; v, e, x distinct vertices, edges or neither; c few counterparties; r few rows;
// a digit the bank to ask.
// A query that can be read has SQL, and is answered on a small bank by the planner and by plain
// backtracking, which must agree.
#include "graph/motif_query.hpp"

#include <tbb/global_control.h>

#include <algorithm>
#include <map>
#include <optional>

#include "graph/grouped_matches.hpp"
#include "graph/motif_answer.hpp"
#include "graph/motif_describe.hpp"
#include "scenarios/motif_sql.hpp"
#include "tests/fuzz/promises.hpp"
#include "tests/graph/random_motifs.hpp"

namespace aml::fuzz {
namespace {

using graph::BoundMotif;
using graph::MotifMatch;
using graph::MotifQuery;
using graph::MotifQueryText;

constexpr std::uint64_t kMostSteps = 3000;  ///< of a search: more is not compared
constexpr std::size_t kMostBranches = 12;   ///< of a motif that is answered
constexpr std::size_t kMostTransfers = 6;   ///< of such a branch

struct SmallBank {
  explicit SmallBank(std::uint64_t seed) {
    graph::testing::Random random(seed);
    bank = random_bank(random);
  }
  graph::testing::Bank bank;
  graph::TransferGraph graph = graph_of(bank);
  graph::GraphProperties properties = properties_of(bank, graph);
};

const SmallBank& small_bank(char name) {
  static std::map<char, SmallBank> banks;
  return banks.try_emplace(name, static_cast<std::uint64_t>(name)).first->second;
}

MotifQueryText query_text(const std::vector<std::string>& lines) {
  const auto line = [&](std::size_t i) { return i < lines.size() ? lines[i] : std::string(); };
  const auto has = [&](char option) { return lines[0].find(option) != std::string::npos; };
  MotifQueryText text{.motif = line(1), .where = line(2), .group_by = line(3), .having = line(4)};
  if (has('g')) text.mode = graph::MotifMode::kGraphFrames;
  if (has('s')) text.time_order = graph::TimeOrder::kStrict;
  if (has('l')) text.time_order = graph::TimeOrder::kLoose;
  if (has('n')) text.time_order = graph::TimeOrder::kNone;
  if (has('w')) text.window = 18 * graph::kMicrosPerHour;
  if (has('h')) text.hop_window = 12 * graph::kMicrosPerHour;
  if (has('v')) text.distinct = graph::Distinct::kVertices;
  if (has('e')) text.distinct = graph::Distinct::kEdges;
  if (has('x')) text.distinct = graph::Distinct::kNone;
  if (has('c')) text.max_counterparties = 2;
  if (has('r')) text.max_rows = 5;
  for (std::size_t i = 5; i < std::min<std::size_t>(lines.size(), 8); ++i) {
    text.aggregates.emplace_back("column " + std::to_string(i), lines[i]);
  }
  return text;
}

/// The error is about the part of the query that it names.
void expect_error_in(const MotifQueryText& text, const graph::MotifError& error) {
  std::vector<std::pair<std::string, std::string>> parts{
      {"motif", text.motif}, {"where", text.where}, {"having", text.having}};
  for (const auto& [name, value] : text.aggregates) parts.emplace_back("aggregate " + name, value);
  const std::string_view words = error.what();
  for (const auto& [subject, part] : parts) {
    if (words.starts_with("bad " + subject + ": ")) return expect_motif_error(error, subject, part);
  }
  expect(false, "an error of a query names one of its parts", words);
}

bool is_small(const MotifQuery& query) {
  return query.motif.branches.size() <= kMostBranches &&
         std::ranges::all_of(query.motif.branches, [](const graph::MotifBranch& branch) {
           return branch.pattern.edges.size() <= kMostTransfers &&
                  branch.pattern.vertices.size() <= kMostTransfers;
         });
}

/// Branch, then what stays in a row of vertices and edges.
using Row = std::vector<std::uint32_t>;

Row row_of(const BoundMotif& bound, std::size_t branch, const MotifMatch& match) {
  const graph::DroppedElements dropped = dropped_elements(bound.branches[branch].pattern);
  Row row{static_cast<std::uint32_t>(branch)};
  for (std::size_t v = 0; v < match.vertices.size(); ++v) {
    if (!dropped.vertices[v]) row.push_back(match.vertices[v]);
  }
  for (std::size_t e = 0; e < match.edges.size(); ++e) {
    if (!dropped.edges[e]) row.push_back(match.edges[e]);
  }
  return row;
}

/// The same search with every condition asked of whole matches, none made a constraint.
BoundMotif bound_plainly(const MotifQuery& query, const SmallBank& bank) {
  MotifQuery bare = query;
  for (graph::MotifQueryBranch& branch : bare.branches) branch.conditions.clear();
  BoundMotif bound = bind_query(bare, bank.graph, bank.properties);
  for (std::size_t b = 0; b < query.branches.size(); ++b) {
    bound.branches[b].constraints.where = [&, b](const MotifMatch& match) {
      const graph::EvaluationInput input{bank.graph, bank.properties, match};
      return std::ranges::all_of(query.branches[b].conditions,
                                 [&](const auto& condition) { return holds(condition, input); });
    };
  }
  return bound;
}

void limit_steps(BoundMotif& bound) {
  for (BoundMotif::Branch& branch : bound.branches) branch.constraints.max_steps = kMostSteps;
}

/// The rows by backtracking, sorted; nullopt: too many steps.
std::optional<std::vector<Row>> rows_by_backtracking(const BoundMotif& bound,
                                                     const graph::TransferGraph& graph) {
  std::vector<Row> rows;
  for (std::size_t b = 0; b < bound.branches.size(); ++b) {
    const auto& [pattern, constraints] = bound.branches[b];
    const graph::MotifSearch search =
        find_motif(graph, pattern, constraints,
                   [&](const MotifMatch& match) { rows.push_back(row_of(bound, b, match)); });
    if (search.truncated) return std::nullopt;
  }
  std::ranges::sort(rows);
  return rows;
}

std::optional<std::vector<Row>> rows_by_plan(const MotifQuery& query, const BoundMotif& bound,
                                             const graph::TransferGraph& graph) {
  std::vector<Row> rows;
  const graph::MotifRun run = visit_rows(
      query, bound, graph, graph::kNoRowLimit,
      [&](std::size_t b, const MotifMatch& match) { rows.push_back(row_of(bound, b, match)); });
  if (run.truncated) return std::nullopt;
  std::ranges::sort(rows);
  return rows;
}

std::vector<std::string> text_of_groups(const std::vector<graph::MotifGroup>& groups) {
  std::vector<std::string> texts;
  for (const graph::MotifGroup& group : groups) {
    texts.push_back(std::to_string(group.vertex));
    for (const graph::Value& value : group.values) {
      const auto* number = std::get_if<graph::Decimal>(&value);
      if (number == nullptr) {
        texts.push_back("type " + std::to_string(value.index()));
        continue;
      }
      std::string text = to_string(*number);  // equal numbers may differ in zeros at the end
      if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.pop_back();
      }
      texts.push_back(text == "-0" ? "0" : text);
    }
  }
  return texts;
}

void check_groups(const MotifQuery& query, const BoundMotif& bound, const SmallBank& bank) {
  graph::GroupedMatches plain(query, bank.graph, bank.properties);
  for (std::size_t b = 0; b < bound.branches.size(); ++b) {
    find_motif(bank.graph, bound.branches[b].pattern, bound.branches[b].constraints,
               [&](const MotifMatch& match) { plain.add(b, match); });
  }
  const graph::QueryGroups groups = group_rows(query, bound, bank.graph, bank.properties);
  if (groups.truncated || groups.refused) return;
  expect(text_of_groups(groups.groups) == text_of_groups(plain.groups()),
         "groups are those of the rows");
}

void check_answers(const MotifQuery& query, const SmallBank& bank) {
  BoundMotif plain = bound_plainly(query, bank);
  limit_steps(plain);
  const auto expected = rows_by_backtracking(plain, bank.graph);
  BoundMotif bound = bind_query(query, bank.graph, bank.properties);
  limit_steps(bound);
  for (const BoundMotif::Branch& branch : bound.branches) {
    describe(graph::MotifPlan(bank.graph, branch.pattern, branch.constraints));
  }
  if (!expected) return;
  const auto found = rows_by_backtracking(bound, bank.graph);
  expect(!found || found == expected, "constraints say the same as the conditions");
  MotifQuery unlimited = query;
  unlimited.max_rows = graph::kNoRowLimit;
  const auto planned = rows_by_plan(unlimited, bound, bank.graph);
  expect(!planned || planned == expected, "the planner finds the rows of plain backtracking");
  const graph::MotifCount count = count_rows(bound, bank.graph);
  expect(count.truncated || count.overflowed || count.rows == expected->size(),
         "the planner counts the rows of plain backtracking");
  const graph::MotifRun limited = visit_rows(query, bound, bank.graph, graph::kNoRowLimit,
                                             [](std::size_t, const MotifMatch&) {});
  expect(limited.rows <= query.max_rows, "no more rows than were allowed");
  if (query.grouping && found) check_groups(query, bound, bank);
}

void check(std::string_view input) {
  const std::vector<std::string> lines = split(input, "\n");
  const MotifQueryText text = query_text(lines);
  const graph::PropertySchema schema = graph::testing::bank_schema();
  std::optional<MotifQuery> query;
  try {
    query = parse_query(text, schema);
  } catch (const graph::MotifError& error) {
    return expect_error_in(text, error);
  } catch (const std::invalid_argument& error) {
    return expect(*error.what() != '\0', "a refusal says why");
  }
  const std::string sql = scenarios::motif_sql(*query, schema);
  expect(sql.ends_with('\n'), "SQL is a text of lines", sql);
  expect_closed_sql(sql);
  if (!is_small(*query)) return;
  const auto digit = std::ranges::find_if(lines[0], [](char c) { return c >= '0' && c <= '9'; });
  try {
    check_answers(*query, small_bank(digit == lines[0].end() ? '0' : *digit));
  } catch (const std::overflow_error&) {
    // A number of more than 38 digits, told when a row is looked at.
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const tbb::global_control kOneThread(tbb::global_control::max_allowed_parallelism, 1);
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
