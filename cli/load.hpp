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

/// Loads the rows that the source has not given before, with a progress line. A quiet load, for those
/// who look again and again, leaves no line and no lineage event if there is nothing new.
store::FileOutcome load_source_with_progress(store::Connection& connection,
                                             const scenarios::Source& source,
                                             const LoadOptions& options, bool is_quiet);

/// Says what became of each file: errors, warnings, news.
void explain_outcomes(const std::vector<store::FileOutcome>& files);

}  // namespace aml::cli
