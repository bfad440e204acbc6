// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/removal.hpp"
#include "cli/target.hpp"
#include "store/retention.hpp"

namespace aml::cli {

int run_erase(const GlobalOptions& global, const EraseOptions& options) {
  const bool is_party = !options.party.empty();
  if (is_party == !options.account.empty())
    throw std::invalid_argument("name either a party or an account: --party ID or --account ID");
  const auto subject = fmt::format("{} {}", is_party ? "party" : "account",
                                   is_party ? options.party : options.account);
  if (!options.dry_run &&
      !confirmed(fmt::format("Erase the data of {} for good, from all tables and all versions?",
                             printable(subject)),
                 options.yes)) {
    say("Nothing was erased.");
    return kUsage;
  }
  auto connection = connect_ready(global);
  const auto removed = store::erase(connection, {.kind = is_party ? "party" : "account",
                                                 .key = is_party ? options.party : options.account,
                                                 .reference = options.reference,
                                                 .reason = options.reason,
                                                 .override_duty = options.override_duty,
                                                 .dry_run = options.dry_run});
  print_removed(removed, global);
  say(options.dry_run
          ? "Nothing was erased: this was a dry run."
          : "The proof is in aml.erasures. Now free the bytes on disk, and see to backups, the "
            "write-ahead log and files outside the database: docs/operations.md, Erase.");
  return kOk;
}

}  // namespace aml::cli
