// SPDX-License-Identifier: Apache-2.0
// Runs the aml program as a user would.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace aml::test {

struct Ended {
  int exit_code = 0;  ///< -signal if a signal ended it
  std::string out;    ///< what it wrote to stdout
  std::string err;    ///< what it wrote to stderr
};

/// Runs aml with the arguments and extra environment ("NAME=value") and waits for its end. PG*
/// variables and AML_DATABASE_URL of the caller are not passed on.
Ended run_aml(const std::vector<std::string>& arguments,
              const std::vector<std::string>& environment = {});

/// The same with stdout to a file of the caller's, or closed if none is named.
Ended run_aml_into(const std::string& out, const std::vector<std::string>& arguments);

/// Starts aml with its output thrown away, but for what it writes to stderr if a file is named; the
/// caller waits for it.
pid_t start_aml(const std::vector<std::string>& arguments, const std::string& err = "/dev/null",
                const std::vector<std::string>& environment = {});
/// Waits; exit code, or -signal.
int wait_for(pid_t child);

/// Looks again and again until the condition holds; false after two minutes: a sanitizer on a busy machine is slow.
bool becomes_true(const std::function<bool()>& condition);

/// The bytes of a file; none if it is not there.
std::string content_of(const std::string& path);

/// A folder of its own below the system's temporary directory, deleted at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path(const std::string& name = {}) const;
  /// Writes a file into the folder and returns its path.
  std::string write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

}  // namespace aml::test
