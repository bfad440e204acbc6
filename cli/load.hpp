// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cli/commands.hpp"
#include "scenarios/source_file.hpp"
#include "store/ingest.hpp"

namespace aml::cli {

/// Loads with a progress line; what became of each file. Shared by load and demo.
std::vector<store::FileOutcome> load_with_progress(store::Connection& connection,
                                                   const LoadOptions& options);

/// The rows that the source has not given before, with a progress line. A quiet look, which says
/// nothing if there is none, is for those who look again and again.
store::FileOutcome load_source_with_progress(store::Connection& connection,
                                             const scenarios::Source& source,
                                             const LoadOptions& options, bool is_quiet);

/// Says what became of each file: errors, warnings, news.
void explain_outcomes(const std::vector<store::FileOutcome>& files);

}  // namespace aml::cli
