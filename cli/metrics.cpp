// SPDX-License-Identifier: Apache-2.0
#include "cli/metrics.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/target.hpp"
#include "reports/private_file.hpp"
#include "store/open_metrics.hpp"

namespace aml::cli {

void write_metrics(store::Connection& connection, const std::string& file) {
  constexpr mode_t kReadableForCollector = 0640;  // it runs as another user, in the file's group
  reports::write_private_file(file, store::open_metrics(connection), kReadableForCollector);
}

int run_metrics(const GlobalOptions& global, const std::string& out) {
  auto connection = connect_ready(global);
  if (out.empty()) {
    fmt::print("{}", store::open_metrics(connection));
  } else {
    write_metrics(connection, out);
  }
  return kOk;
}

}  // namespace aml::cli
