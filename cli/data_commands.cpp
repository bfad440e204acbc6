// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_tree.hpp"

namespace aml::cli {
namespace {

void add_generate_command(const CommandTree& aml) {
  const auto options = std::make_shared<GenerateOptions>();
  auto* generate =
      aml.add("generate", "Write labelled data: a plausible bank with planted laundering",
              run_generate, options);
  generate->add_option("--out", options->out, "Folder to write to")->required()->type_name("DIR");
  add_generator_options(*generate, options->data);
}

void add_load_command(const CommandTree& aml) {
  const auto options = std::make_shared<LoadOptions>();
  auto* load = aml.add(
      "load", "Load files, folders, tables or Kafka topics of transfers, accounts, parties, rates",
      run_load, options);
  auto* paths = load->add_option("paths", options->paths,
                                 "CSV or JSON lines, plain, .gz or .zst, or folders of them")
                    ->type_name("PATH");
  auto* sources = add_sources(*load, options->sources);
  load->add_flag("--full", options->full,
                 "Read tables from their first row; rows that are known are not loaded twice")
      ->needs(sources);
  load->add_flag(
          "--accept-gaps", options->accept_gaps,
          "Go on behind messages that a topic's retention deleted before they were read, and "
          "keep a record of it")
      ->needs(sources);
  load->add_option(
          "--format", options->format,
          "How the files are laid out: auto, aml, amlsim, amlworld (output format: aml --format F "
          "load ...)")
      ->check(CLI::IsMember({"auto", "aml", "amlsim", "amlworld"}))
      ->capture_default_str();
  add_expectations(*load, options->expectations);
  add_schema_evolution(*load, options->schema_evolution);
  add_lineage(*load, options->lineage);
  load->parse_complete_callback([paths, sources] {
    if (paths->empty() && sources->empty()) throw CLI::RequiredError("PATH or --source FILE.json");
  });
}

}  // namespace

void add_data_commands(const CommandTree& aml) {
  add_generate_command(aml);
  add_load_command(aml);
}

void add_generator_options(CLI::App& command, scenarios::GeneratorParams& params) {
  command.add_option("--accounts", params.accounts, "Accounts to make, 500 to 4,000,000")
      ->capture_default_str();
  command.add_option("--days", params.days, "Days of transfers, 60 to 3650")->capture_default_str();
  command.add_option("--seed", params.seed, "The same seed gives the same bytes")
      ->capture_default_str();
  auto* instances =
      command.add_option("--instances", params.instances,
                         "Planted instances of each typology, at most accounts / 200 (default: 10, "
                         "or as many as fit)");
  command.parse_complete_callback([instances, &params] {
    if (!instances->empty()) return;
    params.instances =
        static_cast<int>(std::clamp<std::int64_t>(params.accounts / 200, 1, params.instances));
  });
}

void add_lineage(CLI::App& command, std::string& file) {
  command.add_option("--lineage", file, "Add OpenLineage events to this file, one a line")
      ->type_name("FILE.ndjson");
}

CLI::Option* add_sources(CLI::App& command, std::vector<std::string>& files) {
  return command
      .add_option("--source", files,
                  "JSON file of a table or a Kafka topic that is read from where the last reading "
                  "ended; may be repeated")
      ->type_name("FILE.json")
      ->allow_extra_args(false);
}

void add_schema_evolution(CLI::App& command, std::string& choice) {
  command
      .add_option("--schema-evolution", choice,
                  "Columns that amlgraph does not know: rescue keeps them in bronze, add makes "
                  "them columns of silver too, fail refuses a file with new ones")
      ->check(CLI::IsMember({"rescue", "add", "fail"}))
      ->capture_default_str();
}

void add_expectations(CLI::App& command, std::string& file) {
  command
      .add_option("--expectations", file,
                  "Expectations instead of those that come with the program")
      ->type_name("FILE");
}

}  // namespace aml::cli
