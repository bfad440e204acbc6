// SPDX-License-Identifier: Apache-2.0
#include "graph/pregel.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

#include "tests/graph/small_graphs.hpp"
#include "tests/graph/small_programs.hpp"

namespace aml::graph {
namespace {

using testing::AmountsToBoth;
using testing::AmountsToPayee;
using testing::AmountsToPayer;
using testing::graph_of;
using testing::LargestDownstream;
using testing::LargestProgram;
using testing::LargestUpstream;
using testing::received;

// ---- what is sent

TEST(PregelMessages, TravelAlongAgainstOrBothWays) {
  const TransferGraph graph =
      graph_of({{"a", "b", 2, 20}, {"a", "b", 1, 10}, {"c", "b", 3, 7}, {"b", "b", 5, 1}}, {"d"});
  constexpr auto kEvery = MessagePolicy::kEveryTransfer;
  EXPECT_EQ(received<AmountsToPayee>(graph, kEvery), (std::vector<std::int64_t>{0, 38, 0, 0}));
  EXPECT_EQ(received<AmountsToPayer>(graph, kEvery), (std::vector<std::int64_t>{30, 1, 7, 0}));
  EXPECT_EQ(received<AmountsToBoth>(graph, kEvery), (std::vector<std::int64_t>{30, 39, 7, 0}));
}

TEST(PregelMessages, FirstOfEachPairIsTheEarliestTransfer) {
  const TransferGraph graph = graph_of(
      {{"a", "b", 2, 20}, {"a", "b", 1, 10}, {"c", "b", 3, 7}, {"a", "d", 4, 5}, {"b", "b", 5, 1}});
  constexpr auto kFirst = MessagePolicy::kFirstOfEachPair;
  EXPECT_EQ(received<AmountsToPayee>(graph, kFirst), (std::vector<std::int64_t>{0, 18, 0, 5}));
  EXPECT_EQ(received<AmountsToPayer>(graph, kFirst), (std::vector<std::int64_t>{15, 1, 7, 0}));
  EXPECT_EQ(received<AmountsToBoth>(graph, kFirst), (std::vector<std::int64_t>{15, 19, 7, 5}));
}

/// Says in which order messages are combined.
struct DiaryProgram {
  using State = std::string;
  using Message = std::string;
  const TransferGraph& graph;
  void along(const Triplet<std::string>& transfer, auto& send) const {
    send("+" + std::string(graph.transfer_key(transfer.edge)));
  }
  void against(const Triplet<std::string>& transfer, auto& send) const {
    send("-" + std::string(graph.transfer_key(transfer.edge)));
  }
  void combine(std::string& all, const std::string& message) const { all += message; }
  std::string update(const std::string& old, std::string* all, auto&) const {
    return all == nullptr ? old : std::move(*all);
  }
};

TEST(PregelMessages, AreCombinedByTimeAndKeyThoseAlongTheTransfersFirst) {
  const TransferGraph graph = graph_of({{"c", "b", 5, 1, "T9"},
                                        {"a", "b", 5, 1, "T10"},
                                        {"a", "b", 1, 1, "T11"},
                                        {"b", "a", 3, 1, "T2"},
                                        {"b", "c", 2, 1, "T3"}});
  const auto diaries = run_pregel(graph, DiaryProgram{graph}, {"", "", ""}, {}).states;
  EXPECT_EQ(diaries[1], "+T11+T9+T10-T3-T2");
}

// ---- how it ends

/// Sends nothing; counts its updates.
struct SilentProgram {
  using State = int;
  using Message = int;
  void along(const Triplet<int>&, auto&) const {}
  void combine(int&, int) const {}
  int update(int old, const int* message, auto&) const { return message ? -1 : old + 1; }
};

TEST(PregelEnds, VertexWithoutMessageMayUpdateItself) {
  const auto result =
      run_pregel(graph_of({{"a", "b"}}, {"c"}), SilentProgram{}, {0, 0, 5}, {.max_supersteps = 3});
  EXPECT_EQ(result.states, (std::vector<int>{3, 3, 8}));
}

TEST(PregelEnds, WithoutMessagesBeforeTheUpdate) {
  const auto result = run_pregel(graph_of({{"a", "b"}}), SilentProgram{}, {0, 5},
                                 {.max_supersteps = 1000, .stop_without_messages = true});
  EXPECT_EQ(result.states, (std::vector<int>{0, 5}));
  EXPECT_EQ(result.supersteps, 0);
  EXPECT_EQ(result.end, PregelEnd::kNoMessages);
}

/// Shows a part of its states, so that these may be updated in their place.
struct SilentPartProgram : SilentProgram {
  using Visible = char;
  char visible(int, Vertex) const { return 0; }
  void along(const Triplet<char>&, auto&) const {}
};

TEST(PregelEnds, ADroppedUpdateIsUndoneIfAPartIsVisibleToo) {
  const TransferGraph graph = graph_of({{"a", "b"}});
  const auto dropped = run_pregel(graph, SilentPartProgram{}, {0, 5},
                                  {.max_supersteps = 1000, .stop_without_messages = true});
  EXPECT_EQ(dropped.states, (std::vector<int>{0, 5}));
  EXPECT_EQ(dropped.supersteps, 0);
  EXPECT_EQ(run_pregel(graph, SilentPartProgram{}, {0, 5}, {.max_supersteps = 3}).states,
            (std::vector<int>{3, 8}));
}

/// Adds 1 to itself in every superstep; votes to halt from `last` on.
struct CountProgram {
  using State = int;
  using Message = int;
  int last;
  void along(const Triplet<int>& transfer, auto& send) const { send(transfer.payer_state); }
  void combine(int& sum, int message) const { sum += message; }
  int update(int old, const int*, auto& self) const {
    EXPECT_EQ(self.superstep(), old + 1);
    if (old + 1 >= last) self.vote_to_halt();
    return old + 1;
  }
};

TEST(PregelEnds, WhenAllHaltedAfterTheUpdate) {
  const TransferGraph graph = graph_of({{"a", "b"}});
  const auto result = run_pregel(graph, CountProgram{3}, {0, 0},
                                 {.max_supersteps = 1000, .stop_when_all_halted = true});
  EXPECT_EQ(result.states, (std::vector<int>{3, 3}));
  EXPECT_EQ(result.supersteps, 3);
  EXPECT_EQ(result.end, PregelEnd::kAllHalted);
  EXPECT_EQ(run_pregel(graph, CountProgram{3}, {0, 0}, {.max_supersteps = 5}).states,
            (std::vector<int>{5, 5}));  // votes alone end nothing
}

TEST(PregelEnds, WhatTheLastMessagesWereMadeOfIsKept) {
  const TransferGraph graph = graph_of({{"a", "b"}});
  const auto cut = run_pregel(graph, CountProgram{9}, {0, 0}, {.max_supersteps = 4});
  EXPECT_EQ(cut.visible_before, (std::vector<int>{3, 3}));
  const auto halted = run_pregel(graph, CountProgram{3}, {0, 0}, {.stop_when_all_halted = true});
  EXPECT_EQ(halted.visible_before, (std::vector<int>{2, 2}));
  EXPECT_TRUE(run_pregel(graph, SilentProgram{}, {0, 0}, {.stop_without_messages = true})
                  .visible_before.empty());
}

/// Vertex 0 votes always, vertex 1 never.
struct OneVotes : SilentProgram {
  int update(int old, const int*, auto& self) const {
    if (self.vertex() == 0) self.vote_to_halt();
    return old + 1;
  }
};

TEST(PregelEnds, OneActiveVertexKeepsAllGoing) {
  const auto result = run_pregel(graph_of({{"a", "b"}}), OneVotes{}, {0, 0},
                                 {.max_supersteps = 7, .stop_when_all_halted = true});
  EXPECT_EQ(result.states, (std::vector<int>{7, 7}));
  EXPECT_EQ(result.end, PregelEnd::kMaxSupersteps);
}

// ---- what is visible

/// Counts supersteps; counterparties see ten times the count and the vertex.
struct TenfoldProgram {
  struct State {
    int count = 0;
    std::int64_t received = 0;
  };
  using Visible = std::int64_t;
  using Message = std::int64_t;
  std::int64_t visible(const State& state, Vertex v) const { return 10 * state.count + v; }
  void along(const Triplet<std::int64_t>& transfer, auto& send) const {
    send(100 * transfer.payer_state + transfer.payee_state);
  }
  void combine(std::int64_t& sum, std::int64_t message) const { sum += message; }
  State update(const State& old, const std::int64_t* received, auto&) const {
    return {old.count + 1, received == nullptr ? 0 : *received};
  }
};
static_assert(VertexProgram<TenfoldProgram>);

TEST(PregelVisible, IsThatOfTheStatesWhenTheSuperstepBegan) {
  const auto result =
      run_pregel(graph_of({{"a", "b"}}), TenfoldProgram{}, {{3}, {5}}, {.max_supersteps = 2});
  EXPECT_EQ(result.states[0].received, 0);
  EXPECT_EQ(result.states[1].received, 40 * 100 + 61);
  EXPECT_EQ(result.visible_before, (std::vector<std::int64_t>{40, 61}));
}

struct VisibleWithoutFunction : LargestUpstream {
  using Visible = int;
};
struct OtherVisibleWithoutFunction {
  using State = int;
  using Visible = double;
  using Message = int;
  void along(const Triplet<double>&, auto&) const {}
  void combine(int&, int) const {}
  int update(int old, const int*, auto&) const { return old; }
};
static_assert(VertexProgram<VisibleWithoutFunction>);  // the whole state, said in so many words
static_assert(!VertexProgram<OtherVisibleWithoutFunction>);

// ---- who is silent

/// Counts the messages received, sent both ways over every transfer. Vertices that `votes` names
/// vote in the first superstep only.
struct BothWaysProgram {
  struct State {
    int along = 0;
    int against = 0;
  };
  using Message = State;
  std::vector<Vertex> votes;
  void along(const Triplet<State>&, auto& send) const { send(State{1, 0}); }
  void against(const Triplet<State>&, auto& send) const { send(State{0, 1}); }
  void combine(State& sum, const State& message) const {
    sum.along += message.along;
    sum.against += message.against;
  }
  State update(const State&, const State* sum, auto& self) const {
    if (self.superstep() == 1 && std::ranges::count(votes, self.vertex()) == 1) self.vote_to_halt();
    return sum == nullptr ? State{} : *sum;
  }
};

/// What the vertices of a -> b received in the given superstep: "along/against" of each.
std::string received_in(int superstep, std::vector<Vertex> votes, bool skips) {
  std::string text;
  for (const auto& state :
       run_pregel(graph_of({{"a", "b"}}), BothWaysProgram{std::move(votes)}, {{}, {}},
                  {.max_supersteps = superstep, .skip_messages_from_halted = skips})
           .states) {
    text += std::to_string(state.along) + "/" + std::to_string(state.against) + " ";
  }
  return text;
}

/// The case in which GraphFrames' rule depends on the columns in use: ours asks the sender.
TEST(PregelSilence, OnlyTheSendersVoteCountsInBothDirections) {
  EXPECT_EQ(received_in(1, {0}, true), "0/1 1/0 ");  // all are active in the first superstep
  EXPECT_EQ(received_in(2, {0}, true), "0/1 0/0 ");  // the payer is silent, the payee is not
  EXPECT_EQ(received_in(2, {1}, true), "0/0 1/0 ");  // the other way round
  EXPECT_EQ(received_in(2, {0, 1}, true), "0/0 0/0 ");
  EXPECT_EQ(received_in(2, {0, 1}, false), "0/1 1/0 ");
}

TEST(PregelSilence, AVoteCountsForOneSuperstep) {
  EXPECT_EQ(received_in(3, {0, 1}, true), "0/1 1/0 ");
}

// ---- aggregates

/// Every vertex takes what it holds of the sum of all; the aggregate also remembers who was added.
struct SharingProgram {
  using State = double;
  using Message = double;
  struct Aggregate {
    double sum = 0;
    double change = 0;
    std::string order;
  };
  void along(const Triplet<double>&, auto&) const {}
  void combine(double&, double) const {}
  double update(double old, const double*, auto& self) const { return old / self.aggregate().sum; }
  void contribute(Aggregate& total, double before, double now, Vertex v) const {
    total.sum += now;
    total.change += std::abs(now - before);
    total.order += std::to_string(v) + " ";
  }
  void merge(Aggregate& total, const Aggregate& more) const {
    total.sum += more.sum;
    total.change += more.change;
    total.order += more.order;
  }
};

TEST(PregelAggregates, AreThoseOfTheStatesWhenTheSuperstepBegan) {
  const TransferGraph graph = graph_of({{"a", "b"}}, {"c"});
  const auto once = run_pregel(graph, SharingProgram{}, {2, 6, 8}, {.max_supersteps = 1});
  EXPECT_EQ(once.states, (std::vector<double>{0.125, 0.375, 0.5}));
  EXPECT_EQ(once.aggregate.sum, 1);
  EXPECT_EQ(once.aggregate.change, 15);
  EXPECT_EQ(once.aggregate.order, "0 1 2 ");
  const auto again = run_pregel(graph, SharingProgram{}, {2, 6, 8}, {.max_supersteps = 2});
  EXPECT_EQ(again.states, once.states);
  EXPECT_EQ(again.aggregate.change, 0);
}

TEST(PregelAggregates, OfADroppedSuperstepAreDroppedToo) {
  const auto result = run_pregel(graph_of({{"a", "b"}}), SharingProgram{}, {2, 6},
                                 {.max_supersteps = 9, .stop_without_messages = true});
  EXPECT_EQ(result.supersteps, 0);
  EXPECT_EQ(result.aggregate.sum, 8);
  EXPECT_EQ(result.aggregate.change, 0);
}

TEST(PregelAggregates, AreMergedInTheOrderOfVerticesForAnyNumberOfThreads) {
  std::vector<std::string> more;
  std::string order;
  for (int v = 0; v < 5000; ++v) {
    more.push_back(std::to_string(v));
    order += std::to_string(v) + " ";
  }
  const TransferGraph graph = graph_of({}, more);
  std::vector<double> sums;
  for (const std::size_t threads : {1, 2}) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            threads);
    std::vector<double> initial;
    for (int v = 0; v < 5000; ++v) initial.push_back(1.0 / (1 + v));
    const auto result =
        run_pregel(graph, SharingProgram{}, std::move(initial), {.max_supersteps = 3});
    EXPECT_EQ(result.aggregate.order, order);
    sums.push_back(result.states[4321]);
  }
  EXPECT_EQ(std::bit_cast<std::uint64_t>(sums[0]), std::bit_cast<std::uint64_t>(sums[1]));
}

// ---- the edges of the contract

static_assert(VertexProgram<LargestUpstream> && VertexProgram<LargestDownstream>);
static_assert(!VertexProgram<LargestProgram>, "a program that sends nothing is none");
struct AggregateWithoutMerge : LargestUpstream {
  using Aggregate = int;
  void contribute(int&, int, int, Vertex) const {}
};
static_assert(!VertexProgram<AggregateWithoutMerge>);
struct BoolState {
  using State = bool;
  using Message = int;
  void along(const Triplet<bool>&, auto&) const {}
  void combine(int&, int) const {}
  bool update(bool old, const int*, auto&) const { return old; }
};
static_assert(!VertexProgram<BoolState>);

TEST(Pregel, EmptyGraphHaltsAtOnce) {
  const auto result =
      run_pregel(graph_of({}), LargestUpstream{}, {}, {.stop_when_all_halted = true});
  EXPECT_TRUE(result.states.empty());
  EXPECT_EQ(result.end, PregelEnd::kAllHalted);
}

TEST(Pregel, WrongArgumentsAreRefused) {
  const TransferGraph graph = graph_of({{"a", "b"}});
  EXPECT_THROW(run_pregel(graph, LargestUpstream{}, {1}, {}), std::invalid_argument);
  EXPECT_THROW(run_pregel(graph, LargestUpstream{}, {1, 2}, {.max_supersteps = 0}),
               std::invalid_argument);
}

}  // namespace
}  // namespace aml::graph
