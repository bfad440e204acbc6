// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "store/connection.hpp"

namespace aml::cli {

/// Puts the metrics of the database into a file that its owner and its group may read, whole at any moment.
void write_metrics(store::Connection& connection, const std::string& file);

}  // namespace aml::cli
