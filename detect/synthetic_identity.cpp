// SPDX-License-Identifier: Apache-2.0
#include "detect/synthetic_identity.hpp"

#include <fmt/format.h>

#include <map>
#include <stdexcept>

#include "detect/money_text.hpp"
#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "graph/components.hpp"

namespace aml::detect {
namespace {

using graph::IdentityGraph;
using graph::Vertex;

constexpr std::size_t kPartiesNamed = 10;

/// Parties that hang together, and the attributes that two or more of them gave.
struct Component {
  std::vector<Vertex> parties;     ///< ascending: in key order
  std::vector<Vertex> attributes;  ///< ascending: by kind, then value
};

bool is_over_shared(const IdentityGraph& graph, Vertex attribute,
                    const SyntheticIdentityParams& params) {
  return graph.neighbours(attribute).size() > params.max_parties_per_attribute;
}

/// Every component that holds a party, in the order of its smallest party.
std::map<Vertex, Component> components_of(const IdentityGraph& graph,
                                          const SyntheticIdentityParams& params) {
  const std::vector<Vertex> label = graph::components(
      graph, [&](Vertex attribute) { return is_over_shared(graph, attribute, params); });
  std::map<Vertex, Component> components;
  for (Vertex attribute = graph.num_parties(); attribute < graph.num_vertices(); ++attribute) {
    const std::size_t shared_by = graph.neighbours(attribute).size();
    if (shared_by < 2 || is_over_shared(graph, attribute, params)) continue;
    components[label[attribute]].attributes.push_back(attribute);
  }
  // A party that shares nothing needs no component: most parties are like that.
  for (Vertex party = 0; party < graph.num_parties(); ++party) {
    const auto found = components.find(label[party]);
    if (found != components.end()) found->second.parties.push_back(party);
  }
  return components;
}

/// Shared attributes by kind, for example {"address": 2, "email": 1}.
std::map<std::string, std::size_t> kinds_of(const IdentityGraph& graph,
                                            const Component& component) {
  std::map<std::string, std::size_t> kinds;
  for (const Vertex attribute : component.attributes) ++kinds[std::string(graph.kind(attribute))];
  return kinds;
}

struct Score {
  double kinds;    ///< the band that the number of kinds opens
  double parties;  ///< how far the number of parties climbs in it
};

Score score_of(std::size_t kinds, std::size_t parties) {
  const double floor = kinds >= 3 ? 0.8 : kinds == 2 ? 0.5 : 0.2;
  const double band = kinds >= 3 ? 0.2 : 0.3;
  const auto beyond_two = static_cast<double>(parties - 2);
  return {floor, band * beyond_two / (beyond_two + 4)};
}

std::string shared_kinds_text(const std::map<std::string, std::size_t>& kinds) {
  std::vector<std::string> parts;
  parts.reserve(kinds.size());
  for (const auto& [kind, shared] : kinds) parts.push_back(count_of(shared, kind));
  return list_of(parts, parts.size());
}

EvidenceItem shared_attribute(const IdentityGraph& graph, Vertex attribute) {
  const auto parties = graph.neighbours(attribute);
  return {.feature = fmt::format("shared_{}", graph.kind(attribute)),
          .observed = std::string(graph.key(attribute)),
          .threshold = std::nullopt,
          .contribution = std::nullopt,
          .sentence = fmt::format("{} gave the {} \"{}\": {}.", count_of(parties.size(), "party"),
                                  graph.kind(attribute), graph.key(attribute),
                                  list_of(keys_of(graph, parties), kPartiesNamed))};
}

Finding finding_of(const IdentityGraph& graph, const Component& component,
                   const std::map<std::string, std::size_t>& kinds,
                   const SyntheticIdentityParams& params) {
  const std::vector<std::string> parties = keys_of(graph, component.parties);
  const Score score = score_of(kinds.size(), parties.size());
  const std::string party_count = count_of(parties.size(), "party");

  Finding finding;
  finding.subject_kind = EntityKind::kParty;
  finding.subject = parties.front();
  finding.evidence_key = parties.front();
  finding.score = score.kinds + score.parties;
  finding.explanation =
      fmt::format("{} ({}) are connected by {} that two or more of them gave.", party_count,
                  list_of(parties, kPartiesNamed), shared_kinds_text(kinds));
  for (const std::string& party : parties) {
    finding.entities.push_back({EntityKind::kParty, party, "member"});
  }
  finding.evidence.push_back({"parties", std::to_string(parties.size()),
                              std::to_string(params.min_parties), score.parties,
                              fmt::format("{} are connected by what they gave.", party_count)});
  finding.evidence.push_back({"kinds", std::to_string(kinds.size()),
                              std::to_string(params.min_kinds), score.kinds,
                              fmt::format("They share {}.", shared_kinds_text(kinds))});
  for (const Vertex attribute : component.attributes) {
    finding.evidence.push_back(shared_attribute(graph, attribute));
  }
  return finding;
}

std::vector<std::string> over_shared_sentences(const IdentityGraph& graph,
                                               const SyntheticIdentityParams& params) {
  std::vector<std::string> sentences;
  for (Vertex attribute = graph.num_parties(); attribute < graph.num_vertices(); ++attribute) {
    if (!is_over_shared(graph, attribute, params)) continue;
    sentences.push_back(fmt::format("The {} \"{}\" was given by {}, more than {}: left out.",
                                    graph.kind(attribute), graph.key(attribute),
                                    count_of(graph.neighbours(attribute).size(), "party"),
                                    params.max_parties_per_attribute));
  }
  return sentences;
}

void require_in_range(const char* name, std::uint32_t value, bool in_range, const char* range) {
  if (!in_range) {
    throw std::invalid_argument(fmt::format("{} is {}, must be {}", name, value, range));
  }
}

}  // namespace

void validate(const SyntheticIdentityParams& params) {
  require_in_range("max_parties_per_attribute", params.max_parties_per_attribute,
                   params.max_parties_per_attribute >= 2, "at least 2");
  require_in_range("min_parties", params.min_parties, params.min_parties >= 2, "at least 2");
  require_in_range("min_kinds", params.min_kinds, params.min_kinds >= 1 && params.min_kinds <= 3,
                   "in 1..3");
}

Detection detect_synthetic_identities(const IdentityGraph& graph,
                                      const SyntheticIdentityParams& params) {
  validate(params);
  Detection detection;
  std::int64_t parties = 0;
  std::int64_t attributes = 0;
  for (const auto& [smallest_party, component] : components_of(graph, params)) {
    const std::map<std::string, std::size_t> kinds = kinds_of(graph, component);
    if (component.parties.size() < params.min_parties || kinds.size() < params.min_kinds) continue;
    detection.findings.push_back(finding_of(graph, component, kinds, params));
    parties += static_cast<std::int64_t>(component.parties.size());
    attributes += static_cast<std::int64_t>(component.attributes.size());
  }
  detection.ignored = over_shared_sentences(graph, params);
  detection.counts = {
      {"components", static_cast<std::int64_t>(detection.findings.size())},
      {"parties", parties},
      {"shared_attributes", attributes},
      {"over_shared_attributes", static_cast<std::int64_t>(detection.ignored.size())}};
  return detection;
}

}  // namespace aml::detect
