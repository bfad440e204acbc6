// SPDX-License-Identifier: Apache-2.0
// What must hold after whatever was done to a bank.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/kills/bank.hpp"

namespace aml::test {

/// How each table that keeps its history was at each version that was looked at.
class Past {
 public:
  explicit Past(const Bank& bank);

  /// What does not hold, a sentence each: the newest version is what the tables hold now; some versions, by chance, are what they were.
  std::vector<std::string> look(std::mt19937& random);

  /// The same for all versions.
  std::vector<std::string> look_at_all() const;

  /// Takes what the versions are now for what they were.
  void take_anew();

 private:
  using Digests = std::map<std::string, std::string>;  ///< by table

  Digests now() const;
  Digests as_of(const std::string& version) const;
  Digests digests(const std::string& rows_of_a_table) const;
  std::vector<std::string> look_at(const std::string& version) const;

  const Bank& bank_;
  std::map<std::string, Digests> versions_;
};

/// The tables that name one of the keys, which were erased, a sentence each.
std::vector<std::string> traces(const Bank& bank, const std::vector<std::string>& erased_keys);

/// Gives all that silver holds to the other bank, which has nothing yet, as files in another order. Throws: std::runtime_error if it does
/// not take all.
void give_silver(const Bank& from, const Bank& to);

/// What differs between the alerts of two banks, a sentence for each table; what only tells which run it was is left out.
std::vector<std::string> differences_in_alerts(const Bank& expected, const Bank& found);

}  // namespace aml::test
