// SPDX-License-Identifier: Apache-2.0
// Synthetic identities: parties that are connected by the addresses, e-mails and phones they gave.
#pragma once

#include <cstdint>

#include "detect/finding.hpp"
#include "graph/identity_graph.hpp"

namespace aml::detect {

struct SyntheticIdentityParams {
  std::uint32_t max_parties_per_attribute =
      50;                         ///< attributes shared by more are ignored and reported, >= 2
  std::uint32_t min_parties = 2;  ///< parties in a component, >= 2
  std::uint32_t min_kinds = 1;    ///< distinct kinds of shared attributes, 1..3
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const SyntheticIdentityParams& params);

/// One finding for each connected component of parties that share attributes.
/// Subject:  the party with the smallest key; the other parties are its entities with role
/// "member". Score:    one kind of shared attribute gives [0.2, 0.5), two [0.5, 0.8), three or more
/// [0.8, 1]; inside a band it
///           grows with the number of parties.
/// Evidence: one item for each shared attribute with its value and who shares it.
/// Evidence key: the subject alone, so that a component that grows stays the same alert.
/// Source:   identity resolution by shared attributes; ours differs from the Databricks accelerator
/// in that values are
///           typed and normalised and over-shared ones are ignored.
Detection detect_synthetic_identities(const graph::IdentityGraph& graph,
                                      const SyntheticIdentityParams& params);

}  // namespace aml::detect
