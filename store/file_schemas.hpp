// SPDX-License-Identifier: Apache-2.0
// Which columns loaded files had.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/connection.hpp"

namespace aml::store {

/// A column of a list of columns that files had.
struct FileColumn {
  std::int64_t schema_id = 0;  ///< of the list; columns of one list stand together, in their order
  std::string dataset;
  std::string format;
  std::int64_t position = 0;  ///< in the file, from 1
  std::string name;           ///< as the first such file names it
  std::string type;           ///< what its values look like, see aml.file_schemas
  std::string added_as;       ///< its column of silver, if a load added one
  std::string first_seen_in;  ///< path
  std::string first_seen_at;  ///< in UTC
  std::int64_t files = 0;     ///< that had exactly these columns
};

/// Columns of all files, those of the newest list first; at most `limit`, 0: all.
std::vector<FileColumn> list_file_columns(Connection& connection, int limit);

}  // namespace aml::store
