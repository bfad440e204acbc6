// SPDX-License-Identifier: Apache-2.0
// What a load does with the columns of a file: records them, and gives unknown ones a place in
// silver. For the sources of this folder only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "store/input_format.hpp"
#include "store/load_transaction.hpp"

namespace aml::store {

/// Columns of the file that nothing uses and that no file of its dataset and format had before;
/// none if it is the first one.
std::vector<std::string> unseen_columns(LoadTransaction& transaction, const FilePlan& plan);

/// Records the columns and types of a file in aml.file_schemas.
/// Requires: a type for each column of the plan's header.
void record_columns(LoadTransaction& transaction, std::int64_t file_id, const FilePlan& plan,
                    const std::vector<std::string>& types);

/// Makes the columns that nothing uses columns of silver, those that are not yet, up to a hundred.
/// Returns their names there by their names in the file.
std::map<std::string, std::string> add_columns(LoadTransaction& transaction, std::int64_t file_id,
                                               const FilePlan& plan,
                                               const std::vector<std::string>& types);

/// Fills the columns that were added to silver for the rows that this file gave to it. Returns for
/// each how many values do not fit its type, if there are any.
/// Requires: the rows are in silver.
std::map<std::string, std::uint64_t> fill_added_columns(LoadTransaction& transaction,
                                                        std::int64_t file_id, const FilePlan& plan);

}  // namespace aml::store
