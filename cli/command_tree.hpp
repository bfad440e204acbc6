// SPDX-License-Identifier: Apache-2.0
// Where commands and their options are added. Only the files of the option tree include it: CLI11
// costs seconds of compile time for each.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace aml::cli {

using Command = std::function<int(const GlobalOptions&)>;

/// A command that has subcommands, and the place for the call to the one that is asked for.
class CommandTree {
 public:
  /// `heading` stands above the subcommands in the help.
  CommandTree(CLI::App& app, Command& chosen, const char* heading = "Subcommands")
      : app_(app), chosen_(chosen), heading_(heading) {}

  /// A subcommand that needs a subcommand of its own.
  CommandTree group(const char* name, const char* help) const {
    auto* group = subcommand(name, help);
    group->require_subcommand(1);
    return {*group, chosen_};
  }

  /// A subcommand that runs with the options, to which its own are bound.
  template <typename Options>
  CLI::App* add(const char* name, const char* help,
                int (*run)(const GlobalOptions&, const Options&),
                const std::shared_ptr<Options>& options) const {
    auto* command = subcommand(name, help);
    command->callback([&chosen = chosen_, run, options] {
      chosen = [run, options](const GlobalOptions& global) { return run(global, *options); };
    });
    return command;
  }

  CLI::App* add(const char* name, const char* help, int (*run)(const GlobalOptions&)) const {
    auto* command = subcommand(name, help);
    command->callback([&chosen = chosen_, run] { chosen = run; });
    return command;
  }

 private:
  CLI::App* subcommand(const char* name, const char* help) const {
    return app_.add_subcommand(name, help)->group(heading_);
  }

  CLI::App& app_;
  Command& chosen_;
  const char* heading_;
};

// The commands, by what they are about: each in the file of its name.
void add_data_commands(const CommandTree& aml);
void add_quality_commands(const CommandTree& aml);
void add_run_commands(const CommandTree& aml);
void add_reading_commands(const CommandTree& aml);
void add_keeping_commands(const CommandTree& aml);
void add_graph_commands(const CommandTree& aml);
void add_model_commands(const CommandTree& aml);
void add_setup_commands(const CommandTree& aml);

// Options that several commands have.
void add_generator_options(CLI::App& command, scenarios::GeneratorParams& params);
void add_lineage(CLI::App& command, std::string& file);
CLI::Option* add_sources(CLI::App& command, std::vector<std::string>& files);
void add_expectations(CLI::App& command, std::string& file);
void add_schema_evolution(CLI::App& command, std::string& choice);

}  // namespace aml::cli
