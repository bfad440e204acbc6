// SPDX-License-Identifier: Apache-2.0
// Who keeps others from working.
#pragma once

#include <string>
#include <vector>

#include "store/connection.hpp"

namespace aml::store {

enum class HeldLock {
  kOfLoadsAndRuns,  ///< the one that RunLock takes
  kAny,  ///< and those of migrations and versions, and every table that others may not write or read
};

/// A clause for each other session that holds such a lock, the oldest first: server process, user, client, since when, what it holds.
/// Throws: StoreError if the server does not answer.
std::vector<std::string> lock_holders(Connection& connection, HeldLock which);

}  // namespace aml::store
