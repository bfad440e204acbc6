// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's own programs on this machine. Internal to store/.
#pragma once

#include <string>

#include "store/cluster_places.hpp"

namespace aml::store::cluster {

struct Programs {
  std::string initdb;
  std::string postgres;
  int major_version = 0;
};

/// Those that made the data, or the newest if there are none yet.
/// Throws: StoreError kUnreachable if they are not installed.
Programs find_programs(const Places& places);

}  // namespace aml::store::cluster
