// SPDX-License-Identifier: Apache-2.0
// Small identity graphs for tests, written down or generated.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "graph/identity_graph.hpp"

namespace aml::graph::testing {

struct Statement {
  std::string party;
  std::string kind;  ///< address, email or phone
  std::string value;
};

inline AttributeColumns columns_of(const std::vector<Statement>& statements,
                                   const std::vector<std::string>& more_parties = {}) {
  AttributeColumns columns;
  columns.kind_names = {"address", "email", "phone"};
  std::map<std::string, Vertex> parties;
  const auto party = [&](const std::string& key) {
    const auto [at, is_new] = parties.try_emplace(key, static_cast<Vertex>(parties.size()));
    if (is_new) columns.party_keys.push_back(key);
    return at->second;
  };
  for (const std::string& key : more_parties) party(key);
  for (const Statement& statement : statements) {
    columns.party.push_back(party(statement.party));
    const auto kind = std::ranges::find(columns.kind_names, statement.kind);
    columns.kind.push_back(static_cast<std::uint8_t>(kind - columns.kind_names.begin()));
    columns.value.push_back(statement.value);
  }
  return columns;
}

inline IdentityGraph identity_graph_of(const std::vector<Statement>& statements,
                                       const std::vector<std::string>& more_parties = {}) {
  return IdentityGraph(columns_of(statements, more_parties));
}

/// Up to `most` statements of the parties P0 .. P(parties - 1) with few values, so that sharing is
/// frequent.
inline rc::Gen<std::vector<Statement>> statements_among(int parties, int most) {
  const auto statement = rc::gen::construct<Statement>(
      rc::gen::map(rc::gen::inRange(0, parties), [](int p) { return "P" + std::to_string(p); }),
      rc::gen::element<std::string>("address", "email", "phone"),
      rc::gen::map(rc::gen::inRange(0, 12), [](int value) { return std::to_string(value); }));
  return rc::gen::mapcat(rc::gen::inRange(0, most + 1), [=](int size) {
    return rc::gen::container<std::vector<Statement>>(static_cast<std::size_t>(size), statement);
  });
}

}  // namespace aml::graph::testing
