// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/removal.hpp"
#include "cli/target.hpp"
#include "store/retention.hpp"

namespace aml::cli {

int run_prune(const GlobalOptions& global, const PruneOptions& options) {
  if (!options.dry_run &&
      !confirmed(fmt::format("Drop for good what only versions older than {} years need?",
                             options.keep_years),
                 options.yes)) {
    say("Nothing was dropped.");
    return kUsage;
  }
  auto connection = connect_ready(global);
  const auto removed = store::prune(connection, {.keep_years = options.keep_years,
                                                 .override_duty = options.override_duty,
                                                 .dry_run = options.dry_run});
  print_removed(removed, global);
  if (removed.empty()) {
    say("Nothing is that old.");
  } else if (options.dry_run) {
    say("Nothing was dropped: this was a dry run.");
  } else {
    say(
        fmt::format("The oldest version that can be read is {}. Autovacuum gives the space to new "
                    "rows.",
                    store::retention_facts(connection).oldest_version));
  }
  return kOk;
}

}  // namespace aml::cli
