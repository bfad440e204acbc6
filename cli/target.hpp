// SPDX-License-Identifier: Apache-2.0
// Which database a command works on.
#pragma once

#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "store/connection.hpp"
#include "store/error.hpp"

namespace aml::cli {

/// --database, else AML_DATABASE_URL, else libpq's PG* variables if any is set, else the private
/// database of --dir; nullopt if it comes to that and it is not running.
std::optional<store::Target> find_target(const GlobalOptions& global);
/// The same. Throws: store::StoreError kUnreachable if there is none.
store::Target choose_target(const GlobalOptions& global);

/// An open connection to the chosen target, which is named on stderr with --verbose.
store::Connection connect(const GlobalOptions& global);
/// The same, with a schema of this program's version. Throws: StoreError kUnreachable otherwise.
store::Connection connect_ready(const GlobalOptions& global);

/// The error's words; if the database would not wait longer for a lock, also who holds it, as far as the server tells.
std::string explain(const store::StoreError& error, const GlobalOptions& global);

}  // namespace aml::cli
