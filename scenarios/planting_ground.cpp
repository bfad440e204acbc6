// SPDX-License-Identifier: Apache-2.0
#include "scenarios/planting_ground.hpp"

#include <algorithm>
#include <cassert>

namespace aml::scenarios::generator {

PlantingGround::PlantingGround(Population& bank, DayNumber first_day, int days, std::uint64_t seed)
    : bank_(bank), first_day_(first_day), days_(days), random_(seed, Stream::kPlanted) {
  for (std::uint32_t i = 0; i < bank_.persons.size(); ++i) {
    const Person& person = bank_.persons[i];
    if (person.rents != kNone || bank_.parties[person.party].risk_tenths > 0) continue;
    (person.household_size == 1 ? alone_ : persons_).push_back(i);
  }
  for (std::uint32_t i = 0; i < bank_.companies.size(); ++i) {
    const Company& company = bank_.companies[i];
    if (company.is_shop || bank_.parties[company.party].risk_tenths > 0) continue;
    companies_.push_back(i);
  }
  random_.shuffle(alone_);
  random_.shuffle(persons_);
  random_.shuffle(companies_);
}

std::uint32_t PlantingGround::take(std::vector<std::uint32_t>& pool) {
  assert(!pool.empty());
  const std::uint32_t taken = pool.back();
  pool.pop_back();
  return taken;
}

Person& PlantingGround::take_quiet_person() {
  const auto is_paid_by_friends = [&](std::uint32_t i) {
    const Person& person = bank_.persons[i];
    const bool organises = bank_.circle_members[bank_.circles[person.circle].first] == i;
    return organises || (person.household_size > 1 && person.household_first == i);
  };
  auto& pool = persons_.empty() ? alone_ : persons_;
  const auto quiet = std::find_if_not(pool.rbegin(), pool.rend(), is_paid_by_friends);
  if (quiet != pool.rend()) std::swap(*quiet, pool.back());
  Person& person = bank_.persons[take(pool)];
  person.keeps_quiet = true;
  person.paid_by = kNone;
  return person;
}

AccountIndex PlantingGround::ordinary_account(std::uint32_t company_per_million) {
  if (companies_.empty() || !random_.chance(company_per_million)) return person_account();
  return bank_.companies[take(companies_)].account;
}

std::uint32_t PlantingGround::begin_instance(std::string_view typology, int number) {
  planting_.instances.push_back({typology, number + 1, {}});
  return static_cast<std::uint32_t>(planting_.instances.size() - 1);
}

void PlantingGround::name(EntityKind kind, std::uint32_t index, std::string_view role) {
  planting_.instances.back().entities.push_back({kind, index, role});
}

void PlantingGround::add(Seconds at, AccountIndex from, AccountIndex to, std::int64_t cents,
                         std::string_view type, std::string_view role, bool labelled) {
  assert(at >= first_day_ * kDay && at < (first_day_ + days_) * kDay);
  planting_.transfers.push_back({{at, from, to, cents, type},
                                 static_cast<std::uint32_t>(planting_.instances.size() - 1),
                                 role,
                                 labelled});
}

Seconds PlantingGround::start(int span_days) {
  const auto day = first_day_ + random_.between(1, days_ - span_days - 2);
  return day * kDay + random_.between(0, kDay - 1);
}

Planting PlantingGround::harvest() {
  std::ranges::stable_sort(planting_.transfers, {},
                           [](const PlantedTransfer& planted) { return planted.transfer.at; });
  for (std::uint32_t i = 0; i < planting_.transfers.size(); ++i)
    planting_.transfers[i].transfer.planted = i;
  return std::move(planting_);
}

}  // namespace aml::scenarios::generator
