// SPDX-License-Identifier: Apache-2.0
// Planted laundering whose shape spans several accounts.
#pragma once

#include "scenarios/planting_ground.hpp"

namespace aml::scenarios::generator {

/// Plants `count` instances of each of these typologies, on accounts that take part in nothing else.
///
///   scatter_gather       a source pays 3..7 middles 1,000..9,000 USD each (every second instance
///                        the same sum), each pays 90..100 % of it to one sink, 2 to 69 hours
///                        later; at most 9 days
///   bipartite            2..4 sources pay 3..5 sinks each, 1,500..9,000 USD, within 9 days, in any
///                        order
///   stack                2..3 payers pay 2..3 middles, who pay 2..3 payees, everybody everybody in
///                        the next layer, 1,500..9,000 USD, within 18 days; money may leave a
///                        middle before it came in
///   chain_layering       3..7 hops from 6,000 to 60,000 USD, each 92..100 % of the one before and
///                        1..45 hours after it
void plant_shapes(PlantingGround& ground, int count);

}  // namespace aml::scenarios::generator
