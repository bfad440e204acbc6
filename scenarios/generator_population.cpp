// SPDX-License-Identifier: Apache-2.0
#include "scenarios/generator_population.hpp"

#include <algorithm>

#include "scenarios/generator_names.hpp"

namespace aml::scenarios::generator {
namespace {

/// Parties that share one business address: more than the 50 from which detectors ignore an
/// attribute.
constexpr std::size_t kBusinessCentre = 70;

struct Residence {
  Currency currency = Currency::kUsd;
  std::string_view country = "US";
};

class Builder {
 public:
  Builder(std::int64_t accounts, DayNumber first_day, std::uint64_t seed)
      : size_(static_cast<std::size_t>(accounts)),
        first_day_(first_day),
        random_(seed, Stream::kPopulation) {}

  Population build() {
    add_institutions();
    add_trade();
    add_companies();
    add_persons();
    form_households();
    form_circles();
    settle_in();
    spread_risk();
    shuffle_keys();
    return std::move(bank_);
  }

 private:
  std::size_t share(std::size_t at_least, std::size_t per_ten_thousand) const {
    return at_least + size_ * per_ten_thousand / 10'000;
  }

  DayNumber opening_day() {
    return first_day_ - static_cast<DayNumber>(random_.between(30, 7'000));
  }

  Residence residence() {
    const std::uint64_t draw = random_.below(1000);
    if (draw < 15) return {Currency::kGbp, "GB"};
    if (draw < 40) return {Currency::kEur, random_.pick(kEuroCountries)};
    return {};
  }

  AccountIndex open_account(PartyIndex party, std::string_view kind, Currency currency) {
    bank_.accounts.push_back({party, kind, currency, opening_day()});
    return static_cast<AccountIndex>(bank_.accounts.size() - 1);
  }

  PartyIndex add_company_party(std::string name, std::string_view country) {
    const auto index = static_cast<PartyIndex>(bank_.parties.size());
    Party party{.kind = PartyKind::kCompany, .country = country, .name = std::move(name)};
    party.address = address(next_address_++);
    party.email = company_email(party.name, index);
    party.phone = phone(next_phone_++, country);
    bank_.parties.push_back(std::move(party));
    return index;
  }

  AccountIndex add_institution(const std::string& name, std::string_view kind) {
    return open_account(add_company_party(name, "US"), kind, Currency::kUsd);
  }

  void add_institutions(std::vector<AccountIndex>& to, std::size_t count, const std::string& name,
                        std::string_view kind) {
    for (std::size_t i = 1; i <= count; ++i)
      to.push_back(add_institution(name + ' ' + std::to_string(i), kind));
  }

  void add_institutions() {
    Institutions& all = bank_.institutions;
    // As few that each has thousands of counterparties at full size.
    const std::size_t regions = share(1, 1), nations = 1 + size_ / 40'000;
    add_institutions(all.electricity, regions, "Regional Power & Light", "collection");
    add_institutions(all.telephone, regions, "Telecom Region", "collection");
    add_institutions(all.card_collection, regions, "Card Acquiring", "collection");
    add_institutions(all.card_settlement, regions, "Card Settlement", "settlement");
    add_institutions(all.cash_machines, regions, "Cash Machine Network", "collection");
    add_institutions(all.insurance, nations, "Mutual Insurance", "collection");
    add_institutions(all.mortgages, nations, "Home Loan Bank", "collection");
    add_institutions(all.wires_out, nations, "Correspondent Bank Outgoing", "correspondent");
    add_institutions(all.wires_in, nations, "Correspondent Bank Incoming", "correspondent");
    all.cash_desk = add_institution("Branch Cash Desk", "settlement");
    all.tax = add_institution("Revenue Office", "collection");
    all.pensions = add_institution("Pension Fund", "payroll");
    all.benefits = add_institution("Benefits Office", "payroll");
  }

  void add_trade() {
    for (std::size_t i = share(3, 100); i > 0; --i)
      bank_.wholesalers.push_back(
          add_institution(company_name(random_, Trade::kWholesale), "collection"));
    for (std::size_t i = share(3, 10); i > 0; --i)
      bank_.payrolls.push_back(add_institution(company_name(random_, Trade::kEmployer), "payroll"));
    for (std::size_t i = share(2, 5); i > 0; --i)
      bank_.chains.push_back(add_institution(company_name(random_, Trade::kChain), "collection"));
  }

  void add_company(bool is_shop) {
    const Residence home = residence();
    Company company{.is_shop = is_shop};
    company.party = add_company_party(
        company_name(random_, is_shop ? Trade::kShop : Trade::kService), home.country);
    company.account = open_account(company.party, "business", home.currency);
    company.payday = static_cast<std::uint8_t>(random_.pick(kPaydays));
    if (is_shop) bank_.shops.push_back(company.account);
    bank_.companies.push_back(company);
  }

  void add_companies() {
    for (std::size_t i = share(0, 270); i > 0; --i) add_company(true);
    for (std::size_t i = share(0, 700); i > 0; --i) add_company(false);
    for (std::size_t i = 0; i < bank_.companies.size(); ++i) choose_suppliers(i);
    fill_business_centres();
  }

  /// Half of the suppliers are wholesalers, the rest other small companies.
  void choose_suppliers(std::size_t buyer) {
    for (AccountIndex& supplier : bank_.companies[buyer].suppliers) {
      if (random_.chance(550'000)) {
        supplier = random_.pick(bank_.wholesalers);
        continue;
      }
      std::size_t seller = random_.below(bank_.companies.size());
      if (seller == buyer) seller = (seller + 1) % bank_.companies.size();
      supplier = bank_.companies[seller].account;
    }
  }

  /// Two of three companies sit in business centres whose address they all give; what is left over
  /// has its own.
  void fill_business_centres() {
    const std::size_t centres = bank_.companies.size() * 2 / 3 / kBusinessCentre;
    for (std::size_t i = 0; i < centres * kBusinessCentre; ++i)
      bank_.parties[bank_.companies[i].party].address =
          address(next_address_ + static_cast<std::uint32_t>(i % centres));
    next_address_ += static_cast<std::uint32_t>(centres);
  }

  void add_person() {
    const Residence home = residence();
    const PersonName name = person_name(random_);
    Person person{.party = static_cast<PartyIndex>(bank_.parties.size())};
    Party party{.kind = PartyKind::kPerson, .country = home.country};
    party.name = std::string(name.first) + ' ' + std::string(name.last);
    if (!random_.chance(30'000)) party.email = email(name, person.party);
    if (!random_.chance(20'000)) party.phone = phone(next_phone_++, home.country);
    bank_.parties.push_back(std::move(party));
    person.current = open_account(person.party, "current", home.currency);
    if (bank_.accounts.size() < size_ && random_.chance(170'000))
      person.savings = open_account(person.party, "savings", home.currency);
    if (bank_.accounts.size() < size_ && random_.chance(16'000))
      person.rents = open_account(person.party, "rents", home.currency);
    if (person.rents != kNone) landlords_.push_back(person.rents);
    person.thrift_permille =
        static_cast<std::uint32_t>(std::min<std::int64_t>(random_.log_normal(900, 450), 4'000));
    person.active_from = first_day_;
    bank_.persons.push_back(person);
  }

  void add_persons() {
    while (bank_.accounts.size() < size_) add_person();
    if (landlords_.empty()) landlords_.push_back(bank_.companies.front().account);
  }

  /// Households share an address, and either a telephone or an e-mail address or neither: never all
  /// three.
  void form_households() {
    for (std::size_t first = 0; first < bank_.persons.size();) {
      const std::size_t wanted = random_.pick(kHouseholdSizes);
      const std::size_t size = std::min(wanted, bank_.persons.size() - first);
      move_in(first, size);
      first += size;
    }
  }

  void move_in(std::size_t first, std::size_t size) {
    const std::string home = address(next_address_++);
    const Party& head = bank_.parties[bank_.persons[first].party];
    const std::string landline = head.phone;
    const std::string mailbox = head.email;
    const std::uint64_t habit = random_.below(100);
    for (std::size_t i = first; i < first + size; ++i) {
      Person& person = bank_.persons[i];
      Party& party = bank_.parties[person.party];
      person.household_first = static_cast<std::uint32_t>(first);
      person.household_size = static_cast<std::uint32_t>(size);
      party.address = random_.chance(120'000) ? respell_address(random_, home) : home;
      if (i == first) continue;
      if (habit < 35 && !landline.empty())
        party.phone = random_.chance(100'000) ? respell_phone(random_, landline) : landline;
      else if (habit < 40 && !mailbox.empty())
        party.email = mailbox;
    }
  }

  void form_circles() {
    auto& members = bank_.circle_members;
    for (std::uint32_t i = 0; i < bank_.persons.size(); ++i) members.push_back(i);
    random_.shuffle(members);
    for (std::uint32_t first = 0; first < members.size();) {
      const auto left = static_cast<std::uint32_t>(members.size()) - first;
      const auto size = std::min(static_cast<std::uint32_t>(random_.between(5, 9)), left);
      for (std::uint32_t i = first; i < first + size; ++i)
        bank_.persons[members[i]].circle = static_cast<std::uint32_t>(bank_.circles.size());
      bank_.circles.push_back({first, size});
      first += size;
    }
  }

  void settle_in() {
    const ZipfRanks employer(bank_.payrolls.size());
    const ShopChoice shop(bank_);
    for (Person& person : bank_.persons) {
      find_income(person, employer);
      find_home(person);
      const Institutions& all = bank_.institutions;
      person.bills = {random_.pick(all.electricity), random_.pick(all.telephone),
                      random_.chance(400'000) ? random_.pick(all.insurance) : kNone};
      for (AccountIndex& favourite : person.shops) favourite = shop.draw(random_);
    }
    for (Company& company : bank_.companies)
      company.premises = random_.chance(700'000) ? random_.pick(landlords_) : kNone;
  }

  void find_income(Person& person, const ZipfRanks& employer) {
    const std::uint64_t walk_of_life = random_.below(100);
    if (walk_of_life < 40) {
      const std::size_t rank = employer.draw(random_);
      person.paid_by = bank_.payrolls[rank];
      person.payday = static_cast<std::uint8_t>(kPaydays[rank % kPaydays.size()]);
      person.income = random_.log_normal(320'000, 350);
    } else if (walk_of_life < 60) {
      const Company& company = random_.pick(bank_.companies);
      person.paid_by = company.account;
      person.payday = company.payday;
      person.income = random_.log_normal(260'000, 350);
    } else if (walk_of_life < 79) {
      person.paid_by = bank_.institutions.pensions;
      person.payday = 28;
      person.income = random_.log_normal(190'000, 250);
    } else if (walk_of_life < 90) {
      person.paid_by = bank_.institutions.benefits;
      person.payday = 5;
      person.income = random_.log_normal(80'000, 200);
    }
  }

  /// Rents and instalments are a quarter to two fifths of a typical income.
  void find_home(Person& person) {
    const std::uint64_t draw = random_.below(100);
    const std::int64_t typical = std::max<std::int64_t>(person.income, 150'000);
    if (draw < 42) {
      person.housing = random_.pick(landlords_);
      if (person.housing == person.rents) person.housing = kNone;
    } else if (draw < 75) {
      person.housing = random_.pick(bank_.institutions.mortgages);
    }
    person.housing_cost = typical * random_.between(25, 40) / 100 / 500 * 500;
  }

  /// Base risk: one party in 200 is on some list. A handful of persons are known criminals.
  void spread_risk() {
    std::vector<PartyIndex> ordinary;
    ordinary.reserve(bank_.persons.size() + bank_.companies.size());
    for (const Person& person : bank_.persons) ordinary.push_back(person.party);
    for (const Company& company : bank_.companies) ordinary.push_back(company.party);
    random_.shuffle(ordinary);
    for (std::size_t i = 0; i < ordinary.size() / 200; ++i)
      bank_.parties[ordinary[i]].risk_tenths = static_cast<std::int32_t>(
          random_.chance(200'000) ? random_.between(10, 40) : random_.between(10, 15));
    for (std::size_t i = share(2, 1); i > 0; --i) {
      Person& criminal = bank_.persons[random_.below(bank_.persons.size())];
      bank_.parties[criminal.party].risk_tenths =
          static_cast<std::int32_t>(random_.between(80, 95));
      criminal.keeps_quiet = true;
    }
  }

  /// Keys are positions: without this they would give away who is what.
  void shuffle_keys();

  static constexpr std::array<std::string_view, 4> kEuroCountries = {"DE", "FR", "ES", "IE"};
  static constexpr std::array<int, 5> kPaydays = {31, 25, 15, 28, 10};
  static constexpr std::array<std::size_t, 10> kHouseholdSizes = {1, 1, 1, 1, 2, 2, 2, 3, 4, 5};

  std::size_t size_;
  DayNumber first_day_;
  Random random_;
  Population bank_;
  std::vector<AccountIndex> landlords_;
  std::uint32_t next_address_ = 0;
  std::uint32_t next_phone_ = 0;
};

std::vector<std::uint32_t> random_permutation(Random& random, std::size_t n) {
  std::vector<std::uint32_t> positions(n);
  for (std::size_t i = 0; i < n; ++i) positions[i] = static_cast<std::uint32_t>(i);
  random.shuffle(positions);
  return positions;
}

template <typename T>
std::vector<T> permuted(std::vector<T>&& values, const std::vector<std::uint32_t>& to) {
  std::vector<T> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) out[to[i]] = std::move(values[i]);
  return out;
}

void Builder::shuffle_keys() {
  const auto party_to = random_permutation(random_, bank_.parties.size());
  const auto account_to = random_permutation(random_, bank_.accounts.size());
  const auto move_party = [&](PartyIndex& party) { party = party_to[party]; };
  const auto move_account = [&](AccountIndex& account) {
    if (account != kNone) account = account_to[account];
  };
  const auto move_accounts = [&](auto& accounts) {
    for (AccountIndex& account : accounts) move_account(account);
  };
  bank_.parties = permuted(std::move(bank_.parties), party_to);
  bank_.accounts = permuted(std::move(bank_.accounts), account_to);
  for (Account& account : bank_.accounts) move_party(account.party);
  for (Person& person : bank_.persons) {
    move_party(person.party);
    for (AccountIndex* account :
         {&person.current, &person.savings, &person.rents, &person.paid_by, &person.housing})
      move_account(*account);
    move_accounts(person.bills);
    move_accounts(person.shops);
  }
  for (Company& company : bank_.companies) {
    move_party(company.party);
    move_account(company.account);
    move_account(company.premises);
    move_accounts(company.suppliers);
  }
  Institutions& all = bank_.institutions;
  for (auto* group :
       {&all.electricity, &all.telephone, &all.insurance, &all.mortgages, &all.card_collection,
        &all.card_settlement, &all.cash_machines, &all.wires_out, &all.wires_in, &bank_.chains,
        &bank_.wholesalers, &bank_.payrolls, &bank_.shops})
    move_accounts(*group);
  for (AccountIndex* account : {&all.cash_desk, &all.tax, &all.pensions, &all.benefits})
    move_account(*account);
}

}  // namespace

ShopChoice::ShopChoice(const Population& bank)
    : bank_(bank), chains_(bank.chains.size(), 2), shops_(bank.shops.size(), 20) {}

AccountIndex ShopChoice::draw(Random& random) const {
  return random.chance(667'000) ? bank_.chains[chains_.draw(random)]
                                : bank_.shops[shops_.draw(random)];
}

Population make_population(std::int64_t accounts, DayNumber first_day, std::uint64_t seed) {
  return Builder(accounts, first_day, seed).build();
}

}  // namespace aml::scenarios::generator
