// SPDX-License-Identifier: Apache-2.0
// Facts of the accounts of a small graph, by key.
#pragma once

#include <map>
#include <string>

#include "detect/account_history.hpp"

namespace aml::detect {

/// What is not named is not known; an account without an owner is a party of its own.
struct KnownFacts {
  std::map<std::string, std::string> owner = {};
  std::map<std::string, std::uint16_t> country = {};
  std::map<std::string, graph::Micros> opened_at = {};
};

inline AccountFacts facts_of(const graph::TransferGraph& graph, const KnownFacts& known) {
  AccountFacts facts;
  std::map<std::string, graph::Vertex> owners;
  for (graph::Vertex v = 0; v < graph.num_vertices(); ++v) {
    const std::string key(graph.key(v));
    const auto owner = known.owner.find(key);
    const std::string name = owner == known.owner.end() ? "owner of " + key : owner->second;
    facts.owner.push_back(
        owners.try_emplace(name, static_cast<graph::Vertex>(owners.size())).first->second);
    const auto country = known.country.find(key);
    facts.country.push_back(country == known.country.end() ? std::uint16_t{0} : country->second);
    const auto opened = known.opened_at.find(key);
    facts.opened_at.push_back(opened == known.opened_at.end() ? kNotKnown : opened->second);
  }
  return facts;
}

}  // namespace aml::detect
