// SPDX-License-Identifier: Apache-2.0
#include "scenarios/generator_planted_shapes.hpp"

#include <algorithm>
#include <vector>

namespace aml::scenarios::generator {
namespace {

using Accounts = std::vector<AccountIndex>;

class ShapePlanter {
 public:
  explicit ShapePlanter(PlantingGround& ground) : ground_(ground), random_(ground.random()) {}

  void plant_scatter_gather(int number) {
    ground_.begin_instance("scatter_gather", number);
    const Accounts source = named(1, "source");
    const Accounts middles = named(3 + number % 5, "middle");
    const Accounts sink = named(1, "sink");
    const Seconds begin = ground_.start(9);
    const std::int64_t even = leg(1'000);
    for (const AccountIndex middle : middles) {
      const Seconds in = begin + random_.between(0, 5 * kDay);
      const Seconds out = in + random_.between(4 * kHour, 60 * kHour);
      const std::int64_t cents = number % 2 == 0 ? even : leg(1'000);
      transfer(in, source[0], middle, cents, "scatter");
      transfer(out, middle, sink[0], cents * random_.between(900, 1000) / 1000, "gather");
    }
  }

  void plant_bipartite(int number) {
    ground_.begin_instance("bipartite", number);
    const Accounts sources = named(2 + number % 3, "source");
    const Accounts sinks = named(3 + number / 3 % 3, "sink");
    const Seconds begin = ground_.start(8);
    pay_all(sources, sinks, begin, 8 * kDay, "leg");
  }

  void plant_stack(int number) {
    ground_.begin_instance("stack", number);
    const Accounts payers = named(2 + number % 2, "payer");
    const Accounts middles = named(2 + number / 2 % 2, "middle");
    const Accounts payees = named(2 + number / 4 % 2, "payee");
    const Seconds begin = ground_.start(17);
    pay_all(payers, middles, begin, 10 * kDay, "first leg");
    pay_all(middles, payees, begin + 5 * kDay, 12 * kDay, "second leg");
  }

  void plant_chain(int number) {
    ground_.begin_instance("chain_layering", number);
    const int hops = 3 + number % 5;
    const Accounts accounts = named(hops + 1, "member");
    Seconds at = ground_.start(14);
    // Seven commissions of 8 % leave more than half: even the last hop stays above 3,000 USD.
    std::int64_t cents = std::clamp<std::int64_t>(random_.log_normal(15'000 * kDollar, 700),
                                                  6'000 * kDollar, 60'000 * kDollar);
    for (std::size_t hop = 0; hop + 1 < accounts.size(); ++hop) {
      transfer(at, accounts[hop], accounts[hop + 1], cents, "hop");
      // Nights make up to nine hours more of it.
      at += random_.between(2 * kHour, 36 * kHour);
      cents = cents * random_.between(920, 1000) / 1000;
    }
  }

 private:
  /// New accounts that take part in the instance.
  Accounts named(int count, std::string_view role) {
    Accounts accounts(static_cast<std::size_t>(count));
    for (AccountIndex& account : accounts) {
      account = ground_.ordinary_account();
      ground_.name(EntityKind::kAccount, account, role);
    }
    return accounts;
  }

  std::int64_t leg(std::int64_t least_dollars) {
    return random_.between(least_dollars, 9'000) * kDollar;
  }

  void pay_all(const Accounts& payers, const Accounts& payees, Seconds begin, Seconds span,
               std::string_view role) {
    for (const AccountIndex payer : payers)
      for (const AccountIndex payee : payees)
        transfer(begin + random_.between(0, span), payer, payee, leg(1'500), role);
  }

  void transfer(Seconds at, AccountIndex from, AccountIndex to, std::int64_t cents,
                std::string_view role) {
    ground_.transfer(by_daylight(at), from, to, cents, "transfer", role);
  }

  PlantingGround& ground_;
  Random& random_;
};

}  // namespace

void plant_shapes(PlantingGround& ground, int count) {
  ShapePlanter planter(ground);
  for (int i = 0; i < count; ++i) planter.plant_scatter_gather(i);
  for (int i = 0; i < count; ++i) planter.plant_bipartite(i);
  for (int i = 0; i < count; ++i) planter.plant_stack(i);
  for (int i = 0; i < count; ++i) planter.plant_chain(i);
}

}  // namespace aml::scenarios::generator
