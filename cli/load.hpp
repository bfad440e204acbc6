// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/commands.hpp"
#include "store/ingest.hpp"
#include "store/table_source.hpp"
#include "store/topic_reader.hpp"

namespace aml::cli {

/// Loads with a progress line; what became of each file. Shared by load and demo.
std::vector<store::FileOutcome> load_with_progress(store::Connection& connection,
                                                   const LoadOptions& options);

/// A source as a command reads it again and again.
struct OpenSource {
  std::string name;
  std::variant<store::SourceTable, store::TopicReader> reader;
};
OpenSource open_source(const std::string& file, const LoadOptions& options);

/// Loads the rows that the source has not given before, with a progress line. A quiet load, for those
/// who look again and again, waits for nothing, and leaves no line and no lineage event if there is
/// nothing new.
store::FileOutcome load_source_with_progress(store::Connection& connection, OpenSource& open,
                                             const LoadOptions& options, bool is_quiet);

/// Says what became of each file: errors, warnings, news.
void explain_outcomes(const std::vector<store::FileOutcome>& files);

}  // namespace aml::cli
