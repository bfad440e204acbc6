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

// The validation graphs of LDBC Graphalytics (ldbc/ldbc_graphalytics, Apache-2.0,
// graphalytics-validation).

/// example-directed: vertices 1 .. 10.
inline std::vector<oracle::Transfer> ldbc_directed() {
  return {{"1", "3"}, {"1", "5"}, {"2", "4"},  {"2", "5"}, {"2", "10"}, {"3", "1"},
          {"3", "5"}, {"3", "8"}, {"3", "10"}, {"5", "3"}, {"5", "4"},  {"5", "8"},
          {"6", "3"}, {"6", "4"}, {"7", "4"},  {"8", "1"}, {"9", "4"}};
}

/// example-undirected: vertices 2 .. 10, each edge once.
inline std::vector<oracle::Transfer> ldbc_undirected() {
  return {{"2", "3"}, {"2", "4"}, {"3", "4"}, {"3", "5"}, {"3", "8"},  {"5", "6"},
          {"5", "8"}, {"6", "7"}, {"6", "8"}, {"6", "9"}, {"6", "10"}, {"7", "9"}};
}

/// wcc/dir: vertices 1 .. 9, of which 5 is isolated.
inline std::vector<oracle::Transfer> ldbc_components() {
  return {{"1", "2"}, {"1", "3"}, {"2", "1"}, {"2", "3"}, {"2", "4"},
          {"4", "2"}, {"6", "7"}, {"6", "8"}, {"7", "6"}, {"9", "3"}};
}

/// cdlp/dir: vertices 1 .. 8.
inline std::vector<oracle::Transfer> ldbc_communities() {
  return {{"1", "2"}, {"1", "3"}, {"1", "7"}, {"2", "1"}, {"2", "3"}, {"3", "1"},
          {"3", "2"}, {"4", "5"}, {"4", "6"}, {"5", "4"}, {"5", "6"}, {"5", "7"},
          {"6", "5"}, {"6", "7"}, {"7", "5"}, {"7", "6"}, {"7", "8"}, {"8", "6"}};
}

}  // namespace aml::graph::testing
