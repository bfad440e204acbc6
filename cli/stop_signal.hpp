// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace aml::cli {

/// As long as one lives, the first Ctrl-C or SIGTERM asks the work to stop at the next boundary and the second one ends the
/// program. They may be nested: what was asked of the outer one is asked of all.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  static bool requested();
  /// Waits so long, or until a stop is requested. Returns: requested().
  static bool wait_for(std::chrono::milliseconds duration);
};

}  // namespace aml::cli
