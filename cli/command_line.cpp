// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "cli/command_tree.hpp"
#include "cli/console.hpp"
#include "cli/version.hpp"
#include "store/edit_distance.hpp"

namespace aml::cli {
namespace {

struct OutputOptions {
  std::string format;
  bool quiet = false;
  bool verbose = false;
};

/// How far the words name commands.
struct NamedCommand {
  const CLI::App* command;
  std::string path;          ///< "aml list"
  std::string unknown_word;  ///< the first word that names none of its subcommands; may be empty
};

/// A long option of the program or the command, with or without its value behind "=".
bool is_option(const CLI::App& app, const CLI::App& command, const std::string& word) {
  const auto name = word.substr(0, word.find('='));
  return app.get_option_no_throw(name) != nullptr || command.get_option_no_throw(name) != nullptr;
}

NamedCommand named_command(const CLI::App& app, int argc, char** argv) {
  NamedCommand named{&app, app.get_name(), {}};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (const auto* option = app.get_option_no_throw(word);
        option != nullptr && option->get_expected_min() > 0) {
      ++i;  // the next word is its value
      continue;
    }
    const auto subcommands = named.command->get_subcommands({});
    if (subcommands.empty()) break;
    const auto found = std::ranges::find(subcommands, word, &CLI::App::get_name);
    if (found != subcommands.end()) {
      named = {*found, named.path + ' ' + word, {}};
    } else if (word.starts_with("--") && !is_option(app, *named.command, word)) {
      break;  // it is what is wrong, not its value
    } else if (!word.starts_with('-')) {
      named.unknown_word = word;
      break;
    }
  }
  return named;
}

/// What was meant by a word that names no command, or which commands there are.
std::string suggestion(const NamedCommand& named) {
  std::string best;
  std::string all;
  std::size_t best_distance = 3;
  for (const auto* command : named.command->get_subcommands({})) {
    all += (all.empty() ? "" : ", ") + command->get_name();
    const auto distance = store::edit_distance(named.unknown_word, command->get_name());
    if (distance < best_distance) {
      best = command->get_name();
      best_distance = distance;
    }
  }
  return best.empty() ? " There are: " + all + "." : " Did you mean '" + best + "'?";
}

void add_global_options(CLI::App& app, GlobalOptions& global, OutputOptions& options) {
  app.add_option("-d,--database", global.database,
                 "Database name, conninfo or URI (default: AML_DATABASE_URL, PG* variables, "
                 "private database)")
      ->type_name("TARGET");
  app.add_option("--dir", global.directory, "Where the private database lives")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--format", options.format,
                 "Output as table, csv or json (default: table on a terminal, else csv; explain "
                 "and demo tell stories)")
      ->check(CLI::IsMember({"table", "csv", "json"}));
  app.add_flag("-q,--quiet", options.quiet, "Only warnings and errors on stderr");
  app.add_flag("-v,--verbose", options.verbose, "Say more on stderr");
  app.add_flag("--no-color", global.no_color, "No colour (also: NO_COLOR)");
}

std::optional<Format> format_of(const std::string& name) {
  if (name == "table") return Format::kTable;
  if (name == "csv") return Format::kCsv;
  if (name == "json") return Format::kJson;
  return std::nullopt;
}

/// An empty argument is a shell variable that was not set. Taken for "not given" it would be another database, or all data.
void refuse_empty_arguments(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (*argv[i] == '\0')
      throw CLI::ValidationError(
          fmt::format("argument {} is empty, as is a variable of the shell that is not set", i));
  }
}

/// CLI11 ends wrong usage with codes of its own; ours is 2 for all of them.
int report_usage(const CLI::App& app, const CLI::ParseError& error, const NamedCommand& named) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
  set_up_console(Verbosity::kNormal, false);
  std::string what = std::string(error.what()) + ".";
  if (!named.unknown_word.empty()) {
    what =
        "There is no command '" + named.path + ' ' + named.unknown_word + "'." + suggestion(named);
  }
  complain(what + "\n  see:  " + named.path + " --help");
  return kUsage;
}

}  // namespace

std::variant<CommandLine, int> parse_command_line(int argc, char** argv) {
  CLI::App app{"amlgraph: finds money laundering in payment data", "aml"};
  app.footer(
      "Start with:\n"
      "  aml demo                               the two-minute tour on made-up data\n"
      "  aml db start; aml load transfers.csv; aml run\n"
      "  aml -d postgresql:///bank run          your own server");
  app.set_version_flag("--version", std::string("aml ") + kVersion);
  app.require_subcommand(1);
  app.fallthrough();
  GlobalOptions global;
  OutputOptions output;
  add_global_options(app, global, output);
  Command chosen;
  add_setup_commands({app, chosen, "Set-up"});
  const CommandTree data(app, chosen, "Data");
  add_data_commands(data);
  add_quality_commands(data);
  add_run_commands({app, chosen, "Runs"});
  add_reading_commands({app, chosen, "Findings"});
  add_keeping_commands({app, chosen, "Versions and access"});
  const CommandTree models(app, chosen, "Graphs and models");
  add_graph_commands(models);
  add_model_commands(models);
  if (argc == 1) {
    std::fputs(app.help().c_str(), stdout);
    return kOk;
  }
  try {
    refuse_empty_arguments(argc, argv);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error, named_command(app, argc, argv));
  }
  global.format = format_of(output.format);
  if (output.quiet) global.verbosity = Verbosity::kQuiet;
  if (output.verbose) global.verbosity = Verbosity::kVerbose;
  return CommandLine{global, [chosen, global] { return chosen(global); }};
}

}  // namespace aml::cli
