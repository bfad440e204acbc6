// SPDX-License-Identifier: Apache-2.0
// The bank while laundering is planted in it: who has not taken part yet, and what is planted so
// far. Internal to scenarios/.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "scenarios/generator_calendar.hpp"
#include "scenarios/generator_planted.hpp"
#include "scenarios/generator_population.hpp"
#include "scenarios/generator_random.hpp"

namespace aml::scenarios::generator {

inline constexpr std::int64_t kDollar = 100;

class PlantingGround {
 public:
  PlantingGround(Population& bank, DayNumber first_day, int days, std::uint64_t seed);

  Population& bank() { return bank_; }
  Random& random() { return random_; }
  DayNumber first_day() const { return first_day_; }
  int days() const { return days_; }

  // Nobody is taken twice. Positions in Population::persons.
  std::uint32_t take_person() { return take(persons_.empty() ? alone_ : persons_); }
  /// Someone who shares no household: nobody pays them unasked. Another person if there is none.
  std::uint32_t take_lone_person() { return alone_.empty() ? take_person() : take(alone_); }
  /// Someone to whom nobody pays for a household or a circle of friends, who from now on keeps
  /// quiet and has no income: only small payments are seen beside what is planted.
  Person& take_quiet_person();
  AccountIndex person_account() { return bank_.persons[take_person()].current; }
  /// One in five is a company, as long as there are companies.
  AccountIndex ordinary_account(std::uint32_t company_per_million = 200'000);

  std::uint32_t begin_instance(std::string_view typology, int number);
  void name(EntityKind kind, std::uint32_t index, std::string_view role);
  /// A transfer that the label of the newest instance names.
  void transfer(Seconds at, AccountIndex from, AccountIndex to, std::int64_t cents,
                std::string_view type, std::string_view role) {
    add(at, from, to, cents, type, role, true);
  }
  /// Behaviour of the newest instance that no label names.
  void behave(Seconds at, AccountIndex from, AccountIndex to, std::int64_t cents,
              std::string_view type) {
    if (from != to) add(at, from, to, cents, type, {}, false);
  }

  /// A moment that leaves `span_days` and a day's reserve until the period ends.
  Seconds start(int span_days);

  /// All that was planted, transfers in time order.
  Planting harvest();

 private:
  static std::uint32_t take(std::vector<std::uint32_t>& pool);
  void add(Seconds at, AccountIndex from, AccountIndex to, std::int64_t cents,
           std::string_view type, std::string_view role, bool labelled);

  Population& bank_;
  DayNumber first_day_;
  int days_;
  Random random_;
  Planting planting_;
  std::vector<std::uint32_t> alone_;      ///< persons who share no household; not taken yet
  std::vector<std::uint32_t> persons_;    ///< other ordinary persons, not taken yet
  std::vector<std::uint32_t> companies_;  ///< not taken yet
};

/// Plants `count` instances of each typology around one account: see generator_planted.hpp.
void plant_account_flows(PlantingGround& ground, int count);

}  // namespace aml::scenarios::generator
