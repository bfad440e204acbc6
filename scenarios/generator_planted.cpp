// SPDX-License-Identifier: Apache-2.0
#include "scenarios/generator_planted.hpp"

#include <algorithm>
#include <array>

#include "scenarios/generator_names.hpp"
#include "scenarios/generator_planted_shapes.hpp"
#include "scenarios/planting_ground.hpp"

namespace aml::scenarios::generator {
namespace {

constexpr std::int64_t kReportingThreshold = 10'000 * kDollar;

/// Squeezes the 24 hours of a day into 00:00..05:00; keeps the order of times.
Seconds by_night(Seconds at) {
  return at / kDay * kDay + at % kDay * 5 / 24;
}

class Planter : private PlantingGround {
 public:
  using PlantingGround::PlantingGround;

  Planting plant(int count) {
    for (int i = 0; i < count; ++i) plant_structuring(i);
    for (int i = 0; i < count; ++i) plant_round_trip(i);
    for (int i = 0; i < count; ++i) plant_synthetic_identity(i);
    for (int i = 0; i < count; ++i) plant_risk_exposure(i);
    plant_account_flows(*this, count);
    find_counterparties();
    for (int i = 0; i < count; ++i) plant_anomalous_behaviour(i);
    plant_shapes(*this, count);
    return harvest();
  }

 private:
  /// Those whose accounts are not open all the time are left out. So is who bears a risk: hundreds
  /// of counterparties would make each anomalous account an exposed one too.
  void find_counterparties() {
    for (const Person& person : bank().persons)
      if (person.active_from <= first_day() && bank().parties[person.party].risk_tenths == 0)
        counterparties_.push_back(person.current);
    for (const Company& company : bank().companies)
      if (bank().parties[company.party].risk_tenths == 0)
        counterparties_.push_back(company.account);
  }

  void plant_structuring(int number);
  std::int64_t plant_branch(Seconds& at, AccountIndex collector, bool wide);
  void plant_exits(Seconds at, AccountIndex collector, std::int64_t inflow);
  void plant_round_trip(int number);
  void plant_synthetic_identity(int number);
  void tie(const std::vector<std::uint32_t>& members, int shape);
  void plant_risk_exposure(int number);
  void plant_anomalous_behaviour(int number);
  void distribute(Seconds night, AccountIndex account);
  void collect(Seconds night, AccountIndex account);
  void pass_on(Seconds night, AccountIndex account, std::int64_t passes);

  std::vector<AccountIndex> counterparties_;  ///< ordinary accounts, taken or not
};

void Planter::plant_structuring(int number) {
  begin_instance("structuring", number);
  const AccountIndex collector = ordinary_account(500'000);
  name(EntityKind::kAccount, collector, "collector");
  const Seconds begin = start(10);
  const int branches = 2 + number % 5;
  std::int64_t inflow = 0;
  Seconds last = begin;
  for (int i = 0; i < branches; ++i) {
    Seconds at = begin + random().between(0, 84 * kHour);
    inflow += plant_branch(at, collector, branches > 2);
    last = std::max(last, at);
  }
  plant_exits(last, collector, inflow);
}

/// Returns the amount of the second leg and moves `at` to its time. With two branches only, the
/// legs are larger, so that the sum is clearly above the threshold.
std::int64_t Planter::plant_branch(Seconds& at, AccountIndex collector, bool wide) {
  const AccountIndex sender = ordinary_account(), middle = ordinary_account();
  name(EntityKind::kAccount, sender, "sender");
  name(EntityKind::kAccount, middle, "middle");
  const std::int64_t least = kReportingThreshold * (wide ? 60 : 72) / 100;
  const std::int64_t step = random().chance(400'000) ? 50 * kDollar : 1;
  const std::int64_t first = random().between(least, kReportingThreshold * 99 / 100) / step * step;
  const std::int64_t second = first * random().between(860, 1000) / 1000;
  transfer(by_daylight(at), sender, middle, first, "transfer", "first leg");
  at += random().between(3 * kHour, 44 * kHour);
  transfer(by_daylight(at), middle, collector, second, "transfer", "second leg");
  return second;
}

void Planter::plant_exits(Seconds at, AccountIndex collector, std::int64_t inflow) {
  const std::array<AccountIndex, 2> receivers = {ordinary_account(), ordinary_account()};
  const std::int64_t exits = random().between(1, 3);
  const std::int64_t receivers_used = exits == 1 ? 1 : random().between(1, 2);
  for (std::int64_t i = 0; i < receivers_used; ++i)
    name(EntityKind::kAccount, receivers[static_cast<std::size_t>(i)], "receiver");
  const std::int64_t total = inflow * random().between(930, 1000) / 1000;
  std::int64_t left = total;
  for (std::int64_t i = 0; i < exits; ++i) {
    at += random().between(3 * kHour, 20 * kHour);
    const std::int64_t cents =
        i + 1 == exits ? left : total / exits * random().between(80, 115) / 100;
    left -= cents;
    transfer(by_daylight(at), collector, receivers[static_cast<std::size_t>(i % receivers_used)],
             cents, "wire", "exit");
  }
}

void Planter::plant_round_trip(int number) {
  begin_instance("round_tripping", number);
  const int length = 3 + number % 6;
  const bool within_a_day = number % 4 == 3;
  std::vector<AccountIndex> ring(static_cast<std::size_t>(length));
  for (AccountIndex& account : ring) account = ordinary_account(400'000);
  for (const AccountIndex account : ring) name(EntityKind::kAccount, account, "member");
  Seconds at = start(20);
  if (within_a_day) at = at / kDay * kDay + random().between(0, 2 * kHour);
  // Seven commissions of 5 % leave 70 %: even the last hop stays above 2,000 USD.
  std::int64_t cents = std::clamp<std::int64_t>(random().log_normal(9'000 * kDollar, 800),
                                                3'000 * kDollar, 50'000 * kDollar);
  const Seconds longest_gap = within_a_day ? 2 * kHour : 18 * kDay / length;
  for (int i = 0; i < length; ++i) {
    transfer(by_daylight(at), ring[static_cast<std::size_t>(i)],
             ring[static_cast<std::size_t>((i + 1) % length)], cents, "transfer", "hop");
    at += random().between(longest_gap / 6, longest_gap);
    cents = cents * random().between(950, 1000) / 1000;
  }
}

void Planter::plant_synthetic_identity(int number) {
  begin_instance("synthetic_identity", number);
  std::vector<std::uint32_t> members(3 + static_cast<std::size_t>(number) % 6);
  for (std::uint32_t& member : members) member = take_lone_person();
  tie(members, (number + number / 6) % 3);
  const auto week = first_day() + static_cast<DayNumber>(random().between(3, days() / 3));
  for (const std::uint32_t member : members) {
    Person& person = bank().persons[member];
    name(EntityKind::kParty, person.party, "member");
    const DayNumber opened = week + static_cast<DayNumber>(random().between(0, 6));
    person.active_from = opened + 1;
    for (const AccountIndex account : {person.current, person.savings})
      if (account != kNone) bank().accounts[account].opened_on = opened;
  }
}

/// Shape 0: everybody gives the same address, e-mail address and telephone number. 1: each shares
/// one of them with the next in a ring, in turns. 2: each of the others shares one of them with the
/// first.
void Planter::tie(const std::vector<std::uint32_t>& members, int shape) {
  const auto party = [&](std::size_t i) -> Party& {
    return bank().parties[bank().persons[members[i]].party];
  };
  for (std::size_t i = 0; i < members.size(); ++i) {
    // Every member has all three: numbers beyond those of the population are still free.
    const auto unused = 9'999'999 - bank().persons[members[i]].party;
    if (party(i).phone.empty()) party(i).phone = phone(unused, party(i).country);
    if (party(i).email.empty())
      party(i).email = "m" + std::to_string(bank().persons[members[i]].party) + "@example.com";
  }
  const auto share = [&](std::size_t kind, const Party& from, Party& to) {
    if (kind == 0) to.address = respell_address(random(), from.address);
    if (kind == 1) to.email = respell_email(random(), from.email);
    if (kind == 2) to.phone = respell_phone(random(), from.phone);
  };
  const Party centre = party(0);
  Party before = centre;
  for (std::size_t i = 1; i < members.size(); ++i) {
    const Party own = party(i);
    if (shape == 0)
      for (std::size_t kind = 0; kind < 3; ++kind) share(kind, centre, party(i));
    if (shape == 1) share((i - 1) % 3, before, party(i));
    if (shape == 2) share((i - 1) % 3, centre, party(i));
    before = own;
  }
  // The kinds that a short ring or star has not used yet close it.
  if (shape != 0)
    for (std::size_t kind = members.size() - 1; kind < 3; ++kind)
      share(kind, centre, party(members.size() - 1));
}

void Planter::plant_risk_exposure(int number) {
  begin_instance("risk_exposure", number);
  Person& person = bank().persons[take_person()];
  person.keeps_quiet = true;
  const AccountIndex exposed = person.current;
  name(EntityKind::kParty, person.party, "exposed");
  const int payers = 2 + number % 4;
  const std::int64_t sum_of_tenths = random().between(130, 150);
  for (int i = 0; i < payers; ++i) {
    Person& payer = bank().persons[take_person()];
    payer.keeps_quiet = true;
    bank().parties[payer.party].risk_tenths = static_cast<std::int32_t>(sum_of_tenths / payers);
    for (std::int64_t left = random().between(1, 4); left > 0; --left)
      behave(by_daylight(start(1)), payer.current, exposed,
             std::clamp<std::int64_t>(random().log_normal(1'500 * kDollar, 700), 300 * kDollar,
                                      8'000 * kDollar),
             "transfer");
  }
}

void Planter::plant_anomalous_behaviour(int number) {
  begin_instance("anomalous_behaviour", number);
  const AccountIndex account = ordinary_account();
  name(EntityKind::kAccount, account, "subject");
  // It begins in the night to a Saturday, when nobody watches.
  Seconds begin = start(14) / kDay * kDay;
  while (day_of(static_cast<DayNumber>(begin / kDay)).weekday != 5) begin += kDay;
  const auto nights = static_cast<int>(random().between(3, 6));
  for (int night = 0; night < nights; ++night, begin += kDay) {
    if (number % 3 == 0) distribute(begin, account);
    if (number % 3 == 1) collect(begin, account);
    pass_on(begin + 12 * kHour, account, number % 3 == 2 ? 16 : 6);
  }
}

/// Sums from abroad, paid out by night in round sums to more than a hundred accounts within the
/// hour.
void Planter::distribute(Seconds night, AccountIndex account) {
  Seconds at = by_night(night + random().between(0, 4 * kHour));
  behave(at, random().pick(bank().institutions.wires_in), account,
         random().between(40, 90) * 1'000 * kDollar, "wire");
  for (std::int64_t left = random().between(90, 180); left > 0; --left) {
    at += random().between(4, 40);
    behave(at, account, random().pick(counterparties_), random().between(1, 9) * 100 * kDollar,
           "transfer");
  }
}

/// Small round sums collected by night from more than a hundred accounts, gone abroad in one before
/// morning.
void Planter::collect(Seconds night, AccountIndex account) {
  Seconds at = by_night(night + random().between(0, 4 * kHour));
  std::int64_t sum = 0;
  for (std::int64_t left = random().between(90, 180); left > 0; --left) {
    at += random().between(4, 40);
    const std::int64_t cents = random().between(1, 4) * 100 * kDollar;
    behave(at, random().pick(counterparties_), account, cents, "transfer");
    sum += cents;
  }
  behave(at + 60, account, random().pick(bank().institutions.wires_out),
         sum / (1'000 * kDollar) * 1'000 * kDollar, "wire");
}

/// Very large round sums from abroad that leave again within minutes.
void Planter::pass_on(Seconds night, AccountIndex account, std::int64_t passes) {
  Seconds at = by_night(night + random().between(0, 2 * kHour));
  for (std::int64_t left = passes + random().between(0, passes / 2); left > 0; --left) {
    const std::int64_t cents = random().between(5, 40) * 10'000 * kDollar;
    behave(at, random().pick(bank().institutions.wires_in), account, cents, "wire");
    at += random().between(30, 300);
    behave(at, account, random().pick(bank().institutions.wires_out), cents, "wire");
    at += random().between(30, 300);
  }
}

}  // namespace

Planting plant(Population& bank, DayNumber first_day, int days, int count, std::uint64_t seed) {
  return Planter(bank, first_day, days, seed).plant(count);
}

}  // namespace aml::scenarios::generator
