// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_describe.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "graph/motif_program.hpp"

namespace aml::graph {
namespace {

std::string vertex_text(const MotifPattern& pattern, std::size_t v) {
  return "(" + pattern.vertices[v] + ")";
}

std::string edge_text(const MotifPattern& pattern, std::size_t e) {
  const MotifEdge& edge = pattern.edges[e];
  return vertex_text(pattern, static_cast<std::size_t>(edge.source)) + "-[" + edge.name + "]->" +
         vertex_text(pattern, static_cast<std::size_t>(edge.target));
}

std::string way_to(const MotifPattern& pattern, const MotifProgram::Step& step) {
  const MotifEdge* edge = nullptr;
  switch (step.plan.kind) {
    case MotifStep::Kind::kVertex:
      return "all";
    case MotifStep::Kind::kNeighbour:
      return "ends of " + edge_text(pattern, step.plan.over);
    case MotifStep::Kind::kEdge:
      edge = &pattern.edges[step.plan.element];
      break;
  }
  const std::string source = vertex_text(pattern, static_cast<std::size_t>(edge->source));
  const std::string target = vertex_text(pattern, static_cast<std::size_t>(edge->target));
  if (step.source_bound && step.target_bound) return "between " + source + " and " + target;
  if (step.source_bound) return "from " + source;
  if (step.target_bound) return "into " + target;
  return "all";
}

std::string checks_of(const MotifPlan& plan, const MotifProgram::Step& step, bool is_last) {
  std::vector<std::string> checks;
  if (!step.relations.empty()) checks.emplace_back("time");
  if (!step.ratios.empty()) checks.emplace_back("ratio");
  for (const std::size_t e : step.absent) {
    checks.push_back("not " + edge_text(plan.pattern(), e));
  }
  if (!step.known_row.empty()) checks.emplace_back("symmetry");
  if (is_last && plan.constraints().where) checks.emplace_back("where");
  std::string text;
  for (const std::string& check : checks) text += (text.empty() ? "" : ", ") + check;
  return text;
}

std::string headline(const MotifPlan& plan) {
  const MotifEstimate estimate = plan.estimate();
  std::string rows = text_of(estimate.rows_at_most) + " rows";
  if (estimate.overflowed) rows = "more than " + rows;
  if (estimate.exact) return rows + ", counted without enumerating them";
  return estimate.overflowed ? "rows: no bound known before they are enumerated"
                             : "at most " + rows + "; counting them takes an enumeration";
}

}  // namespace

std::string text_of(RowCount rows) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rows % 10)));
    rows /= 10;
  } while (rows > 0);
  std::ranges::reverse(digits);
  return digits;
}

std::vector<MotifPlanLine> explain(const MotifPlan& plan, const MotifRun* run) {
  const MotifPattern& pattern = plan.pattern();
  const MotifProgram program(plan);
  std::vector<MotifPlanLine> lines;
  for (std::size_t s = 0; s < program.steps().size(); ++s) {
    const MotifProgram::Step& step = program.steps()[s];
    const bool is_edge = step.plan.kind == MotifStep::Kind::kEdge;
    MotifPlanLine line;
    line.binds =
        is_edge ? edge_text(pattern, step.plan.element) : vertex_text(pattern, step.plan.element);
    line.by = way_to(pattern, step);
    line.candidates = is_edge ? plan.candidates().edge(step.plan.element).size()
                              : plan.candidates().vertex(step.plan.element).size;
    line.estimated_rows = step.plan.estimated_rows;
    if (run != nullptr && s < run->rows_after_step.size()) {
      line.actual_rows = run->rows_after_step[s];
    }
    line.checks = checks_of(plan, step, s + 1 == program.steps().size());
    if (s >= plan.num_telling_steps()) {
      line.checks += line.checks.empty() ? "one witness" : ", one witness";
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string describe(const MotifPlan& plan, const MotifRun* run) {
  std::vector<std::vector<std::string>> table = {
      {"step", "binds", "by", "candidates", "estimated", "actual", "checks"}};
  for (const MotifPlanLine& line : explain(plan, run)) {
    std::ostringstream estimated;
    estimated << std::setprecision(3) << line.estimated_rows;
    table.push_back({std::to_string(table.size()), line.binds, line.by,
                     std::to_string(line.candidates), estimated.str(),
                     line.actual_rows ? std::to_string(*line.actual_rows) : "-", line.checks});
  }
  std::vector<std::size_t> widths(table.front().size(), 0);
  for (const auto& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto is_number = [](std::size_t column) { return column >= 3 && column <= 5; };
  std::string text = headline(plan) + "\n";
  for (const auto& row : table) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      line += (i == 0 ? "" : "  ") + (is_number(i) ? space + row[i] : row[i] + space);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace aml::graph
