// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/small_bank.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace aml::test {
namespace {

constexpr int kAccounts = 120;
constexpr int kDays = 60;

std::vector<std::string> party_rows() {
  std::vector<std::string> rows;
  for (int i = 1; i < kAccounts; ++i)
    rows.push_back(fmt::format("('P{0}', 'Party {0}', 'person', 'US', {1}, false, 1, {0})", i,
                               i == 50 || i == 51 ? 10 : 0));
  return rows;
}

std::vector<std::string> account_rows() {
  std::vector<std::string> rows;
  for (int i = 1; i <= kAccounts; ++i)
    rows.push_back(fmt::format("('A{0}', 'P{1}', 'current', 'USD', '{2}', {3}, false, 1, {0})", i,
                               std::min(i, kAccounts - 1),
                               i == 84   ? "MX"
                               : i == 85 ? "CA"
                                         : "US",
                               i == 87 ? "'2024-01-20'" : "NULL"));
  return rows;
}

std::vector<std::string> attribute_rows() {
  std::vector<std::string> rows;
  for (int i = 1; i < kAccounts; ++i) {
    const int identity = i == 21 || i == 22 ? 20 : i;
    rows.push_back(fmt::format("('P{0}', 'address', '{1} Main St', '{1} main st')", i, identity));
    rows.push_back(
        fmt::format("('P{0}', 'email', 'p{1}@example.com', 'p{1}@example.com')", i, identity));
    rows.push_back(fmt::format("('P{0}', 'phone', '555 {1:04}', '555{1:04}')", i, identity));
  }
  return rows;
}

class Transfers {
 public:
  void add(const std::string& id, int day, int minute, int from, int to,
           const std::string& amount) {
    rows.push_back(
        fmt::format("('{0}', timestamptz '2024-01-01 00:00+00' + interval '{1} days {2} minutes', "
                    "'A{3}', 'A{4}', "
                    "{5}, 'USD', {5}, 'transfer', 1, {6})",
                    id, day, minute, from, to, amount, rows.size() + 1));
  }
  std::vector<std::string> rows;
};

/// Those whose planted story everyday payments would blur: the ring, and whoever passes on risk.
bool has_no_everyday_payments(int account) {
  return account <= 4 || account == 30 || account == 50 || account == 51;
}

void add_everyday_payments(Transfers& transfers) {
  std::mt19937 random(20240101);
  for (int day = 0; day < kDays; ++day)
    for (int i = 1; i <= kAccounts; ++i) {
      if (has_no_everyday_payments(i) || random() % 3 != 0) continue;
      // Payments go to the next few accounts, so that few of them close a cycle, and stay below the
      // smallest leg that structuring looks at.
      const int to = i + 1 + static_cast<int>(random() % 5);
      if (to > kAccounts) continue;
      transfers.add(fmt::format("E{}", transfers.rows.size()), day,
                    8 * 60 + static_cast<int>(random() % 600), i, to,
                    fmt::format("{}.{:02}", 20 + random() % 200, random() % 100));
    }
}

void add_planted(Transfers& transfers) {
  for (int hop = 0; hop < 4; ++hop)
    transfers.add(fmt::format("R{}", hop + 1), 10 + 2 * hop, 600, 1 + hop, 1 + (hop + 1) % 4,
                  fmt::format("{}.00", 5000 - 100 * hop));
  transfers.add("S1", 20, 600, 10, 11, "8000.00");
  transfers.add("S2", 21, 600, 11, 12, "7800.00");
  transfers.add("S3", 20, 700, 13, 14, "9000.00");
  transfers.add("S4", 22, 600, 14, 12, "8800.00");
  transfers.add("S5", 23, 600, 12, 15, "16000.00");
  transfers.add("K1", 30, 600, 50, 30, "300.00");
  transfers.add("K2", 31, 600, 51, 30, "400.00");
  for (int i = 1; i <= 100; ++i)
    transfers.add(fmt::format("N{}", i), 40, 120 + i / 4, 40, i < 40 ? i : i + 1, "900.00");
}

/// Around one account: A70 collects, A71 distributes, A81 takes round sums just below the threshold
/// and passes them on, A87 is a new account that does so with the money of three senders from two
/// other countries, A100 wakes after half a year.
void add_planted_around_one_account(Transfers& transfers) {
  for (int i = 0; i < 5; ++i) {
    transfers.add(fmt::format("I{}", i + 1), 45, 600 + i, 60 + i, 70, "3000.00");
    transfers.add(fmt::format("O{}", i + 1), 45, 700 + i, 71, 75 + i, "3000.00");
  }
  for (int i = 0; i < 3; ++i)
    transfers.add(fmt::format("D{}", i + 1), 46, 600 + 60 * i, 80, 81, "9000.00");
  transfers.add("D4", 47, 600, 81, 82, "26000.00");
  for (int i = 0; i < 3; ++i) {
    transfers.add(fmt::format("G{}", i + 1), 48, 600 + i, 84 + i, 87, "5000.00");
    transfers.add(fmt::format("G{}", i + 4), 49, 600 + i, 87, 88 + i, "4700.00");
  }
  transfers.add("W1", 250, 600, 100, 101, "6000.00");
}

/// A103 scatters over three middles to A107; A108 and A109 both pay A110, A111 and A112; A113 and A114
/// pay two middles, who pay A117 and A118.
void add_planted_shapes(Transfers& transfers) {
  int number = 0;
  const auto pay = [&](int day, int from, int to, const char* amount) {
    ++number;
    transfers.add(fmt::format("Q{}", number), day, 600 + number, from, to, amount);
  };
  for (const int middle : {104, 105, 106}) {
    pay(52, 103, middle, "710.00");
    pay(53, middle, 107, "690.00");
  }
  for (const int source : {108, 109}) {
    for (const int sink : {110, 111, 112}) pay(54, source, sink, "1510.00");
  }
  for (const int middle : {115, 116}) {
    for (const int payer : {113, 114}) pay(56, payer, middle, "1510.00");
    for (const int payee : {117, 118}) pay(57, middle, payee, "1490.00");
  }
}

std::vector<std::string> transfer_rows() {
  Transfers transfers;
  add_everyday_payments(transfers);
  add_planted(transfers);
  add_planted_around_one_account(transfers);
  add_planted_shapes(transfers);
  return std::move(transfers.rows);
}

}  // namespace

void insert_small_bank(const TestDatabase& database, unsigned shuffle_seed) {
  std::mt19937 random(shuffle_seed);
  const auto insert = [&](const std::string& table, std::vector<std::string> rows) {
    // std::shuffle is not the same everywhere; these swaps are.
    for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random() % i]);
    database.write(fmt::format("INSERT INTO silver.{} VALUES {}", table, fmt::join(rows, ",\n")));
  };
  insert("parties", party_rows());
  insert("party_attributes", attribute_rows());
  insert("accounts", account_rows());
  insert("transfers", transfer_rows());
}

}  // namespace aml::test
