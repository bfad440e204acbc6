// SPDX-License-Identifier: Apache-2.0
// A bank small enough to know by heart, with one instance for each shipped scenario, written
// straight into silver.
#pragma once

#include "tests/support/test_database.hpp"

namespace aml::test {

/// 120 accounts A1..A120 of 119 parties P1..P119 (A120 is the second account of P119), 60 days of
/// everyday payments from most accounts to the next ones, and
/// - a round trip: A1 -> A2 -> A3 -> A4 -> A1 (transfers R1..R4),
/// - structuring: A10 -> A11 -> A12 and A13 -> A14 -> A12 below the threshold, A12 -> A15 (S1..S5),
/// - synthetic identities: P20, P21 and P22 share address, e-mail and phone,
/// - risk exposure: P50 and P51, each of risk 10, pay P30 (K1, K2),
/// - an anomaly: A40 pays a hundred accounts in one night (N1..N100),
/// - what add_planted_around_one_account() and add_planted_shapes() say.
/// The rows are inserted in an order that depends on shuffle_seed; in nothing else do two small
/// banks differ.
void insert_small_bank(const TestDatabase& database, unsigned shuffle_seed = 1);

}  // namespace aml::test
