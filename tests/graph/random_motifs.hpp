// SPDX-License-Identifier: Apache-2.0
// Random small banks and random motif queries about them, from a seed.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "graph/motif_query.hpp"
#include "graph/properties.hpp"
#include "graph/transfer_graph.hpp"
#include "tests/oracle/transfer_list.hpp"

namespace aml::graph::testing {

/// The seed of AML_SEED, or a new one; prints it.
std::uint64_t printed_seed();

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  int below(int end) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(end)); }
  bool chance(int percent) { return below(100) < percent; }
  template <typename T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))];
  }

 private:
  std::mt19937_64 engine_;
};

/// Few vertices, equal times, parallel transfers, self-loops, nulls, vertices nobody declared.
struct Bank {
  struct Account {
    std::string key;
    bool is_dangling = false;
    std::optional<std::string> country = {};
    std::optional<bool> is_company = {};
    std::optional<std::int64_t> risk_tenths = {};
  };
  struct Payment {
    oracle::Transfer transfer;
    std::string type;
    std::optional<std::string> note = {};
    std::optional<Micros> valued_at = {};
  };
  std::vector<Account> accounts;
  std::vector<Payment> payments;

  std::vector<std::string> keys() const;
  std::vector<oracle::Transfer> transfers() const;
};

Bank random_bank(Random& random);
TransferGraph graph_of(const Bank& bank);
/// Vertices: country text, is_company boolean, risk number. Edges: note text, valued_at time.
GraphProperties properties_of(const Bank& bank, const TransferGraph& graph);
PropertySchema bank_schema();

/// A query that parse_query() accepts, with at most 4 transfers in a branch.
MotifQueryText random_query(Random& random, MotifMode mode);
/// Everything that is set in the query, for a test's message.
std::string description(const MotifQueryText& query);

}  // namespace aml::graph::testing
