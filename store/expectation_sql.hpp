// SPDX-License-Identifier: Apache-2.0
// Expectations as pieces of the statement that splits a dataset. For the sources of this folder
// only.
#pragma once

#include <string>
#include <vector>

#include "store/expectation.hpp"

namespace aml::store {

/// An SQL boolean over "typed" that is false for a row that breaks the expectation.
/// Requires: names_rows(expectation.condition). `stopping` are the checks and references that send
/// a row of the dataset to quarantine.
std::string row_condition(const Expectation& expectation, const std::vector<Expectation>& stopping);

/// The select list item that carries what an expectation about the whole file looks at, named
/// measured_<number>; empty if it only counts. Requires: !names_rows(expectation.condition).
std::string measured_column(const Expectation& expectation, std::size_t number);

/// A SELECT over "checked", with $1 the file: 'measured', number, 1 if it is met else 0, three nulls
/// in between as the other parts of the statement have, what was observed, what was expected.
std::string measure(const Expectation& expectation, std::size_t number);

}  // namespace aml::store
