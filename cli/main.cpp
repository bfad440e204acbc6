// SPDX-License-Identifier: Apache-2.0
// aml: parses, calls one command, catches once, and turns what went wrong into a message and an
// exit code.

#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/table.hpp"
#include "cli/target.hpp"
#include "scenarios/scenario.hpp"
#include "store/error.hpp"

namespace {

int exit_code(aml::store::StoreFailure failure) {
  using aml::store::StoreFailure;
  switch (failure) {
    case StoreFailure::kUnreachable:
      return aml::cli::kUnreachable;
    case StoreFailure::kRefusedData:
      return aml::cli::kRefusedData;
    case StoreFailure::kLocked:
      return aml::cli::kLocked;
    case StoreFailure::kStatement:
      return aml::cli::kFailed;
  }
  return aml::cli::kFailed;
}

int call(const aml::cli::CommandLine& line) {
  using aml::cli::complain;
  using aml::cli::flush_stdout;
  try {
    const int code = line.command();
    flush_stdout();
    return code;
  } catch (const aml::store::StoreError& error) {
    complain(aml::cli::explain(error, line.global));
    return exit_code(error.failure());
  } catch (const aml::scenarios::ScenarioError& error) {
    complain(error.what());
    return aml::cli::kUsage;
  } catch (const std::invalid_argument& error) {
    complain(error.what());
    return aml::cli::kUsage;
  } catch (const std::bad_alloc&) {
    complain("out of memory; `aml run --dry-run` estimates what a run needs");
    return aml::cli::kFailed;
  } catch (const std::system_error& error) {
    // What prints does not say where to.
    complain(std::ferror(stdout) != 0 ? "cannot write to stdout: " + error.code().message()
                                      : error.what());
    return aml::cli::kFailed;
  } catch (const std::exception& error) {
    complain(error.what());
    return aml::cli::kFailed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  aml::cli::keep_standard_streams_apart();
  const auto parsed = aml::cli::parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& line = std::get<aml::cli::CommandLine>(parsed);
  aml::cli::set_up_console(line.global.verbosity, line.global.no_color);
  return call(line);
}
