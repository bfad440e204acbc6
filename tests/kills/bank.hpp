// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of its own with a database of amlgraph in it, and the commands that work on it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "store/connection.hpp"
#include "tests/cli/process.hpp"

namespace aml::test {

class Bank {
 public:
  /// Starts a server with the settings of production but fsync, and initialises the database.
  explicit Bank(const std::string& name);
  ~Bank();  ///< stops the server and deletes it
  Bank(const Bank&) = delete;
  Bank& operator=(const Bank&) = delete;

  /// The server takes connections when this returns, whatever became of it before.
  void bring_back() const;
  pid_t server() const;

  pid_t start(const std::vector<std::string>& command) const;
  Ended run(const std::vector<std::string>& command) const;
  std::string log() const;  ///< what the command that was started last has said

  /// One text for each row, its columns joined by '|'. Waits while the server restarts.
  std::vector<std::string> query(const std::string& sql) const;
  std::string value(const std::string& sql) const;  ///< of one row and column

  store::Connection connect() const;  ///< waits as query() does
  std::string folder() const { return files_.path(); }
  std::string inbox() const { return files_.path("inbox"); }  ///< for `aml watch`

 private:
  std::vector<std::string> arguments(const std::vector<std::string>& command) const;

  TemporaryFolder files_;
  std::string cluster_;
  store::Target target_;
};

}  // namespace aml::test
