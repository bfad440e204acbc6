// SPDX-License-Identifier: Apache-2.0
// Who may do what: the plan of rights held against what is granted, and made true. docs/access.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/connection.hpp"

namespace aml::store {

/// The rights of one role on one kind of object in one schema, in words. Granted: each right with the
/// number of objects. Missing and beyond: each right with their names.
struct RoleAccess {
  std::string role;  ///< PUBLIC: everybody
  std::string kind;  ///< role, membership, database, schema, table, sequence, function
  std::string schema;
  std::string granted, missing, beyond;
};
/// Every role that has a right in our schemas, whether or not it is one of ours.
std::vector<RoleAccess> list_access(Connection& connection);

struct AccessCounts {
  bool is_applied = false;   ///< the plan was applied to this database
  std::int64_t missing = 0;  ///< rights of the plan
  std::int64_t beyond = 0;   ///< rights that our roles or everybody has beside it
  std::int64_t by_hand = 0;  ///< rights of roles that are not ours
};
AccessCounts count_access(Connection& connection);

/// The statements that make the plan true, in order; none if it is.
std::vector<std::string> access_statements(Connection& connection);

/// Makes the plan true, in one transaction, and returns the statements that did it.
/// Throws: StoreError kStatement if the user may not; then nothing has changed.
std::vector<std::string> apply_access(Connection& connection);

}  // namespace aml::store
