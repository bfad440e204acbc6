// SPDX-License-Identifier: Apache-2.0
// Programs started with explicit arguments, no shell, no inherited descriptors, optionally as
// another user.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace aml::store {

struct SystemUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

/// Throws: StoreError kUnreachable if there is no such user.
SystemUser system_user(const std::string& name);
SystemUser system_user(uid_t uid);

struct Command {
  std::vector<std::string> arguments;  ///< the first is the program's path
  std::optional<SystemUser> as_user;   ///< only root can become another
  std::string log_file;  ///< standard output and error are appended to it; created with mode 0600
  int inherited_descriptor = -1;  ///< the child gets it as descriptor 3; -1: none
};

/// Runs the program to its end and returns its exit status; 128 + n if signal n ended it.
/// Throws: std::system_error if it cannot be started.
int run_to_end(const Command& command);

/// Starts the program in a session of its own, away from our terminal and its signals, as a child
/// of init. Returns its pid. Throws: std::system_error if it cannot be started.
pid_t start_detached(const Command& command);

/// What the program, looked up in PATH, writes to standard output; empty if it cannot be started or
/// fails.
std::string output_of(const std::vector<std::string>& arguments);

/// True if the user could reach files inside the directory.
bool can_enter(const SystemUser& user, const std::string& directory);

}  // namespace aml::store
