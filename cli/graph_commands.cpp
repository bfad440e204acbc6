// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>

#include "cli/command_tree.hpp"

namespace aml::cli {
namespace {

void add_graph_files(CLI::App& command, GraphFiles& files) {
  command.add_option("--edges", files.edges, "CSV with src, dst and optionally time, amount, ...")
      ->required()
      ->type_name("FILE");
  command.add_option("--vertices", files.vertices, "CSV with id and any other columns")
      ->type_name("FILE");
}

void add_motif_command(const CommandTree& graph) {
  const auto options = std::make_shared<GraphMotifOptions>();
  auto* motif = graph.add(
      "motif",
      "Matches of a motif: a column for each name; vertices as ids, edges as rows of the file",
      run_graph_motif, options);
  motif->add_option("motif", options->motif, "\"(a)-[e1]->(b); (b)-[e2]->(c)\", see docs/motifs.md")
      ->required()
      ->type_name("PATTERN");
  add_graph_files(*motif, options->files);
  motif->add_option("--where", options->where, "A condition: \"e2.amount >= 0.9 * e1.amount\"")
      ->type_name("EXPR");
  motif->add_option("--mode", options->mode, "Semantics: money, or those of GraphFrames' find()")
      ->check(CLI::IsMember({"money", "graphframes"}))
      ->capture_default_str();
  motif
      ->add_option(
          "--time-order", options->time_order,
          "How edges that follow each other lie in time (default: loose, or none without times)")
      ->check(CLI::IsMember({"strict", "loose", "none"}));
  motif->add_option("--window", options->window, "From the first edge of a match to the last")
      ->type_name("DURATION");
  motif->add_option("--hop-window", options->hop_window, "From an edge to each that follows it")
      ->type_name("DURATION");
  motif
      ->add_option("--distinct", options->distinct,
                   "What a match must not hold twice (default: vertices)")
      ->check(CLI::IsMember({"vertices", "edges", "none"}));
  motif
      ->add_option("--hubs", options->max_counterparties,
                   "Leave out vertices with more counterparties on one side (default: none)")
      ->type_name("N");
  auto* group_by =
      motif->add_option("--group-by", options->group_by, "One row for each binding of this vertex");
  group_by->type_name("VERTEX");
  motif
      ->add_option("--aggregate", options->aggregates,
                   "A column of the groups: \"payers=count(distinct a)\"; may be repeated")
      ->type_name("NAME=EXPR");
  motif->add_option("--having", options->having, "A condition on each group")->type_name("EXPR");
  auto* count = motif->add_flag("--count", options->count, "Only the number of rows");
  auto* limit = motif->add_option("--limit", options->limit, "Only the first rows");
  limit->check(CLI::Range(std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max()));
  count->excludes(limit)->excludes(group_by);
  limit->excludes(group_by);
  motif->add_option("--max-rows", options->max_rows, "Rows that are enumerated, at most")
      ->capture_default_str();
}

}  // namespace

void add_graph_commands(const CommandTree& aml) {
  const CommandTree graph =
      aml.group("graph", "The graph kernels on CSV files, without a database");

  const auto of_components = std::make_shared<GraphFiles>();
  auto* components = graph.add("components", "Weakly connected components: id,component",
                               run_graph_components, of_components);
  add_graph_files(*components, *of_components);

  const auto of_cycles = std::make_shared<GraphCycleOptions>();
  auto* cycles = graph.add(
      "cycles", "Simple cycles inside a window of time, each once: cycle,step,src,dst,edge",
      run_graph_cycles, of_cycles);
  add_graph_files(*cycles, of_cycles->files);
  cycles->add_option("--min-length", of_cycles->min_length, "Edges in a cycle, at least")
      ->capture_default_str();
  cycles->add_option("--max-length", of_cycles->max_length, "Edges in a cycle, at most (2 to 64)")
      ->required();
  cycles
      ->add_option("--window", of_cycles->window,
                   "From the first edge to the last: 7 days, 36h, 90 min, 604800 (seconds)")
      ->required()
      ->type_name("DURATION");
  cycles
      ->add_option("--time-order", of_cycles->time_order,
                   "strict: each edge later than the one before; loose: never earlier, ties in "
                   "the order of the file; none: any order inside the window")
      ->check(CLI::IsMember({"strict", "loose", "none"}))
      ->capture_default_str();
  cycles->add_option("--limit", of_cycles->limit, "Cycles shown, at most")->capture_default_str();

  add_motif_command(graph);

  const auto of_propagate = std::make_shared<GraphPropagateOptions>();
  auto* propagate = graph.add(
      "propagate",
      "Risk that flows along the edges, from the column risk of the vertices: id,risk,risk_score",
      run_graph_propagate, of_propagate);
  add_graph_files(*propagate, of_propagate->files);
  propagate->get_option("--vertices")->required();
  propagate->add_option("--rounds", of_propagate->rounds, "Rounds")->capture_default_str();
  propagate->add_option("--mode", of_propagate->mode, "How much of it, see docs/scenarios.md")
      ->check(CLI::IsMember({"literal", "distinct", "normalised", "amount_weighted"}))
      ->capture_default_str();

  const auto of_stats = std::make_shared<GraphFiles>();
  auto* stats = graph.add("stats", "Sizes, degrees, components, times: measure,value",
                          run_graph_stats, of_stats);
  add_graph_files(*stats, *of_stats);
}

}  // namespace aml::cli
