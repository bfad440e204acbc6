// SPDX-License-Identifier: Apache-2.0
// The ordinary life of the bank, one day at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "scenarios/generator_population.hpp"

namespace aml::scenarios::generator {

/// A transfer before it has a key: amounts are in US cents until they are written in the sender's
/// currency.
struct PlannedTransfer {
  Seconds at = 0;
  AccountIndex from = kNone;
  AccountIndex to = kNone;
  std::int64_t cents = 0;
  std::string_view type;
  std::uint32_t planted = kNone;  ///< position in Planting::transfers, kNone for ordinary life
};

/// Appends the ordinary transfers of one day, in no order: wages on paydays, rents and bills on
/// bill days, card payments and shopping with the rhythm of the week, invoices on working days,
/// payments among friends and in households. The same population, day and seed give the same
/// transfers, whatever days were asked for before. Rate: about 6 transfers for each account in 30
/// days.
void append_ordinary_day(const Population& bank, const Day& day, std::uint64_t seed,
                         std::vector<PlannedTransfer>& out);

}  // namespace aml::scenarios::generator
