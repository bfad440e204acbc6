// SPDX-License-Identifier: Apache-2.0
#include "detect/account_properties.hpp"

#include <utility>

namespace aml::detect {

using graph::PropertyColumn;
using graph::PropertyType;

namespace {

PropertyColumn countries(const AccountFacts& facts) {
  graph::KeyColumn names;
  std::vector<char> is_null;
  for (const std::uint16_t country : facts.country) {
    names.push_back(facts.country_names[country]);
    is_null.push_back(country == 0 ? 1 : 0);
  }
  return {"country", std::move(names), std::move(is_null)};
}

PropertyColumn openings(const AccountFacts& facts) {
  std::vector<char> is_null;
  for (const graph::Micros at : facts.opened_at) is_null.push_back(at == kNotKnown ? 1 : 0);
  return {"opened_on", graph::TimeColumn{facts.opened_at}, std::move(is_null)};
}

PropertyColumn owners(const AccountFacts& facts, const graph::TransferGraph& parties) {
  graph::KeyColumn keys;
  for (const graph::Vertex owner : facts.owner) keys.push_back(parties.key(owner));
  return {"party_id", std::move(keys), {}};
}

}  // namespace

graph::PropertySchema account_schema() {
  return {.edges = {},
          .vertices = {{"country", PropertyType::kText},
                       {"opened_on", PropertyType::kTime},
                       {"party_id", PropertyType::kText}}};
}

graph::GraphProperties account_properties(const AccountFacts& facts,
                                          const graph::TransferGraph& parties, int amount_scale) {
  graph::GraphProperties properties;
  properties.vertices.push_back(countries(facts));
  properties.vertices.push_back(openings(facts));
  properties.vertices.push_back(owners(facts, parties));
  properties.amount_scale = amount_scale;
  return properties;
}

}  // namespace aml::detect
