// SPDX-License-Identifier: Apache-2.0
// What must be the same in two banks that were given the same files, and what must hold in one that nobody works in.
#pragma once

#include <string>
#include <vector>

#include "tests/kills/bank.hpp"

namespace aml::test {

/// What differs, a sentence for each table; empty if nothing does. Every table of bronze, silver, quarantine and gold but those left out
/// is compared row by row, with its provenance by the content of the file, and the ledger of files. Numbers of files, runs and versions
/// and times of work are no part of it: they tell how often something was tried. Nor are the folders that files lay in.
std::vector<std::string> differences(const Bank& expected, const Bank& found,
                                     const std::vector<std::string>& left_out = {});

/// What differs in the past: the versions of transfers and alerts, one after the other, without those that changed nothing.
std::vector<std::string> differences_in_history(const Bank& expected, const Bank& found);

/// What does not hold: a row without its file or version, a run without an end, a session, lock, temporary object or file that was left.
std::vector<std::string> remains(const Bank& bank);

}  // namespace aml::test
