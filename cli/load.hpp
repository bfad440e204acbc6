// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cli/commands.hpp"
#include "store/ingest.hpp"

namespace aml::cli {

/// Loads with a progress line; what became of each file. Shared by load and demo.
std::vector<store::FileOutcome> load_with_progress(store::Connection& connection,
                                                   const LoadOptions& options);

/// Says what became of each file: errors, warnings, news.
void explain_outcomes(const std::vector<store::FileOutcome>& files);

}  // namespace aml::cli
