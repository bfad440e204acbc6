// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <variant>

#include "cli/commands.hpp"

namespace aml::cli {

/// What the arguments ask for: global options and a call to one command, ready to be made.
struct CommandLine {
  GlobalOptions global;
  std::function<int()> command;
};

/// The command to run, or the exit code when there is none to run: 0 after --help and --version, 2
/// after a wrong usage, whose message was printed.
std::variant<CommandLine, int> parse_command_line(int argc, char** argv);

}  // namespace aml::cli
