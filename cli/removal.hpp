// SPDX-License-Identifier: Apache-2.0
// What commands share that take something away for good.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "store/retention.hpp"

namespace aml::cli {

/// True if `yes`, or if whoever sits at the terminal answers y or yes.
bool confirmed(const std::string& question, bool yes);

void print_removed(const std::vector<store::RemovedRows>& removed, const GlobalOptions& global);

}  // namespace aml::cli
