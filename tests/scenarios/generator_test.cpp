// SPDX-License-Identifier: Apache-2.0
// The generator, judged by its files alone.
#include "scenarios/generator.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "tests/scenarios/generated_bank.hpp"

namespace aml::test {
namespace {

using scenarios::GeneratorParams;

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kThresholdCents = 1'000'000;

const std::array<const char*, 5> kFiles = {"parties.csv", "accounts.csv", "fx_rates.csv",
                                           "transfers.csv", "labels.csv"};

class GeneratedBanks : public testing::TestWithParam<std::uint64_t> {
 protected:
  static GeneratorParams params() {
    return {.accounts = 2'000, .days = 90, .seed = GetParam(), .instances = 8};
  }
  const GeneratedBank& bank_ = generated(params());
};

INSTANTIATE_TEST_SUITE_P(Seeds, GeneratedBanks, testing::Values(1, 2, 3));

std::set<std::string> ids_of(const auto& rows) {
  std::set<std::string> ids;
  for (const auto& row : rows)
    if (!ids.insert(row.id).second) throw std::runtime_error("repeated id " + row.id);
  return ids;
}

std::map<std::string, std::string> party_of_account(const GeneratedBank& bank) {
  std::map<std::string, std::string> parties;
  for (const AccountRow& account : bank.accounts) parties[account.id] = account.party;
  return parties;
}

/// Transfers of an instance in the order of the file, which is that of time.
std::vector<TransferRow> labelled_transfers(const GeneratedBank& bank,
                                            const LabelledInstance& instance,
                                            const std::string& role = {}) {
  std::set<std::string> wanted;
  for (const LabelRow& label : instance.transfers)
    if (role.empty() || label.role == role) wanted.insert(label.transfer);
  std::vector<TransferRow> found;
  for (const TransferRow& transfer : bank.transfers)
    if (wanted.contains(transfer.id)) found.push_back(transfer);
  return found;
}

TEST(Generator, SameParametersGiveTheSameBytes) {
  const TemporaryFolder folder;
  const GeneratorParams params{.accounts = 1'000, .days = 60, .seed = 5, .instances = 3};
  scenarios::generate((folder.path() / "a").string(), params);
  scenarios::generate((folder.path() / "b").string(), params);
  for (const char* file : kFiles)
    EXPECT_EQ(read_text(folder.path() / "a" / file), read_text(folder.path() / "b" / file)) << file;
}

TEST(Generator, AnotherSeedGivesAnotherBank) {
  const TemporaryFolder folder;
  GeneratorParams params{.accounts = 1'000, .days = 60, .seed = 5, .instances = 3};
  scenarios::generate((folder.path() / "a").string(), params);
  params.seed = 6;
  scenarios::generate((folder.path() / "b").string(), params);
  for (const char* file : kFiles)
    EXPECT_NE(read_text(folder.path() / "a" / file), read_text(folder.path() / "b" / file)) << file;
}

TEST(Generator, ASecondRunReplacesTheFilesOfTheFirst) {
  const TemporaryFolder folder;
  GeneratorParams params{.accounts = 1'000, .days = 60, .seed = 5, .instances = 3};
  scenarios::generate((folder.path() / "a").string(), params);
  params.seed = 6;
  scenarios::generate((folder.path() / "a").string(), params);
  scenarios::generate((folder.path() / "b").string(), params);
  for (const char* file : kFiles)
    EXPECT_EQ(read_text(folder.path() / "a" / file), read_text(folder.path() / "b" / file)) << file;
}

TEST(Generator, FilesArePrivate) {
  const TemporaryFolder folder;
  const auto target = folder.path() / "new" / "bank";
  scenarios::generate(target.string(), {.accounts = 500, .days = 60, .instances = 1});
  struct stat facts {};
  ASSERT_EQ(::stat(target.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0700U);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(target)) {
    names.insert(entry.path().filename());
    ASSERT_EQ(::stat(entry.path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U) << entry.path();
  }
  EXPECT_EQ(names, std::set<std::string>(kFiles.begin(), kFiles.end()));
}

TEST(Generator, AFolderThatCannotBeMadeIsNamedInTheError) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "file").string();
  std::ofstream(file) << "not a folder";
  try {
    scenarios::generate(file + "/bank", {.accounts = 500, .days = 60, .instances = 1});
    FAIL() << "no exception";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find(file), std::string::npos) << error.what();
  }
}

TEST(Generator, AFileThatCannotBeWrittenIsNamedAndNothingHalfIsLeft) {
  const TemporaryFolder folder;
  // A folder that is not empty stands where labels.csv.part would be written.
  std::filesystem::create_directories(folder.path() / "labels.csv.part" / "in the way");
  try {
    scenarios::generate(folder.path().string(), {.accounts = 500, .days = 60, .instances = 1});
    FAIL() << "no exception";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("labels.csv"), std::string::npos) << error.what();
  }
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    names.insert(entry.path().filename());
  EXPECT_EQ(names, std::set<std::string>{"labels.csv.part"});
}

TEST(Generator, RefusesParametersWithNameValueAndRange) {
  const auto message_of = [](const GeneratorParams& params) -> std::string {
    try {
      scenarios::validate(params);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message_of({}), "accepted");
  EXPECT_EQ(message_of({.accounts = 499, .instances = 1}),
            "accounts is 499: must be from 500 to 4000000");
  EXPECT_EQ(message_of({.accounts = 4'000'001}),
            "accounts is 4000001: must be from 500 to 4000000");
  EXPECT_EQ(message_of({.days = 59}), "days is 59: must be from 60 to 3650");
  EXPECT_EQ(message_of({.days = 3'651}), "days is 3651: must be from 60 to 3650");
  EXPECT_EQ(message_of({.instances = 0}), "instances is 0: must be from 1 to 100 (accounts / 200)");
  EXPECT_EQ(message_of({.accounts = 1'000, .instances = 6}),
            "instances is 6: must be from 1 to 5 (accounts / 200)");
  for (const char* date : {"", "2024-02-30", "24-01-01", "2024-1-1", "2024-01-01T00:00:00Z",
                           "1970-12-31", "2201-01-01", "2024-01-0x", "+024-01-01"})
    EXPECT_EQ(message_of({.first_day = date}),
              "first_day is \"" + std::string(date) +
                  "\": must be a date like 2024-01-31, from 1971-01-01 to 2200-12-31");
  EXPECT_EQ(message_of({.first_day = "2024-02-29"}), "accepted");
}

TEST(Generator, ItsSmallestBanksHoldAllTypologiesForManySeeds) {
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    const GeneratedBank& bank =
        generated({.accounts = 500, .days = 60, .seed = seed, .instances = 2});
    EXPECT_EQ(bank.accounts.size(), 500U);
    for (const char* typology :
         {"synthetic_identity", "structuring", "round_tripping", "risk_exposure",
          "anomalous_behaviour", "account_structuring", "smurfing", "fan_in", "fan_out",
          "round_amounts", "pass_through", "gather_scatter", "funnel_account", "mule",
          "scatter_gather", "bipartite", "stack", "chain_layering"})
      EXPECT_EQ(bank.instances_of(typology).size(), 2U) << typology << " seed " << seed;
  }
}

TEST(Generator, AtFullSizeItHasHubsHeavyTailsAndTheRateItPromises) {
  const GeneratedBank& bank = generated({.accounts = 20'000, .days = 60});
  const double rate = static_cast<double>(bank.transfers.size()) / 20'000 / 60 * 30;
  EXPECT_GT(rate, 6.0);
  EXPECT_LT(rate, 8.5);
  std::map<std::string, std::set<std::string>> payers;
  for (const TransferRow& transfer : bank.transfers) payers[transfer.to].insert(transfer.from);
  std::vector<std::size_t> sizes;
  sizes.reserve(payers.size());
  for (const auto& [account, by] : payers) sizes.push_back(by.size());
  std::ranges::sort(sizes, std::greater{});
  EXPECT_GT(sizes[9], 2'000U) << "ten hubs";
  EXPECT_GT(sizes[40], 80U) << "popular shops";
  EXPECT_LT(sizes[sizes.size() / 2], 10U) << "the ordinary account";
  double persons = 0;
  for (const PartyRow& party : bank.parties) persons += party.kind == "person" ? 1 : 0;
  EXPECT_NEAR(persons / static_cast<double>(bank.parties.size()), 0.86, 0.04);
}

TEST_P(GeneratedBanks, CountsAgreeWithTheFiles) {
  EXPECT_EQ(bank_.counts.accounts, 2'000);
  EXPECT_EQ(bank_.counts.accounts, static_cast<std::int64_t>(bank_.accounts.size()));
  EXPECT_EQ(bank_.counts.parties, static_cast<std::int64_t>(bank_.parties.size()));
  EXPECT_EQ(bank_.counts.transfers, static_cast<std::int64_t>(bank_.transfers.size()));
  std::set<std::string> instances;
  std::int64_t labelled = 0;
  for (const LabelRow& label : bank_.labels) {
    instances.insert(label.instance);
    labelled += label.transfer.empty() ? 0 : 1;
  }
  EXPECT_EQ(bank_.counts.planted_instances, 18 * 8);
  EXPECT_EQ(bank_.counts.planted_instances, static_cast<std::int64_t>(instances.size()));
  EXPECT_EQ(bank_.counts.planted_transfers, labelled);
}

TEST_P(GeneratedBanks, EveryIdIsThereOnceAndEveryReferenceIsMet) {
  const auto parties = ids_of(bank_.parties), accounts = ids_of(bank_.accounts),
             transfers = ids_of(bank_.transfers);
  for (const AccountRow& account : bank_.accounts) EXPECT_TRUE(parties.contains(account.party));
  for (const TransferRow& transfer : bank_.transfers) {
    ASSERT_TRUE(accounts.contains(transfer.from) && accounts.contains(transfer.to)) << transfer.id;
    ASSERT_NE(transfer.from, transfer.to) << transfer.id;
  }
  for (const LabelRow& label : bank_.labels) {
    EXPECT_EQ(label.instance.find(label.typology + "-"), 0U);
    if (!label.transfer.empty()) {
      EXPECT_TRUE(transfers.contains(label.transfer)) << label.transfer;
      EXPECT_EQ(label.entity_kind + label.entity, "");
    } else {
      EXPECT_TRUE((label.entity_kind == "account" ? accounts : parties).contains(label.entity))
          << label.entity;
    }
  }
}

TEST_P(GeneratedBanks, TransfersStandInTimeOrderWithRisingIdsInsideThePeriod) {
  const std::int64_t begin = days_of("2024-01-01") * kDaySeconds;
  for (std::size_t i = 0; i < bank_.transfers.size(); ++i) {
    const TransferRow& transfer = bank_.transfers[i];
    ASSERT_GE(transfer.seconds, begin);
    ASSERT_LT(transfer.seconds, begin + 90 * kDaySeconds);
    if (i == 0) continue;
    ASSERT_LE(bank_.transfers[i - 1].seconds, transfer.seconds) << transfer.id;
    ASSERT_EQ(bank_.transfers[i - 1].id.size(), transfer.id.size());
    ASSERT_LT(bank_.transfers[i - 1].id, transfer.id);
  }
}

TEST_P(GeneratedBanks, AmountsArePositive) {
  for (const TransferRow& transfer : bank_.transfers) ASSERT_GT(transfer.base_cents, 0);
}

TEST_P(GeneratedBanks, AFewPerCentOfTransfersAreInForeignCurrenciesWithARateForEachDay) {
  std::map<std::string, int> by_currency;
  for (const TransferRow& transfer : bank_.transfers) ++by_currency[transfer.currency];
  EXPECT_EQ(by_currency.size(), 3U);
  const double foreign = by_currency["EUR"] + by_currency["GBP"];
  EXPECT_GT(foreign / static_cast<double>(bank_.transfers.size()), 0.01);
  EXPECT_LT(foreign / static_cast<double>(bank_.transfers.size()), 0.08);
  EXPECT_EQ(bank_.rates.size(), 2U * 90U);
}

TEST_P(GeneratedBanks, NobodyPaysOrIsPaidBeforeTheAccountIsOpen) {
  std::map<std::string, std::int64_t> opened;
  for (const AccountRow& account : bank_.accounts)
    opened[account.id] = days_of(account.opened_on) * kDaySeconds;
  for (const TransferRow& transfer : bank_.transfers) {
    ASSERT_GE(transfer.seconds, opened[transfer.from]) << transfer.id;
    ASSERT_GE(transfer.seconds, opened[transfer.to]) << transfer.id;
  }
}

TEST_P(GeneratedBanks, WagesComeOnWorkingDaysAndShoppingHasAWeek) {
  std::array<int, 7> wages{}, shopping{};
  for (const TransferRow& transfer : bank_.transfers) {
    // 1970-01-01 was a Thursday; 0 = Monday.
    const auto weekday = static_cast<std::size_t>((transfer.seconds / kDaySeconds + 3) % 7);
    if (transfer.type == "salary") ++wages[weekday];
    if (transfer.type == "card" || transfer.type == "purchase") ++shopping[weekday];
  }
  EXPECT_EQ(wages[5] + wages[6], 0);
  EXPECT_GT(std::accumulate(wages.begin(), wages.end(), 0), 1'000);
  EXPECT_GT(shopping[5], shopping[1] * 13 / 10);
  EXPECT_LT(shopping[6], shopping[1]);
}

TEST_P(GeneratedBanks, BaseRiskIsRareAndInsideItsScale) {
  int risky = 0;
  for (const PartyRow& party : bank_.parties) {
    ASSERT_GE(party.base_risk, 0);
    ASSERT_LE(party.base_risk, 10);
    risky += party.base_risk > 0 ? 1 : 0;
  }
  const double planted_payers = 8 * 3.5;
  EXPECT_NEAR(risky, static_cast<double>(bank_.parties.size()) / 200 + planted_payers, 6);
}

TEST_P(GeneratedBanks, NoEntityBelongsToTwoInstances) {
  const auto party = party_of_account(bank_);
  std::map<std::string, std::string> instance_of;
  for (const LabelRow& label : bank_.labels) {
    if (label.entity.empty()) continue;
    const std::string owner =
        label.entity_kind == "account" ? party.at(label.entity) : label.entity;
    EXPECT_TRUE(instance_of.emplace(owner, label.instance).second)
        << owner << " in " << instance_of[owner] << " and " << label.instance;
  }
}

// ---- shared attributes ---------------------------------------------------------------------

/// Two spellings of one attribute become equal: letters and digits only, in lower case, street
/// words shortened, an international prefix without 00.
std::string normalised(const std::string& kind, const std::string& value) {
  std::string out;
  for (const char c : value)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || (kind == "email" && c == '@'))
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (kind == "address" && (out.empty() || out.back() != ' '))
      out += ' ';
  if (kind == "phone" && out.starts_with("00")) out.erase(0, 2);
  for (const auto& [word, abbreviation] : std::map<std::string, std::string>{
           {"street", "st"}, {"avenue", "ave"}, {"road", "rd"}, {"lane", "ln"}})
    if (const auto at = out.find(' ' + word + ' '); kind == "address" && at != std::string::npos)
      out.replace(at + 1, word.size(), abbreviation);
  return kind + ' ' + out;
}

struct SharedAttributes {
  std::map<std::string, std::vector<std::string>> parties;  ///< attribute -> party ids

  explicit SharedAttributes(const GeneratedBank& bank) {
    for (const PartyRow& party : bank.parties)
      for (const auto& [kind, value] :
           {std::pair<std::string, std::string>{"address", party.address},
            {"email", party.email},
            {"phone", party.phone}})
        if (!value.empty()) parties[normalised(kind, value)].push_back(party.id);
  }

  /// Party ids of each component that at most 50 parties' attributes tie together, with the kinds
  /// shared in it.
  std::map<std::set<std::string>, std::set<std::string>> components() const {
    std::map<std::string, std::string> up;
    const auto root = [&](std::string at) {
      while (up.contains(at) && up[at] != at) at = up[at];
      return at;
    };
    for (const auto& [attribute, ids] : parties)
      if (ids.size() > 1 && ids.size() <= 50)
        for (const std::string& id : ids) {
          const std::string a = root(ids[0]), b = root(id);
          up.emplace(a, a);
          up[b] = a;
        }
    std::map<std::string, std::set<std::string>> members, kinds;
    for (const auto& [id, parent] : up) members[root(id)].insert(id);
    for (const auto& [attribute, ids] : parties)
      if (ids.size() > 1 && ids.size() <= 50)
        kinds[root(ids[0])].insert(attribute.substr(0, attribute.find(' ')));
    std::map<std::set<std::string>, std::set<std::string>> result;
    for (const auto& [name, ids] : members) result[ids] = kinds[name];
    return result;
  }
};

TEST_P(GeneratedBanks, OnlySyntheticIdentitiesShareAllThreeKindsAndTheyAreWholeComponents) {
  std::set<std::set<std::string>> planted, with_three;
  for (const auto& [name, instance] : bank_.instances_of("synthetic_identity")) {
    EXPECT_TRUE(instance.transfers.empty());
    std::set<std::string> members;
    for (const LabelRow& label : instance.entities) members.insert(label.entity);
    EXPECT_GE(members.size(), 3U);
    EXPECT_LE(members.size(), 8U);
    planted.insert(members);
  }
  std::map<std::size_t, int> by_kinds;
  for (const auto& [members, kinds] : SharedAttributes(bank_).components()) {
    ++by_kinds[kinds.size()];
    if (kinds.size() == 3) with_three.insert(members);
  }
  EXPECT_EQ(planted.size(), 8U);
  EXPECT_EQ(with_three, planted);
  EXPECT_GT(by_kinds[1], 20) << "households that share their address only";
  EXPECT_GT(by_kinds[2], 20) << "households that share a landline too";
}

TEST_P(GeneratedBanks, SpellingsOfSharedAttributesDiffer) {
  std::map<std::string, PartyRow> parties;
  for (const PartyRow& party : bank_.parties) parties[party.id] = party;
  int respelled = 0;
  for (const auto& [name, instance] : bank_.instances_of("synthetic_identity")) {
    const PartyRow& first = parties[instance.entities[0].entity];
    const PartyRow& second = parties[instance.entities[1].entity];
    if (normalised("address", first.address) == normalised("address", second.address))
      respelled += first.address != second.address ? 1 : 0;
  }
  EXPECT_GE(respelled, 6);
}

TEST(Generator, BusinessCentresAreSharedByMoreThanFiftyParties) {
  const GeneratedBank& bank = generated({.accounts = 5'000, .days = 60});
  int centres = 0;
  for (const auto& [attribute, ids] : SharedAttributes(bank).parties)
    centres += attribute.starts_with("address") && ids.size() > 50 ? 1 : 0;
  EXPECT_GE(centres, 3);
}

// ---- structuring ---------------------------------------------------------------------------

/// The definition in detect/structuring.hpp with its defaults, on the labelled transfers alone.
void expect_structuring(const GeneratedBank& bank, const LabelledInstance& instance) {
  const auto first = labelled_transfers(bank, instance, "first leg"),
             second = labelled_transfers(bank, instance, "second leg"),
             exits = labelled_transfers(bank, instance, "exit"),
             all = labelled_transfers(bank, instance);
  ASSERT_EQ(first.size() + second.size() + exits.size(), all.size());
  ASSERT_EQ(first.size(), second.size());
  ASSERT_GE(first.size(), 2U);
  ASSERT_GE(exits.size(), 1U);
  const std::string collector = exits[0].from;
  std::set<std::string> branch_accounts = {collector};
  std::int64_t inflow = 0, forwarded = 0;
  for (const TransferRow& leg2 : second) {
    EXPECT_EQ(leg2.to, collector);
    const auto leg1 = std::ranges::find(first, leg2.from, &TransferRow::to);
    ASSERT_NE(leg1, first.end()) << leg2.id;
    EXPECT_LT(leg1->seconds, leg2.seconds);
    for (const TransferRow* leg : {&*leg1, &leg2}) {
      EXPECT_GE(leg->base_cents, kThresholdCents / 2) << leg->id;
      EXPECT_LT(leg->base_cents, kThresholdCents) << leg->id;
    }
    EXPECT_GE(leg2.base_cents * 100, leg1->base_cents * 85) << leg2.id;
    EXPECT_LE(leg2.base_cents, leg1->base_cents + 1) << leg2.id;
    EXPECT_TRUE(branch_accounts.insert(leg1->from).second) << "distinct senders";
    EXPECT_TRUE(branch_accounts.insert(leg2.from).second) << "distinct middles";
    EXPECT_LE(leg2.seconds, exits[0].seconds);
    inflow += leg2.base_cents;
  }
  for (const TransferRow& exit : exits) {
    EXPECT_EQ(exit.from, collector);
    EXPECT_FALSE(branch_accounts.contains(exit.to));
    forwarded += exit.base_cents;
  }
  EXPECT_GT(std::min(inflow, forwarded), kThresholdCents * 11 / 10) << "clearly above T";
  EXPECT_GE(forwarded * 10, inflow * 9);
  EXPECT_LE(forwarded, inflow + 3);
  EXPECT_LE(all.back().seconds - all.front().seconds, 9 * kDaySeconds);
}

TEST_P(GeneratedBanks, PlantedStructuringMeetsItsDefinition) {
  const auto instances = bank_.instances_of("structuring");
  ASSERT_EQ(instances.size(), 8U);
  std::set<std::size_t> sizes;
  for (const auto& [name, instance] : instances) {
    SCOPED_TRACE(name);
    expect_structuring(bank_, instance);
    sizes.insert(labelled_transfers(bank_, instance, "first leg").size());
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{2, 3, 4, 5, 6})) << "branches";
}

// ---- round tripping ------------------------------------------------------------------------

TEST_P(GeneratedBanks, PlantedRoundTripsCloseInTimeOrderWithSmallCommissions) {
  const auto instances = bank_.instances_of("round_tripping");
  ASSERT_EQ(instances.size(), 8U);
  std::set<std::size_t> lengths;
  int within_a_day = 0;
  for (const auto& [name, instance] : instances) {
    SCOPED_TRACE(name);
    const auto hops = labelled_transfers(bank_, instance);
    ASSERT_GE(hops.size(), 3U);
    ASSERT_LE(hops.size(), 8U);
    lengths.insert(hops.size());
    std::set<std::string> members;
    for (std::size_t i = 0; i < hops.size(); ++i) {
      const TransferRow& next = hops[(i + 1) % hops.size()];
      EXPECT_EQ(hops[i].to, next.from);
      EXPECT_TRUE(members.insert(hops[i].from).second);
      EXPECT_GE(hops[i].base_cents, 200'000);
      EXPECT_LE(hops[i].base_cents, 5'000'000);
      if (i + 1 == hops.size()) continue;
      EXPECT_LT(hops[i].seconds, next.seconds);
      EXPECT_LE(next.base_cents, hops[i].base_cents + 1);
      EXPECT_GE(next.base_cents * 1'000, hops[i].base_cents * 949);
    }
    std::set<std::string> labelled;
    for (const LabelRow& label : instance.entities) labelled.insert(label.entity);
    EXPECT_EQ(labelled, members);
    EXPECT_LE(hops.back().seconds - hops.front().seconds, 19 * kDaySeconds);
    within_a_day += hops.front().seconds / kDaySeconds == hops.back().seconds / kDaySeconds;
  }
  EXPECT_EQ(lengths, (std::set<std::size_t>{3, 4, 5, 6, 7, 8}));
  EXPECT_GE(within_a_day, 2);
}

// ---- risk ----------------------------------------------------------------------------------

/// Three rounds of score = base + half of the payers' scores, each payer once, parties with more
/// than 2,000 payers or payees left out. Returns what each party has beyond its base.
std::map<std::string, double> inherited_risk(const GeneratedBank& bank) {
  const auto party = party_of_account(bank);
  std::map<std::string, std::set<std::string>> payers, payees;
  for (const TransferRow& transfer : bank.transfers) {
    const std::string &from = party.at(transfer.from), &to = party.at(transfer.to);
    if (from == to) continue;
    payers[to].insert(from);
    payees[from].insert(to);
  }
  const auto is_hub = [&](const std::string& id) {
    return payers[id].size() > 2'000 || payees[id].size() > 2'000;
  };
  std::map<std::string, double> base, score;
  for (const PartyRow& row : bank.parties) base[row.id] = row.base_risk;
  score = base;
  for (int round = 0; round < 3; ++round) {
    std::map<std::string, double> next = base;
    for (const auto& [to, from] : payers)
      if (!is_hub(to))
        for (const std::string& id : from)
          if (!is_hub(id)) next[to] += score[id] / 2;
    score = next;
  }
  for (auto& [id, value] : score) value -= base[id];
  return score;
}

TEST_P(GeneratedBanks, PlantedExposuresInheritClearlyMoreThanFive) {
  const auto instances = bank_.instances_of("risk_exposure");
  ASSERT_EQ(instances.size(), 8U);
  const auto inherited = inherited_risk(bank_);
  for (const auto& [name, instance] : instances) {
    ASSERT_EQ(instance.entities.size(), 1U);
    EXPECT_TRUE(instance.transfers.empty());
    EXPECT_EQ(instance.entities[0].entity_kind, "party");
    EXPECT_GE(inherited.at(instance.entities[0].entity), 6) << name;
  }
}

// ---- anomalous behaviour -------------------------------------------------------------------

TEST_P(GeneratedBanks, PlantedAnomaliesAreBusyByNightAsNoOtherAccountIs) {
  std::map<std::string, int> by_night;
  for (const TransferRow& transfer : bank_.transfers)
    if (transfer.seconds % kDaySeconds < std::int64_t{5} * 3'600) {
      ++by_night[transfer.from];
      ++by_night[transfer.to];
    }
  std::set<std::string> planted, institutions;
  for (const auto& [name, instance] : bank_.instances_of("anomalous_behaviour")) {
    ASSERT_EQ(instance.entities.size(), 1U);
    EXPECT_EQ(instance.entities[0].entity_kind, "account");
    planted.insert(instance.entities[0].entity);
  }
  for (const AccountRow& account : bank_.accounts)
    if (account.kind == "correspondent" || account.kind == "collection")
      institutions.insert(account.id);
  EXPECT_EQ(planted.size(), 8U);
  for (const std::string& account : planted) EXPECT_GE(by_night[account], 75) << account;
  for (const auto& [account, count] : by_night)
    if (!planted.contains(account) && !institutions.contains(account)) {
      EXPECT_LT(count, 40) << account;
    }
}

TEST_P(GeneratedBanks, WhoTakesPartAlsoLeadsAnOrdinaryLife) {
  std::set<std::string> labelled_accounts, labelled_transfer_ids;
  for (const LabelRow& label : bank_.labels) {
    if (label.entity_kind == "account") labelled_accounts.insert(label.entity);
    if (!label.transfer.empty()) labelled_transfer_ids.insert(label.transfer);
  }
  std::map<std::string, int> ordinary;
  for (const TransferRow& transfer : bank_.transfers)
    if (!labelled_transfer_ids.contains(transfer.id)) {
      ++ordinary[transfer.from];
      ++ordinary[transfer.to];
    }
  for (const std::string& account : labelled_accounts) EXPECT_GE(ordinary[account], 2) << account;
}

}  // namespace
}  // namespace aml::test
