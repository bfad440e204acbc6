// SPDX-License-Identifier: Apache-2.0
// What was made from what, for a data catalogue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aml::reports {

/// A table or a file that is read or written.
struct LineageDataset {
  std::string space;  ///< "postgres://host:port", "file"
  std::string name;   ///< "database.schema.table", the path of a file
  std::optional<std::int64_t> rows = {};
};

/// A load or a run as OpenLineage has it: one event at its start, one at its end, under one random id.
class LineageRun {
 public:
  enum class End { kComplete, kFail, kAbort };

  /// `job`: "aml.load", "aml.run". Events are added to `file`, one a line, which only its owner may read.
  /// Throws: std::system_error with the path and the reason.
  LineageRun(std::string file, std::string job, std::string program_version,
             std::vector<LineageDataset> inputs);

  /// `error`: what went wrong, for kFail. Requires: called once. Throws: as above.
  void end(End how, const std::vector<LineageDataset>& outputs,
           const std::string& error = {}) const;

 private:
  void add(const char* type, const std::vector<LineageDataset>& outputs,
           const std::string& error) const;

  std::string file_;
  std::string job_;
  std::string producer_;
  std::string id_;
  std::vector<LineageDataset> inputs_;
};

}  // namespace aml::reports
