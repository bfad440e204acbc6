// SPDX-License-Identifier: Apache-2.0
// Graphs for which others have published what the algorithms must answer.
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/transfer_list.hpp"

namespace aml::graph::testing {

/// GraphFrames' Graphs.twoBlobs(size): 0 .. size - 1 all paired, size .. 2 size - 1 likewise, and one
/// transfer from 0 to size.
inline std::vector<oracle::Transfer> two_blobs(int size) {
  std::vector<oracle::Transfer> transfers;
  for (const int first : {0, size}) {
    for (int a = first; a < first + size; ++a) {
      for (int b = a + 1; b < first + size; ++b)
        transfers.push_back({std::to_string(a), std::to_string(b)});
    }
  }
  transfers.push_back({"0", std::to_string(size)});
  return transfers;
}

/// The directed example of LDBC Graphalytics (ldbc/ldbc_graphalytics, Apache-2.0, validation-graphs).
inline std::vector<oracle::Transfer> ldbc_example() {
  return {{"1", "3"}, {"1", "5"}, {"2", "4"},  {"2", "5"}, {"2", "10"}, {"3", "1"},
          {"3", "5"}, {"3", "8"}, {"3", "10"}, {"5", "3"}, {"5", "4"},  {"5", "8"},
          {"6", "3"}, {"6", "4"}, {"7", "4"},  {"8", "1"}, {"9", "4"}};
}

}  // namespace aml::graph::testing
