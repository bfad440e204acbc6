// SPDX-License-Identifier: Apache-2.0
#include "reports/report.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/target.hpp"

namespace aml::cli {

int run_report(const GlobalOptions& global, const ReportOptions& options) {
  auto connection = connect_ready(global);
  Stage stage("write report");
  const auto written = reports::write_report(
      connection, options.out, {.run_id = options.run, .max_stories = options.stories});
  stage.done(fmt::format("run {}: {} alerts, {} told in full: {}", written.run_id,
                         human_count(static_cast<std::uint64_t>(written.alerts)),
                         human_count(static_cast<std::uint64_t>(written.stories)), options.out));
  return kOk;
}

}  // namespace aml::cli
