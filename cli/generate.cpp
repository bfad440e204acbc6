// SPDX-License-Identifier: Apache-2.0

#include "cli/commands.hpp"
#include "cli/console.hpp"

namespace aml::cli {

int run_generate(const GlobalOptions& global, const GenerateOptions& options) {
  Stage stage("generate data");
  const auto data = scenarios::generate(options.out, options.data);
  stage.done(options.out);
  Table table{{"parties", "accounts", "transfers", "planted_instances", "planted_transfers"}, {}};
  table.rows.push_back({data.parties, data.accounts, data.transfers, data.planted_instances,
                        data.planted_transfers});
  print(table, effective_format(global.format));
  return kOk;
}

}  // namespace aml::cli
