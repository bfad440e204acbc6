// SPDX-License-Identifier: Apache-2.0
// From positions in a snapshot to vertices of graphs: three index spaces that must not be mixed up.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "scenarios/runner.hpp"

namespace aml::scenarios {
namespace {

struct Statement {
  int party;
  std::uint8_t kind;
  std::string value;
};

/// What a snapshot holds, by number: account i belongs to party_of[i], party p has risk p + 0.5.
/// Account i was opened at time i, and stands in country i % 3.
struct Bank {
  int parties = 0;
  std::vector<int> party_of;
  std::vector<std::pair<int, int>> transfers;
  std::vector<Statement> statements;
};

std::string account_key(int account) {
  return "A" + std::to_string(account);
}
std::string party_key(int party) {
  return "P" + std::to_string(party);
}

/// The bank with its accounts and parties read in the given orders.
store::Snapshot snapshot_of(const Bank& bank, const std::vector<int>& account_order,
                            const std::vector<int>& party_order) {
  store::Snapshot snapshot;
  std::map<int, graph::Vertex> account_position, party_position;
  for (const int party : party_order) {
    party_position[party] = static_cast<graph::Vertex>(snapshot.base_risk.size());
    snapshot.attributes.party_keys.push_back(party_key(party));
    snapshot.base_risk.push_back(party + 0.5);
  }
  for (const int account : account_order) {
    account_position[account] = static_cast<graph::Vertex>(snapshot.party_of_account.size());
    snapshot.transfers.vertex_keys.push_back(account_key(account));
    snapshot.party_of_account.push_back(
        party_position.at(bank.party_of[static_cast<std::size_t>(account)]));
    snapshot.country.push_back(static_cast<std::uint16_t>(account % 3));
    snapshot.opened_at.push_back(account == 0 ? std::nullopt
                                              : std::optional<graph::Micros>(account));
  }
  for (const auto& [from, to] : bank.transfers) {
    snapshot.transfers.source.push_back(account_position.at(from));
    snapshot.transfers.target.push_back(account_position.at(to));
    snapshot.transfers.booked_at.push_back(
        static_cast<graph::Micros>(snapshot.transfers.source.size()));
    snapshot.transfers.amount_minor.push_back(100);
    snapshot.transfers.type.push_back(0);
    snapshot.transfers.transfer_keys.push_back("T" +
                                               std::to_string(snapshot.transfers.source.size()));
  }
  snapshot.transfers.type_names = {"transfer"};
  snapshot.attributes.kind_names = {"address", "email"};
  for (const Statement& statement : bank.statements) {
    snapshot.attributes.party.push_back(party_position.at(statement.party));
    snapshot.attributes.kind.push_back(statement.kind);
    snapshot.attributes.value.push_back(statement.value);
  }
  return snapshot;
}

void check(const Graphs& graphs, const Bank& bank) {
  RC_ASSERT(graphs.accounts.num_vertices() == bank.party_of.size());
  RC_ASSERT(graphs.parties.num_vertices() == static_cast<graph::Vertex>(bank.parties));
  RC_ASSERT(graphs.parties.num_edges() == bank.transfers.size());
  RC_ASSERT(graphs.identities.num_parties() == static_cast<graph::Vertex>(bank.parties));
  RC_ASSERT(graphs.base_risk.size() == static_cast<std::size_t>(bank.parties));

  for (int account = 0; account < static_cast<int>(bank.party_of.size()); ++account) {
    const auto vertex = graphs.accounts.find(account_key(account));
    RC_ASSERT(vertex.has_value());
    const auto& facts = graphs.account_facts;
    RC_ASSERT(graphs.parties.key(facts.owner[*vertex]) ==
              party_key(bank.party_of[static_cast<std::size_t>(account)]));
    RC_ASSERT(facts.country[*vertex] == account % 3);
    RC_ASSERT(facts.opened_at[*vertex] == (account == 0 ? detect::kNotKnown : account));
  }
  for (int party = 0; party < bank.parties; ++party) {
    const auto vertex = graphs.parties.find(party_key(party));
    RC_ASSERT(vertex.has_value());
    RC_ASSERT(graphs.base_risk[*vertex] == party + 0.5);
    RC_ASSERT(graphs.identities.key(*vertex) == party_key(party));
  }
  std::map<std::string, std::pair<std::string, std::string>> ends;
  for (graph::Edge edge = 0; edge < graphs.parties.num_edges(); ++edge)
    ends[std::string(graphs.parties.transfer_key(edge))] = {
        std::string(graphs.parties.key(graphs.parties.source(edge))),
        std::string(graphs.parties.key(graphs.parties.target(edge)))};
  for (std::size_t i = 0; i < bank.transfers.size(); ++i) {
    const auto party_of = [&](int account) {
      return party_key(bank.party_of[static_cast<std::size_t>(account)]);
    };
    const auto& [from, to] = bank.transfers[i];
    RC_ASSERT(ends.at("T" + std::to_string(i + 1)) == std::pair(party_of(from), party_of(to)));
  }
}

RC_GTEST_PROP(BuildGraphs, EveryKeyKeepsItsOwnFactsInWhateverOrderItWasRead, ()) {
  Bank bank;
  bank.parties = *rc::gen::inRange(1, 30);
  const auto accounts = *rc::gen::inRange(1, 60);
  bank.party_of = *rc::gen::container<std::vector<int>>(static_cast<std::size_t>(accounts),
                                                        rc::gen::inRange(0, bank.parties));
  bank.transfers = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, accounts), rc::gen::inRange(0, accounts)));
  const auto shuffled = [](int count) {
    std::vector<int> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
    return order;
  };
  check(build_graphs(snapshot_of(bank, shuffled(accounts), shuffled(bank.parties))), bank);
}

TEST(BuildGraphs, AttributesStayWithTheirParty) {
  const Bank bank{
      3, {0, 1, 2}, {}, {{2, 0, "1 main st"}, {0, 1, "a@example.com"}, {1, 0, "1 main st"}}};
  const Graphs graphs = build_graphs(snapshot_of(bank, {2, 0, 1}, {1, 2, 0}));
  std::map<std::string, std::vector<std::string>> given;
  for (graph::Vertex party = 0; party < graphs.identities.num_parties(); ++party)
    for (const graph::Vertex attribute : graphs.identities.neighbours(party))
      given[std::string(graphs.identities.key(party))].push_back(
          std::string(graphs.identities.kind(attribute)) + ' ' +
          std::string(graphs.identities.key(attribute)));
  const std::map<std::string, std::vector<std::string>> expected{{"P0", {"email a@example.com"}},
                                                                 {"P1", {"address 1 main st"}},
                                                                 {"P2", {"address 1 main st"}}};
  EXPECT_EQ(given, expected);
}

TEST(BuildGraphs, KindsAreNumberedAlikeInWhateverOrderTheyWereMet) {
  const Bank bank{2, {0, 1}, {}, {{0, 0, "x"}, {0, 1, "x"}, {1, 1, "y"}}};
  store::Snapshot one = snapshot_of(bank, {0, 1}, {0, 1});
  store::Snapshot other = one;
  std::swap(other.attributes.kind_names[0], other.attributes.kind_names[1]);
  for (std::uint8_t& kind : other.attributes.kind) kind = 1 - kind;
  const Graphs first = build_graphs(std::move(one));
  const Graphs second = build_graphs(std::move(other));
  ASSERT_EQ(first.identities.num_vertices(), second.identities.num_vertices());
  for (graph::Vertex v = first.identities.num_parties(); v < first.identities.num_vertices(); ++v) {
    EXPECT_EQ(first.identities.kind(v), second.identities.kind(v)) << v;
    EXPECT_EQ(first.identities.key(v), second.identities.key(v)) << v;
  }
}

TEST(BuildGraphs, AnEmptySnapshotGivesEmptyGraphs) {
  const Graphs graphs = build_graphs(store::Snapshot());
  EXPECT_EQ(graphs.accounts.num_vertices(), 0u);
  EXPECT_EQ(graphs.parties.num_edges(), 0u);
  EXPECT_EQ(graphs.identities.num_parties(), 0u);
  EXPECT_TRUE(graphs.base_risk.empty());
}

}  // namespace
}  // namespace aml::scenarios
