// SPDX-License-Identifier: Apache-2.0
#include "cli/command_tree.hpp"

namespace aml::cli {
namespace {

constexpr const char* kLoadedFileHelp = "Id or path of a loaded file";

void add_expectations_commands(const CommandTree& aml) {
  const CommandTree expectations =
      aml.group("expectations", "What is expected of data, and how it was met");
  const auto options = std::make_shared<ExpectationsOptions>();
  auto* list =
      expectations.add("list", "What is expected of each dataset", run_expectations_list, options);
  auto* results = expectations.add("results", "How loaded files met it, the newest first",
                                   run_expectations_results, options);
  auto* from_schema =
      expectations.add("from-schema", "Write a JSON schema as a file of expectations",
                       run_expectations_from_schema, options);
  auto* check = expectations.add("check", "Hold JSON lines against expectations, in PostgreSQL",
                                 run_expectations_check, options);
  for (auto* command : {list, check}) {
    command
        ->add_option("--expectations", options->expectations,
                     "File of expectations (list: those that come with the program)")
        ->type_name("FILE");
  }
  for (auto* command : {list, results, check, from_schema})
    command->add_option("--dataset", options->dataset,
                        "Dataset: transfers, accounts, json.NAME ...");
  results->add_option("--expectation", options->expectation, "Only of this name")
      ->type_name("NAME");
  results->add_option("--file", options->file, kLoadedFileHelp)->type_name("FILE");
  results->add_flag("--broken", options->only_broken, "Only what was not met");
  results->add_option("--limit", options->limit, "At most so many (default: all)")->type_name("N");
  from_schema->add_option("schema", options->schema, "JSON schema, draft 4 to 7")
      ->required()
      ->type_name("FILE");
  from_schema
      ->add_option("--column-map", options->column_map,
                   "Column that holds a property, for a dataset of files; may be repeated")
      ->type_name("PROPERTY=COLUMN");
  check->add_option("--schema", options->schema, "JSON schema instead of expectations")
      ->type_name("FILE");
  check->add_option("file", options->file, "JSON lines, plain or .gz: an object a line")
      ->required()
      ->type_name("FILE");
}

void add_quarantine_commands(const CommandTree& aml) {
  const CommandTree quarantine = aml.group(
      "quarantine", "Rows that broke an expectation: look, fix, replay into silver, drop");
  const auto options = std::make_shared<QuarantineOptions>();
  auto* list =
      quarantine.add("list", "Open rows by dataset, reason and file", run_quarantine_list, options);
  auto* show = quarantine.add("show", "All that is known of a quarantined row", run_quarantine_show,
                              options);
  auto* fix = quarantine.add("fix", "Correct values; the row itself stays as it came",
                             run_quarantine_fix, options);
  auto* replay = quarantine.add("replay", "Try open rows again, with the expectations of today",
                                run_quarantine_replay, options);
  auto* drop = quarantine.add("drop", "Take a row that nobody needs out of those that wait",
                              run_quarantine_drop, options);
  for (auto* command : {list, replay}) {
    command->add_option("--reason", options->reason, "Only rows that break this expectation")
        ->type_name("NAME");
    command->add_option("--file", options->file, kLoadedFileHelp)->type_name("FILE");
  }
  for (auto* command : {list, show, fix, replay, drop})
    command->add_option("--dataset", options->dataset, "transfers, accounts, parties or fx_rates");
  for (auto* command : {show, fix, drop}) {
    command->add_option("row", options->place, "Where the row stood: id or path of its file, line")
        ->type_name("FILE:LINE")
        ->required(command != fix);
  }
  list->add_flag("--rows", options->rows, "The rows, with the columns of --dataset");
  fix->add_option("--set", options->set, "A corrected value; may be repeated")
      ->type_name("COLUMN=VALUE");
  fix->add_option("--from", options->from, "CSV with file, line and the columns that are corrected")
      ->type_name("FILE");
  add_expectations(*replay, options->expectations);
  drop->add_option("--reason", options->reason, "Why nobody needs it")->required();
}

}  // namespace

void add_quality_commands(const CommandTree& aml) {
  add_expectations_commands(aml);
  add_quarantine_commands(aml);
}

}  // namespace aml::cli
