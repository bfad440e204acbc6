// SPDX-License-Identifier: Apache-2.0
// Who banks at the generated bank: parties, their accounts and their habits.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/generator_calendar.hpp"
#include "scenarios/generator_random.hpp"

namespace aml::scenarios::generator {

using PartyIndex = std::uint32_t;    ///< position in Population::parties; P1 is the first
using AccountIndex = std::uint32_t;  ///< position in Population::accounts; A1 is the first
inline constexpr std::uint32_t kNone = 0xFFFFFFFFU;

enum class PartyKind : std::uint8_t { kPerson, kCompany };

struct Party {
  PartyKind kind = PartyKind::kPerson;
  std::int32_t risk_tenths = 0;  ///< base risk 0..10 in tenths
  std::string_view country{};
  std::string name{};
  std::string address{};
  std::string email{};
  std::string phone{};
};

struct Account {
  PartyIndex party = kNone;
  std::string_view kind;
  Currency currency = Currency::kUsd;
  DayNumber opened_on = 0;
};

/// A person with the accounts and habits that make their transfers.
struct Person {
  PartyIndex party = kNone;
  AccountIndex current = kNone;
  AccountIndex savings = kNone;
  AccountIndex rents = kNone;    ///< where a landlord's tenants pay
  AccountIndex paid_by = kNone;  ///< employer, pension fund or benefits office
  AccountIndex housing = kNone;  ///< landlord or mortgage bank; the first of a household pays
  std::array<AccountIndex, 3> bills{kNone, kNone, kNone};  ///< electricity, telephone, insurance
  std::array<AccountIndex, 4> shops{};                     ///< where they are known by name
  std::int64_t income = 0;                                 ///< cents a month
  std::int64_t housing_cost = 0;                           ///< cents a month
  std::uint32_t household_first = 0;  ///< a household is a run of neighbours in Population::persons
  std::uint32_t household_size = 1;
  std::uint32_t circle = 0;              ///< friends: position of the circle in Population::circles
  std::uint32_t thrift_permille = 1000;  ///< how much they buy: 1000 is ordinary
  std::uint8_t payday = 0;
  /// Pays people, shops and landlords in cash, as some do who would rather leave no trace: the
  /// account sees income, cards, bills and cash machines only.
  bool keeps_quiet = false;
  DayNumber active_from = 0;
};

/// A small company that earns from customers and pays suppliers, premises, taxes and a few wages.
struct Company {
  PartyIndex party = kNone;
  AccountIndex account = kNone;
  AccountIndex premises = kNone;
  std::array<AccountIndex, 4> suppliers{};
  std::uint8_t payday = 0;
  bool is_shop = false;  ///< gets card settlements
};

/// Accounts with thousands of counterparties at full size. Each only receives or only pays, as
/// large organisations keep their collection and payroll accounts apart; what flows between the two
/// passes through the central bank, unseen here.
struct Institutions {
  std::vector<AccountIndex> electricity, telephone, insurance, mortgages;
  std::vector<AccountIndex> card_collection, card_settlement;
  std::vector<AccountIndex> cash_machines;
  std::vector<AccountIndex> wires_out, wires_in;  ///< correspondent banks
  AccountIndex cash_desk = kNone, tax = kNone, pensions = kNone, benefits = kNone;
};

struct Circle {
  std::uint32_t first = 0;  ///< in Population::circle_members; the first member organises
  std::uint32_t size = 0;
};

struct Population {
  std::vector<Party> parties;
  std::vector<Account> accounts;
  std::vector<Person> persons;
  std::vector<Company> companies;
  Institutions institutions;
  std::vector<AccountIndex> chains;  ///< collection accounts of shop chains, the most popular first
  std::vector<AccountIndex> wholesalers;  ///< collection accounts
  std::vector<AccountIndex> payrolls;     ///< of big employers, the biggest first
  std::vector<AccountIndex> shops;        ///< small shops, the most popular first
  std::vector<Circle> circles;
  std::vector<std::uint32_t> circle_members;  ///< positions in persons
};

/// Where people buy: two of three times at a chain.
class ShopChoice {
 public:
  explicit ShopChoice(const Population& bank);
  AccountIndex draw(Random& random) const;

 private:
  const Population& bank_;
  ZipfRanks chains_;
  ZipfRanks shops_;
};

/// Exactly `accounts` accounts, all opened before `first_day`.
Population make_population(std::int64_t accounts, DayNumber first_day, std::uint64_t seed);

}  // namespace aml::scenarios::generator
