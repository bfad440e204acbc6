// SPDX-License-Identifier: Apache-2.0
// The scenario report: one self-contained HTML file made from gold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/connection.hpp"

namespace aml::reports {

struct ReportOptions {
  std::optional<std::int64_t>
      run_id;  ///< what this run found; absent: gold as it stands, with the run that found what
  int max_stories = 200;  ///< alerts told in full, the most severe first; all are in the tables
};

struct WrittenReport {
  std::int64_t run_id = 0;  ///< of gold as it stands: the newest
  std::int64_t alerts = 0;
  std::int64_t stories = 0;
};

/// Writes the report to a file with mode 0600. The same gold gives the same bytes.
/// Throws: std::invalid_argument if there is no such run; std::system_error with the path if it
/// cannot be written; store::StoreError for what the server says.
WrittenReport write_report(store::Connection& connection, const std::string& out,
                           const ReportOptions& options);

}  // namespace aml::reports
