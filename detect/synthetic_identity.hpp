// SPDX-License-Identifier: Apache-2.0
// Synthetic identities: parties that are connected by the addresses, e-mails and phones they gave.
#pragma once

#include <cstdint>

#include "detect/finding.hpp"
#include "graph/identity_graph.hpp"

namespace aml::detect {

struct SyntheticIdentityParams {
  /// Attributes shared by more parties are ignored and reported, >= 2.
  std::uint32_t max_parties_per_attribute = 50;
  std::uint32_t min_parties = 2;  ///< parties in a component, >= 2
  std::uint32_t min_kinds = 1;    ///< distinct kinds of shared attributes, 1..3
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const SyntheticIdentityParams& params);

/// One finding for each connected component of parties that share attributes.
///
/// Subject:  the party with the smallest key; it and all others are entities with role "member".
/// Evidence key: the subject alone, so that a component that grows stays the same alert.
/// Score:    one kind of shared attribute gives [0.2, 0.5), two [0.5, 0.8), three or more [0.8, 1];
///           the lower end is the contribution of evidence kinds; with n parties, evidence parties
///           adds (n - 2) / (n + 2) of the band.
/// Evidence: one item for each shared attribute with its value and who shares it.
/// Source:   identity resolution by shared attributes; ours differs from the Databricks accelerator
///           in that values are typed and normalised and over-shared ones are ignored.
Detection detect_synthetic_identities(const graph::IdentityGraph& graph,
                                      const SyntheticIdentityParams& params);

}  // namespace aml::detect
