// SPDX-License-Identifier: Apache-2.0
// Somebody who does to a bank whatever `aml` lets one do, in no order.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "tests/kills/bank.hpp"
#include "tests/kills/deliveries.hpp"

namespace aml::test {

class Clerk {
 public:
  /// Both must outlive the clerk.
  Clerk(const Bank& bank, std::mt19937& random, std::vector<Delivery> deliveries);

  /// Does one thing, and returns what, in words. Throws: std::runtime_error if a command did not end well.
  std::string act();

  /// A run of all scenarios whose findings depend on the data alone.
  std::string run();

  /// Whether somebody was erased since the last question: then the past is another.
  bool has_erased();

  /// The keys of all that were erased, which were no others' before.
  std::vector<std::string> erased_keys() const;

 private:
  std::string load();
  std::string watch();
  std::string describe_anew();
  std::string run_some();
  std::string correct();
  std::string restore();
  std::string undo_restore();
  std::string erase();
  std::string bring_back();
  std::string look_back();

  std::string command(const std::vector<std::string>& words);
  std::string one_of(const std::string& sql);
  std::size_t below(std::size_t n) { return random_() % n; }

  const Bank& bank_;
  std::mt19937& random_;
  std::vector<Delivery> deliveries_;
  std::size_t loaded_ = 0;   ///< deliveries whose folder was loaded
  std::size_t watched_ = 0;  ///< and whose waves were watched
  int files_ = 0;
  bool has_erased_ = false;
  struct Erased {
    bool is_party;
    std::string key;
  };
  std::vector<Erased> erased_;
};

}  // namespace aml::test
