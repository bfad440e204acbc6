// SPDX-License-Identifier: Apache-2.0
#include "scenarios/generator_background.hpp"

#include <algorithm>
#include <array>

namespace aml::scenarios::generator {
namespace {

using HourWeights = std::array<std::uint16_t, 24>;
constexpr HourWeights kShoppingHours = {1,  0,  0,  0,  0,  1,  6,  18, 30, 40, 52, 62,
                                        78, 66, 52, 50, 60, 82, 90, 70, 44, 24, 12, 4};
constexpr HourWeights kEveningHours = {6,  2,  1,  0,  0,  0,  2,  8,  14, 18, 20, 22,
                                       30, 26, 22, 24, 30, 44, 60, 72, 70, 56, 34, 16};
constexpr HourWeights kOfficeHours = {0,  0,  0,  0,  0,  0,  1, 8, 40, 80, 95, 80,
                                      40, 60, 90, 85, 60, 24, 6, 1, 0,  0,  0,  0};

/// How much is bought on each day of the week, in thousandths of an average day.
constexpr std::array<std::uint32_t, 7> kShoppingWeek = {840, 830, 880, 960, 1290, 1500, 700};

/// How often a person buys by card and directly at a shop, in a million days.
constexpr std::uint32_t kCardPayments = 82'000;
constexpr std::uint32_t kShopPayments = 38'000;

/// When in a day things happen.
enum class Hours { kBatch, kOffice, kShopping, kEvening };

Seconds draw_hour(Random& random, const HourWeights& weights) {
  std::uint32_t total = 0;
  for (const auto weight : weights) total += weight;
  std::uint64_t left = random.below(total);
  Seconds hour = 0;
  while (left >= weights[static_cast<std::size_t>(hour)])
    left -= weights[static_cast<std::size_t>(hour++)];
  return hour;
}

Seconds time_of_day(Random& random, Hours hours) {
  const Seconds within_hour = random.between(0, kHour - 1);
  switch (hours) {
    case Hours::kShopping:
      return draw_hour(random, kShoppingHours) * kHour + within_hour;
    case Hours::kEvening:
      return draw_hour(random, kEveningHours) * kHour + within_hour;
    case Hours::kOffice:
      return draw_hour(random, kOfficeHours) * kHour + within_hour;
    case Hours::kBatch:
      break;
  }
  return (6 + random.between(0, 1)) * kHour + within_hour;
}

constexpr std::int64_t kDollar = 100;

/// Prices end in 9 or in round numbers more often than chance would have it.
std::int64_t price(Random& random, std::int64_t median, std::int64_t sigma_permille) {
  const std::int64_t cents = random.log_normal(median, sigma_permille);
  const std::uint64_t habit = random.below(10);
  if (habit < 3 && cents > 200) return cents / 100 * 100 + 99;
  if (habit < 5 && cents > 200) return cents / 100 * 100;
  return cents;
}

/// What people send each other: mostly whole dollars, often tens.
std::int64_t friendly_sum(Random& random, std::int64_t median) {
  const std::int64_t cents = random.log_normal(median, 800);
  const std::int64_t step = random.chance(500'000) ? 10 * kDollar : kDollar;
  return std::max(cents / step * step, 5 * kDollar);
}

class OrdinaryDay {
 public:
  OrdinaryDay(const Population& bank, const Day& day, std::uint64_t seed,
              std::vector<PlannedTransfer>& out)
      : bank_(bank),
        day_(day),
        random_(seed, Stream::kDays, static_cast<std::uint64_t>(day.number)),
        shopping_rate_(kShoppingWeek[static_cast<std::size_t>(day.weekday)]),
        shop_choice_(bank),
        out_(out) {}

  void run() {
    for (std::size_t i = 0; i < bank_.persons.size(); ++i) {
      const Person& person = bank_.persons[i];
      if (person.active_from > day_.number) continue;
      receive_income(person);
      pay_home_and_bills(person, i == person.household_first);
      shop(person);
      draw_cash(person);
      save(person);
      if (!person.keeps_quiet) pay_people(person, static_cast<std::uint32_t>(i));
    }
    for (const Company& company : bank_.companies) do_business(company);
    for (const AccountIndex chain : bank_.chains) settle_cards(chain, 900'000, 4'000'000);
  }

 private:
  /// True once in `days` days on average.
  bool once_in(std::uint32_t days) { return random_.chance(1'000'000 / days); }

  void pay(AccountIndex from, AccountIndex to, std::int64_t cents, std::string_view type,
           Hours hours) {
    if (from == to || from == kNone || to == kNone) return;
    out_.push_back({day_.begin() + time_of_day(random_, hours), from, to, cents, type});
  }

  void receive_income(const Person& person) {
    if (person.paid_by == kNone || !day_.is_payday(person.payday)) return;
    const bool pension = person.paid_by == bank_.institutions.pensions ||
                         person.paid_by == bank_.institutions.benefits;
    const std::int64_t varied = random_.chance(250'000) ? random_.between(96, 112) : 100;
    const std::int64_t cents = pension ? person.income : person.income * varied / 100;
    pay(person.paid_by, person.current, cents, pension ? "pension" : "salary", Hours::kBatch);
  }

  void pay_home_and_bills(const Person& person, bool heads_household) {
    if (heads_household && !person.keeps_quiet && day_.is_bill_day(1))
      pay(person.current, person.housing, person.housing_cost, "rent", Hours::kBatch);
    if (heads_household && day_.is_bill_day(8))
      pay(person.current, person.bills[0], random_.log_normal(9'000, 350), "utility",
          Hours::kBatch);
    if (day_.is_bill_day(12))
      pay(person.current, person.bills[1], 1'999 + (person.party % 9) * 500, "utility",
          Hours::kBatch);
    if (day_.is_bill_day(20))
      pay(person.current, person.bills[2], 6'000 + (person.party % 37) * 250, "insurance",
          Hours::kBatch);
    if (person.rents != kNone && day_.is_bill_day(5))
      pay(person.rents, person.current, random_.log_normal(350'000, 300), "internal",
          Hours::kBatch);
    if (person.rents != kNone && once_in(60))
      pay(person.rents, random_.pick(bank_.companies).account, price(random_, 35'000, 700),
          "invoice", Hours::kOffice);
  }

  void shop(const Person& person) {
    const auto rate = [&](std::uint32_t a_day) {
      return static_cast<std::uint32_t>(std::uint64_t{a_day} * person.thrift_permille / 1000 *
                                        shopping_rate_ / 1000);
    };
    if (random_.chance(rate(kCardPayments)))
      pay(person.current, random_.pick(bank_.institutions.card_collection),
          price(random_, 3'200, 900), "card", Hours::kShopping);
    if (person.keeps_quiet) return;
    if (random_.chance(rate(kShopPayments))) {
      const AccountIndex shop =
          random_.chance(750'000) ? random_.pick(person.shops) : shop_choice_.draw(random_);
      pay(person.current, shop, price(random_, 4'500, 850), "purchase", Hours::kShopping);
    }
    if (once_in(200))
      pay(person.current, random_.pick(bank_.companies).account, price(random_, 24'000, 800),
          "invoice", Hours::kEvening);
    if (once_in(400))
      pay(person.current, bank_.institutions.tax, price(random_, 60'000, 600), "tax",
          Hours::kEvening);
    if (once_in(900))
      pay(person.current, random_.pick(bank_.institutions.wires_out), friendly_sum(random_, 30'000),
          "wire", Hours::kEvening);
  }

  void draw_cash(const Person& person) {
    if (once_in(70))
      pay(person.current, random_.pick(bank_.institutions.cash_machines),
          20 * kDollar * random_.between(1, 15), "cash", Hours::kShopping);
    if (once_in(600))
      pay(bank_.institutions.cash_desk, person.current, friendly_sum(random_, 40'000), "cash",
          Hours::kOffice);
  }

  void save(const Person& person) {
    if (person.savings == kNone) return;
    if (day_.is_bill_day(3) && random_.chance(700'000))
      pay(person.current, person.savings,
          std::max<std::int64_t>(person.income / 12 / 2'500 * 2'500, 2'500), "internal",
          Hours::kBatch);
    if (once_in(150))
      pay(person.savings, person.current, friendly_sum(random_, 45'000), "internal",
          Hours::kEvening);
  }

  /// Money among people goes to the one who keeps the household's or the circle's purse; only now
  /// and then across.
  void pay_people(const Person& person, std::uint32_t self) {
    if (self != person.household_first && person.income > 0 && day_.is_bill_day(2))
      pay(person.current, bank_.persons[person.household_first].current,
          person.income / 6 / 1'000 * 1'000, "transfer", Hours::kBatch);
    if (!once_in(45)) return;
    const Circle& circle = bank_.circles[person.circle];
    const std::uint32_t organiser = bank_.circle_members[circle.first];
    std::uint32_t friend_of = organiser;
    if (self == organiser || random_.chance(50'000))
      friend_of = bank_.circle_members[circle.first + random_.below(circle.size)];
    if (bank_.persons[friend_of].active_from > day_.number) return;
    pay(person.current, bank_.persons[friend_of].current, friendly_sum(random_, 3'500), "transfer",
        Hours::kEvening);
  }

  void settle_cards(AccountIndex shop, std::int64_t median, std::int64_t most) {
    if (day_.weekday != 1) return;
    pay(random_.pick(bank_.institutions.card_settlement), shop,
        std::min(random_.log_normal(median, 500), most), "settlement", Hours::kBatch);
  }

  void do_business(const Company& company) {
    if (company.is_shop) settle_cards(company.account, 120'000, 900'000);
    if (!day_.working) return;
    if (day_.is_bill_day(1))
      pay(company.account, company.premises, 90'000 + company.party % 40 * 5'000, "rent",
          Hours::kBatch);
    if (day_.is_bill_day(10))
      pay(company.account, bank_.institutions.tax, random_.log_normal(80'000, 700), "tax",
          Hours::kBatch);
    if (once_in(9))
      pay(company.account, random_.pick(company.suppliers), random_.log_normal(90'000, 1'150),
          "invoice", Hours::kOffice);
    if (once_in(120))
      pay(random_.pick(bank_.institutions.wires_in), company.account,
          random_.log_normal(400'000, 1'000), "wire", Hours::kOffice);
    if (once_in(160))
      pay(company.account, random_.pick(bank_.institutions.wires_out),
          random_.log_normal(300'000, 1'000), "wire", Hours::kOffice);
  }

  const Population& bank_;
  const Day& day_;
  Random random_;
  std::uint32_t shopping_rate_;
  ShopChoice shop_choice_;
  std::vector<PlannedTransfer>& out_;
};

}  // namespace

void append_ordinary_day(const Population& bank, const Day& day, std::uint64_t seed,
                         std::vector<PlannedTransfer>& out) {
  OrdinaryDay(bank, day, seed, out).run();
}

}  // namespace aml::scenarios::generator
