// SPDX-License-Identifier: Apache-2.0
// A source file, typed: where rows come from that are read again and again. docs/sources.md tells
// what it holds.
#pragma once

#include <string>
#include <variant>

#include "store/kafka_source.hpp"
#include "store/table_source.hpp"

namespace aml::scenarios {

/// One of the kinds of sources.
using Source = std::variant<store::TableSource, store::KafkaSource>;

const std::string& name_of(const Source& source);

/// Throws: ScenarioError as parse_scenario(); of a connection no message shows any part, and one that
/// holds a password is refused, as a secret among properties is.
Source load_source(const std::string& file);

}  // namespace aml::scenarios
