// SPDX-License-Identifier: Apache-2.0
// What a bank delivers day after day: made-up files in several formats, some rows of them broken.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace aml::test {

struct Delivery {
  std::string folder;       ///< for `aml load`
  std::string corrections;  ///< for `aml quarantine fix --from`: of most broken rows in folder
  std::vector<std::string>
      waves;  ///< files for a watched folder: much at first, then a little at a time
};

/// Writes so many deliveries below the folder; together they are one bank of `scenarios::generate`, its laundering spread over all
/// of them. A file is CSV or JSON lines, plain or gzip. One row in 20 is broken; some rows come twice; a file of an earlier
/// delivery comes again under another name; one file grows from delivery to delivery.
std::vector<Delivery> write_deliveries(const std::string& folder, int deliveries,
                                       std::mt19937& random);

}  // namespace aml::test
