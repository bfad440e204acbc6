// SPDX-License-Identifier: Apache-2.0
// Expectations as pieces of the statement that splits a dataset. For the sources of this folder
// only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "store/expectation.hpp"

namespace aml::store {

/// Whether rows that break the expectation are not loaded.
bool stops_rows(const Expectation& expectation);

/// The statement with the numbers (from 1) of the expectations that a row of "typed" breaks, or null,
/// in its one marked place, NULL::integer[] AS broken, and more columns behind them.
/// Requires: names_rows() for each condition.
std::string with_broken_numbers(std::string_view statement,
                                const std::vector<Expectation>& expectations,
                                const std::string& more_columns = {});

/// The select list item that carries what an expectation about the whole file looks at, named
/// measured_<number>; empty if it only counts. Requires: !names_rows(expectation.condition).
std::string measured_column(const Expectation& expectation, std::size_t number);

/// A SELECT over "checked", with $1 the file: 'measured', number, 1 if it is met else 0, three nulls
/// in between as the other parts of the statement have, what was observed, what was expected.
std::string measure(const Expectation& expectation, std::size_t number);

}  // namespace aml::store
