// SPDX-License-Identifier: Apache-2.0
// The AMLSim data with 12,043 accounts that may lie beside the repository.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/oracle/transfer_list.hpp"

namespace aml::amlsim {

std::string folder();
bool is_there();

/// All transfers, amounts in cents.
std::vector<oracle::Transfer> transfers();
/// The transfer keys of each labelled instance of a type such as "scatter_gather".
std::vector<std::set<std::string>> labelled(const std::string& type);

}  // namespace aml::amlsim
