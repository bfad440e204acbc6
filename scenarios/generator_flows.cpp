// SPDX-License-Identifier: Apache-2.0
// Laundering around one account: what it collects or distributes, and what flows through it.

#include "scenarios/planting_ground.hpp"

namespace aml::scenarios::generator {
namespace {

constexpr std::int64_t kReportingThreshold = 10'000 * kDollar;
/// Half a year and a reserve: how long a dormant account is silent at least.
constexpr int kSilentDays = 182;
/// From this length of the period on an account can be seen to fall silent and wake.
constexpr int kDaysToWakeIn = 200;

class FlowPlanter {
 public:
  explicit FlowPlanter(PlantingGround& ground) : ground_(ground), random_(ground.random()) {}

  void plant_account_structuring(int number);
  void plant_smurfing(int number);
  void plant_fan_in(int number);
  void plant_fan_out(int number);
  void plant_round_amounts(int number);
  void plant_pass_through(int number);
  void plant_gather_scatter(int number);
  void plant_funnel_account(int number);
  void plant_mule(int number);
  void plant_dormant_reactivation(int number);

 private:
  /// The account that the instance is about.
  AccountIndex subject(std::string_view role) {
    const AccountIndex account = ground_.take_quiet_person().current;
    ground_.name(EntityKind::kAccount, account, role);
    return account;
  }
  AccountIndex counterparty(std::string_view role) {
    const AccountIndex account = ground_.ordinary_account();
    ground_.name(EntityKind::kAccount, account, role);
    return account;
  }

  void pay_in(Seconds at, AccountIndex from, AccountIndex to, std::int64_t cents,
              std::string_view type = "transfer") {
    ground_.transfer(by_daylight(at), from, to, cents, type, "incoming");
  }

  /// Pays a total out in about equal parts, one to each receiver in turn, each a few hours after
  /// the one before and all within `hours` of `at`.
  void pay_out(Seconds at, AccountIndex from, const std::vector<AccountIndex>& receivers,
               std::size_t parts, std::int64_t total, std::int64_t hours, std::string_view type) {
    const auto count = static_cast<std::int64_t>(parts);
    std::int64_t left = total;
    for (std::size_t i = 0; i < parts; ++i) {
      at += random_.between(hours * kHour / count / 3, hours * kHour / count);
      const std::int64_t cents =
          i + 1 == parts ? left : total / count * random_.between(85, 115) / 100;
      left -= cents;
      ground_.transfer(by_daylight(at), from, receivers[i % receivers.size()], cents, type,
                       "outgoing");
    }
  }

  std::int64_t gather(AccountIndex account, std::size_t senders, Seconds& at, Seconds longest_gap,
                      std::int64_t least, std::int64_t most);

  PlantingGround& ground_;
  Random& random_;
};

/// Each of the senders pays once; returns the sum and moves `at` to the last payment.
std::int64_t FlowPlanter::gather(AccountIndex account, std::size_t senders, Seconds& at,
                                 Seconds longest_gap, std::int64_t least, std::int64_t most) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < senders; ++i) {
    if (i > 0) at += random_.between(longest_gap / 8, longest_gap);
    const std::int64_t cents = random_.between(least, most);
    pay_in(at, counterparty("sender"), account, cents);
    sum += cents;
  }
  return sum;
}

void FlowPlanter::plant_account_structuring(int number) {
  ground_.begin_instance("account_structuring", number);
  const AccountIndex account = subject("collector");
  const bool within_a_day = number % 2 == 0;
  Seconds at = ground_.start(7);
  if (within_a_day) at = at / kDay * kDay + random_.between(0, 2 * kHour);
  const int deposits = 3 + number % 4;
  const Seconds longest_gap = (within_a_day ? 20 * kHour : 6 * kDay) / deposits;
  for (int i = 0; i < deposits; ++i) {
    const std::int64_t cents = random_.between(81, 99) * kReportingThreshold / 100;
    pay_in(at, ground_.bank().institutions.cash_desk, account, cents, "cash");
    at += random_.between(longest_gap / 3, longest_gap);
  }
}

void FlowPlanter::plant_smurfing(int number) {
  ground_.begin_instance("smurfing", number);
  const AccountIndex account = subject("collector");
  Seconds at = ground_.start(7);
  const auto senders = static_cast<std::size_t>(4 + number % 4);
  gather(account, senders, at, 6 * kDay / static_cast<Seconds>(senders), 2'700 * kDollar,
         kReportingThreshold * 95 / 100);
}

void FlowPlanter::plant_fan_in(int number) {
  ground_.begin_instance("fan_in", number);
  const AccountIndex account = subject("collector");
  Seconds at = ground_.start(7);
  const auto senders = static_cast<std::size_t>(5 + number % 5);
  gather(account, senders, at, 4 * kDay / static_cast<Seconds>(senders), 2'500 * kDollar,
         18'000 * kDollar);
}

void FlowPlanter::plant_fan_out(int number) {
  ground_.begin_instance("fan_out", number);
  const AccountIndex account = subject("distributor");
  Seconds at = ground_.start(7);
  const int receivers = 5 + number % 5;
  for (int i = 0; i < receivers; ++i) {
    ground_.transfer(by_daylight(at), account, counterparty("receiver"),
                     random_.between(2'500, 18'000) * kDollar, "transfer", "outgoing");
    at += random_.between(kHour, 4 * kDay / receivers);
  }
}

void FlowPlanter::plant_round_amounts(int number) {
  ground_.begin_instance("round_amounts", number);
  const AccountIndex account = subject("collector");
  const AccountIndex sender = random_.pick(ground_.bank().institutions.wires_in);
  Seconds at = ground_.start(14);
  const int deposits = 3 + number % 4;
  for (int i = 0; i < deposits; ++i) {
    pay_in(at, sender, account, random_.between(2, 15) * 1'000 * kDollar, "wire");
    at += random_.between(12 * kHour, 12 * kDay / deposits);
  }
}

void FlowPlanter::plant_pass_through(int number) {
  ground_.begin_instance("pass_through", number);
  const AccountIndex account = subject("intermediary");
  Seconds at = ground_.start(4);
  const std::int64_t sum = random_.between(15'000, 90'000) * kDollar;
  pay_in(at, counterparty("sender"), account, sum);
  const auto parts = static_cast<std::size_t>(1 + number % 3);
  std::vector<AccountIndex> receivers{counterparty("receiver")};
  if (parts > 1) receivers.push_back(counterparty("receiver"));
  pay_out(at, account, receivers, parts, sum * random_.between(90, 97) / 100, 36, "transfer");
}

void FlowPlanter::plant_gather_scatter(int number) {
  ground_.begin_instance("gather_scatter", number);
  const AccountIndex account = subject("intermediary");
  Seconds at = ground_.start(10);
  const auto senders = static_cast<std::size_t>(3 + number % 3);
  const std::int64_t sum = gather(account, senders, at, 5 * kDay / static_cast<Seconds>(senders),
                                  5'000 * kDollar, 20'000 * kDollar);
  std::vector<AccountIndex> receivers(static_cast<std::size_t>(3 + number / 3 % 3));
  for (AccountIndex& receiver : receivers) receiver = counterparty("receiver");
  pay_out(at, account, receivers, receivers.size(), sum * random_.between(80, 97) / 100, 72,
          "transfer");
}

void FlowPlanter::plant_funnel_account(int number) {
  ground_.begin_instance("funnel_account", number);
  Population& bank = ground_.bank();
  const AccountIndex account = subject("funnel");
  const std::string_view own = bank.parties[bank.accounts[account].party].country;
  std::vector<std::string_view> elsewhere = {"CA", "MX", "PA", "GB", "AE"};
  std::erase(elsewhere, own);
  random_.shuffle(elsewhere);
  Seconds at = ground_.start(10);
  const auto deposits = static_cast<std::size_t>(3 + number % 3);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < deposits; ++i) {
    const Person& depositor = bank.persons[ground_.take_person()];
    bank.parties[depositor.party].country = elsewhere[i % 3];
    ground_.name(EntityKind::kAccount, depositor.current, "sender");
    if (i > 0) at += random_.between(3 * kHour, 30 * kHour);
    const std::int64_t cents = random_.between(4'000, 9'500) * kDollar;
    pay_in(at, depositor.current, account, cents);
    sum += cents;
  }
  pay_out(at, account, {random_.pick(bank.institutions.wires_out)},
          static_cast<std::size_t>(1 + number % 2), sum * random_.between(78, 96) / 100, 72,
          "wire");
}

void FlowPlanter::plant_mule(int number) {
  ground_.begin_instance("mule", number);
  Population& bank = ground_.bank();
  Person& person = bank.persons[ground_.take_lone_person()];
  person.keeps_quiet = true;
  person.paid_by = kNone;
  ground_.name(EntityKind::kAccount, person.current, "mule");
  Seconds at = ground_.start(25);
  const auto opened = static_cast<DayNumber>(at / kDay);
  person.active_from = opened + 1;
  for (const AccountIndex account : {person.current, person.savings})
    if (account != kNone) bank.accounts[account].opened_on = opened;
  at += random_.between(3 * kDay, 15 * kDay);
  const auto senders = static_cast<std::size_t>(3 + number % 3);
  const std::int64_t sum =
      gather(person.current, senders, at, 20 * kHour, 2'500 * kDollar, 7'000 * kDollar);
  pay_out(at, person.current, {counterparty("receiver")}, static_cast<std::size_t>(1 + number % 2),
          sum * random_.between(90, 97) / 100, 36, "transfer");
}

/// Every second account has a small payment at the beginning of the period, the others none at all.
void FlowPlanter::plant_dormant_reactivation(int number) {
  ground_.begin_instance("dormant_reactivation", number);
  Population& bank = ground_.bank();
  Person& person = bank.persons[ground_.take_lone_person()];
  person.keeps_quiet = true;
  ground_.name(EntityKind::kAccount, person.current, "reactivated");
  const DayNumber first_day = ground_.first_day();
  if (number % 2 == 1)
    ground_.behave(by_daylight((first_day + random_.between(0, 2)) * kDay), person.current,
                   random_.pick(bank.institutions.card_collection),
                   random_.between(5, 90) * kDollar, "card");
  Seconds at = (first_day + random_.between(kSilentDays + 3, ground_.days() - 10)) * kDay;
  person.active_from = static_cast<DayNumber>(at / kDay) + 8;
  const std::int64_t sum = random_.between(6'000, 40'000) * kDollar;
  pay_in(at, random_.pick(bank.institutions.wires_in), person.current, sum, "wire");
  pay_out(at, person.current, {random_.pick(bank.institutions.wires_out)},
          static_cast<std::size_t>(1 + number % 3), sum * random_.between(50, 97) / 100, 96,
          "wire");
}

}  // namespace

void plant_account_flows(PlantingGround& ground, int count) {
  FlowPlanter planter(ground);
  for (int i = 0; i < count; ++i) planter.plant_account_structuring(i);
  for (int i = 0; i < count; ++i) planter.plant_smurfing(i);
  for (int i = 0; i < count; ++i) planter.plant_fan_in(i);
  for (int i = 0; i < count; ++i) planter.plant_fan_out(i);
  for (int i = 0; i < count; ++i) planter.plant_round_amounts(i);
  for (int i = 0; i < count; ++i) planter.plant_pass_through(i);
  for (int i = 0; i < count; ++i) planter.plant_gather_scatter(i);
  for (int i = 0; i < count; ++i) planter.plant_funnel_account(i);
  for (int i = 0; i < count; ++i) planter.plant_mule(i);
  if (ground.days() < kDaysToWakeIn) return;
  for (int i = 0; i < count; ++i) planter.plant_dormant_reactivation(i);
}

}  // namespace aml::scenarios::generator
