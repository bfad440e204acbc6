// SPDX-License-Identifier: Apache-2.0
// Laundering planted in an ordinary bank, with its labels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/generator_background.hpp"
#include "scenarios/generator_population.hpp"

namespace aml::scenarios::generator {

enum class EntityKind : std::uint8_t { kAccount, kParty };

struct PlantedEntity {
  EntityKind kind = EntityKind::kAccount;
  std::uint32_t index = kNone;  ///< account or party
  std::string_view role;
};

struct PlantedInstance {
  std::string_view typology;
  int number = 1;  ///< within its typology
  std::vector<PlantedEntity> entities;
};

struct PlantedTransfer {
  PlannedTransfer transfer;
  std::uint32_t instance = 0;  ///< position in Planting::instances
  std::string_view role;
  bool labelled = false;  ///< the label names it; otherwise it is behaviour that the label's entity
                          ///< shows as a whole
};

struct Planting {
  std::vector<PlantedInstance> instances;
  std::vector<PlantedTransfer> transfers;  ///< in time order; transfer.planted is the position here
};

/// Plants `count` instances of each typology. Changes those who take part: synthetic identities get
/// shared attributes and new accounts, risky payers get their base risk; all of them keep their
/// ordinary lives. No account takes part twice, and none of an institution, chain, landlord or big
/// employer takes part at all.
///
///   structuring          2..6 branches sender -> middle -> collector, legs in [5,000, 10,000) USD,
///   the second leg
///                        86..100 % of the first and 2..48 hours after it, then 1..3 exits
///                        of 93..100 % of what came in, to one or two accounts; at most 9 days from
///                        the first to the last transfer
///   round_tripping       3..8 hops between 2,000 and 50,000 USD, each 95..100 % of the one before,
///   in at most 19 days;
///                        every fourth within one day
///   synthetic_identity   3..8 persons with accounts opened in one week, tied by address, e-mail
///   and telephone number in
///                        different spellings: all three the same, a ring, or a star
///   risk_exposure        a person paid by two to five others whose base risks sum to 13..15: half
///   of it
///                        is inherited
///   anomalous_behaviour  an account that in 3..6 nights from a Saturday on passes on very large
///   round sums within
///                        minutes, and pays out to, or collects from, hundreds of accounts (two of
///                        three)
///
/// Around one account, which is a person without income who pays others in cash, so that little is
/// seen beside what is planted (scenarios/generator_flows.cpp):
///
///   account_structuring  3..6 cash deposits of 8,100..9,900 USD, every second time on one day,
///                        else within a week
///   smurfing             4..7 senders of 2,700..9,500 USD each, within 6 days
///   fan_in, fan_out      5..9 counterparties of 2,500..18,000 USD each, within 4 days
///   round_amounts        3..6 wires of 2..15 whole thousands, within 12 days
///   pass_through         15,000..90,000 USD, of which 90..97 % leave in 1..3 parts within 36 hours
///   gather_scatter       3..5 senders of 5,000..20,000 USD within 5 days; 80..97 % of it goes to
///                        3..5 receivers in the 3 days after
///   funnel_account       3..5 deposits of 4,000..9,500 USD from accounts in three other countries;
///                        78..96 % is wired abroad in the 3 days after
///   mule                 an account opened 3..15 days before 3..5 senders pay 2,500..7,000 USD
///                        each; 90..97 % leaves within 36 hours
///   dormant_reactivation an account silent for more than 182 days, from the beginning of the period
///                        or after one small payment, that receives 6,000..40,000 USD and wires
///                        50..97 % of it abroad within 4 days; planted in periods of 200 days or
///                        more
/// Those that span several accounts are in scenarios/generator_planted_shapes.hpp.
Planting plant(Population& bank, DayNumber first_day, int days, int count, std::uint64_t seed);

}  // namespace aml::scenarios::generator
