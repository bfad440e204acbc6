// SPDX-License-Identifier: Apache-2.0
// Pregel against the cases and expected values of GraphFrames' PregelSuite and
// AggregateMessagesSuite, one test for each.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/pregel.hpp"
#include "tests/graph/small_graphs.hpp"
#include "tests/graph/small_programs.hpp"

namespace aml::graph {
namespace {

using testing::AmountsToPayee;
using testing::AmountsToPayer;
using testing::graph_of;
using testing::LargestDownstream;
using testing::LargestProgram;
using testing::LargestUpstream;
using testing::received;
using testing::SumProgram;
using testing::Value;

TransferGraph chain(int first, int last) {
  std::vector<testing::Transfer> transfers;
  for (int v = first; v < last; ++v)
    transfers.push_back({std::to_string(v), std::to_string(v + 1)});
  return graph_of(transfers);
}

struct PageRankProgram {
  using State = double;
  using Message = double;
  const TransferGraph& graph;
  void along(const Triplet<double>& transfer, auto& send) const {
    send(transfer.payer_state / static_cast<double>(graph.out_edges(transfer.payer).size()));
  }
  void combine(double& sum, double message) const { sum += message; }
  double update(double, const double* sum, auto&) const {
    return (sum == nullptr ? 0 : *sum) * 0.85 + 0.15 / graph.num_vertices();
  }
};

TEST(PregelSuite, PageRank) {
  const TransferGraph graph = graph_of(
      {{"0", "1"}, {"1", "2"}, {"2", "4"}, {"2", "0"}, {"3", "4"}, {"4", "0"}, {"4", "2"}});
  const auto result =
      run_pregel(graph, PageRankProgram{graph}, std::vector<double>(5, 0.2), {.max_supersteps = 5});
  const std::vector<double> expected = {0.245133, 0.224220, 0.303287, 0.03, 0.197361};
  double sum = 0;
  for (std::size_t v = 0; v < expected.size(); ++v) {
    EXPECT_NEAR(result.states[v], expected[v], 1e-6);
    sum += result.states[v];
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_EQ(result.supersteps, 5);
  EXPECT_EQ(result.end, PregelEnd::kMaxSupersteps);
}

TEST(PregelSuite, ChainMax) {
  const std::vector<int> ones(5, 1);
  const auto four =
      run_pregel(chain(1, 5), LargestUpstream{}, {1, 0, 0, 0, 0}, {.max_supersteps = 4});
  EXPECT_EQ(four.states, ones);
  EXPECT_EQ(four.supersteps, 4);
}

/// Sends only what the payee does not have yet, so that messages end.
struct News : LargestProgram {
  void along(const Triplet<int>& transfer, auto& send) const {
    if (transfer.payer_state > transfer.payee_state) send(transfer.payer_state);
  }
};

TEST(PregelSuite, ChainMaxWithEarlyStopping) {
  const auto result = run_pregel(chain(1, 5), News{}, {1, 0, 0, 0, 0},
                                 {.max_supersteps = 1000, .stop_without_messages = true});
  EXPECT_EQ(result.states, std::vector<int>(5, 1));
  EXPECT_EQ(result.supersteps, 4);
  EXPECT_EQ(result.end, PregelEnd::kNoMessages);
}

TEST(PregelSuite, ReversedChainMaxToThePayer) {
  const auto result =
      run_pregel(chain(1, 5), LargestDownstream{}, {0, 0, 0, 0, 1}, {.max_supersteps = 4});
  EXPECT_EQ(result.states, std::vector<int>(5, 1));
}

/// Adds the last message to what it holds; holding nothing is holding 0.
struct NullableProgram {
  using State = std::optional<int>;
  using Message = int;
  void along(const Triplet<State>&, auto& send) const { send(1); }
  void combine(int& last, int message) const { last = message; }
  State update(const State& old, const int* last, auto&) const {
    return last == nullptr ? old : State(old.value_or(0) + *last);
  }
};

TEST(PregelSuite, NullableInitialValue) {
  const TransferGraph graph = graph_of({{"1", "2"}, {"2", "3"}, {"3", "4"}, {"4", "1"}});
  const auto result = run_pregel(graph, NullableProgram{}, {1, std::nullopt, 1, std::nullopt},
                                 {.max_supersteps = 1});
  EXPECT_EQ(result.states, (std::vector<std::optional<int>>{2, 1, 2, 1}));
}

TEST(PregelSuite, SkipMessagesFromInactive) {
  const auto result = run_pregel(
      chain(1, 5), LargestUpstream{}, {1, 0, 0, 0, 0},
      {.max_supersteps = 4, .stop_when_all_halted = true, .skip_messages_from_halted = true});
  // 1 gets no message, so it votes in the first superstep and sends only in that one.
  EXPECT_EQ(result.states, std::vector<int>(5, 1));
}

TEST(PregelSuite, ToPayerEdgeColumnOnly) {
  const TransferGraph graph =
      graph_of({{"1", "0", 0, 10}, {"2", "1", 0, 20}, {"3", "2", 0, 30}, {"4", "3", 0, 40}});
  EXPECT_EQ(received<AmountsToPayer>(graph, MessagePolicy::kEveryTransfer),
            (std::vector<std::int64_t>{0, 10, 20, 30, 40}));
}

TEST(PregelSuite, ToPayeeEdgeColumnOnly) {
  const TransferGraph graph = graph_of({{"0", "1", 0, 1}, {"1", "2", 0, 2}, {"2", "3", 0, 3}});
  EXPECT_EQ(received<AmountsToPayee>(graph, MessagePolicy::kEveryTransfer),
            (std::vector<std::int64_t>{0, 1, 2, 3}));
}

struct IdOfPayer : Value {
  explicit IdOfPayer(const TransferGraph&) {}
  void along(const Triplet<std::int64_t>& transfer, auto& send) const { send(transfer.payer); }
};

struct IdsOfBoth : Value {
  explicit IdsOfBoth(const TransferGraph&) {}
  void along(const Triplet<std::int64_t>& transfer, auto& send) const {
    send(transfer.payer + transfer.payee);
  }
};

TEST(PregelSuite, IdsOfOneEndOrBoth) {
  EXPECT_EQ(received<IdOfPayer>(chain(0, 3), MessagePolicy::kEveryTransfer),
            (std::vector<std::int64_t>{0, 0, 1, 2}));
  EXPECT_EQ(received<IdsOfBoth>(chain(0, 3), MessagePolicy::kEveryTransfer),
            (std::vector<std::int64_t>{0, 1, 3, 5}));
}

/// One superstep of `Sends` from the given states; what each vertex holds then.
template <typename Sends>
std::vector<std::int64_t> values_after(const TransferGraph& graph,
                                       std::vector<typename Sends::State> states) {
  std::vector<std::int64_t> values;
  for (auto& state :
       run_pregel(graph, SumProgram<Sends>{}, std::move(states), {.max_supersteps = 1}).states)
    values.push_back(Sends::value_of(state));
  return values;
}

struct Flagged {
  struct State {
    bool flag;
    std::int64_t sends;
    std::int64_t value = 0;
  };
  static std::int64_t& value_of(State& state) { return state.value; }
  void along(const Triplet<State>& transfer, auto& send) const {
    if (transfer.payee_state.flag) send(transfer.payer_state.sends);
  }
};

TEST(PregelSuite, ConditionalOnThePayee) {
  EXPECT_EQ(values_after<Flagged>(chain(0, 2), {{true, 10}, {false, 20}, {true, 30}}),
            (std::vector<std::int64_t>{0, 0, 20}));
}

struct Keyed {
  struct State {
    std::map<std::string, std::int64_t> map;
    std::string key;
    std::int64_t value = 0;
  };
  static std::int64_t& value_of(State& state) { return state.value; }
  void along(const Triplet<State>& transfer, auto& send) const {
    send(transfer.payer_state.map.at(transfer.payee_state.key));
  }
};

TEST(PregelSuite, PayeeAsMapKey) {
  EXPECT_EQ(
      values_after<Keyed>(
          chain(0, 2), {{{{"a", 10}, {"b", 20}}, "a"}, {{{"a", 30}, {"b", 40}}, "b"}, {{}, "a"}}),
      (std::vector<std::int64_t>{0, 20, 30}));
}

struct Indexed {
  struct State {
    std::vector<std::int64_t> array;
    std::size_t index;  ///< 1-based, as in SQL
    std::int64_t value = 0;
  };
  static std::int64_t& value_of(State& state) { return state.value; }
  void along(const Triplet<State>& transfer, auto& send) const {
    send(transfer.payer_state.array.at(transfer.payee_state.index - 1));
  }
};

TEST(PregelSuite, PayeeAsArrayIndex) {
  EXPECT_EQ(values_after<Indexed>(chain(0, 2), {{{100, 200}, 1}, {{300, 400}, 2}, {{}, 1}}),
            (std::vector<std::int64_t>{0, 200, 300}));
}

struct Located {
  struct State {
    struct {
      std::int64_t x, y;
    } loc;
    std::int64_t value = 0;
  };
  static std::int64_t& value_of(State& state) { return state.value; }
  void along(const Triplet<State>& transfer, auto& send) const {
    send(transfer.payee_state.loc.x + transfer.payer_state.loc.y);
  }
};

TEST(PregelSuite, NestedStruct) {
  EXPECT_EQ(values_after<Located>(chain(0, 2), {{{1, 2}}, {{3, 4}}, {{5, 6}}}),
            (std::vector<std::int64_t>{0, 5, 9}));
}

/// GraphFrames' aggregateMessages on its friends: the age of either end, and 1 to who has a friend.
struct Ages {
  struct State {
    std::int64_t age;
    std::int64_t value = 0;
  };
  static std::int64_t& value_of(State& state) { return state.value; }
  static constexpr Micros kFriend = 1;  // the relationship is kept in booked_at
  const TransferGraph* graph = nullptr;
  void along(const Triplet<State>& transfer, auto& send) const { send(transfer.payer_state.age); }
  void against(const Triplet<State>& transfer, auto& send) const {
    send(transfer.payee_state.age);
    if (graph->booked_at(transfer.edge) == kFriend) send(1);
  }
};

TEST(PregelSuite, SeveralMessagesBothWays) {
  const TransferGraph graph = graph_of({{"a", "b", 1},
                                        {"b", "c", 0},
                                        {"c", "b", 0},
                                        {"f", "c", 0},
                                        {"e", "f", 0},
                                        {"e", "d", 1},
                                        {"d", "a", 1},
                                        {"a", "e", 1}},
                                       {"g"});
  const SumProgram<Ages> program{Ages{&graph}};
  const auto states =
      run_pregel(graph, program, {{34}, {36}, {30}, {29}, {32}, {36}, {60}}, {.max_supersteps = 1})
          .states;
  std::vector<std::int64_t> sums;
  for (const auto& state : states) sums.push_back(state.value);
  EXPECT_EQ(sums, (std::vector<std::int64_t>{99, 94, 108, 67, 100, 62, 0}));
}

}  // namespace
}  // namespace aml::graph
