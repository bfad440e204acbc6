// SPDX-License-Identifier: Apache-2.0
// Does to a bank whatever `aml` lets one do, at random: loads, watches, runs, corrections, restored versions, erasures, backtests, files that name who
// was erased. After each thing the newest version must be what the tables hold, older ones what they were, who was erased be nowhere, and nothing
// may be left behind. In the end the alerts
// must be those of a bank that was given the same transfers, accounts, parties and rates in one go, and nothing before.
// usage: aml_histories [STEPS [SEED]]      default: 10 steps, a seed of the moment; exit code 1 and what does not hold
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <random>

#include "tests/histories/clerk.hpp"
#include "tests/histories/promises.hpp"
#include "tests/kills/deliveries.hpp"
#include "tests/kills/state.hpp"

namespace aml::test {
namespace {

using Sentences = std::vector<std::string>;

void add(Sentences& all, const Sentences& more) {
  std::ranges::copy(more, std::back_inserter(all));
}

Sentences live(const Bank& bank, Clerk& clerk, int steps, std::mt19937& random) {
  Past past(bank);
  for (int step = 1; step <= steps; ++step) {
    const std::string done = clerk.act();
    fmt::print("{}. {}\n", step, done);
    if (clerk.has_erased()) past.take_anew();
    Sentences broken = past.look(random);
    if (step == steps) add(broken, past.look_at_all());
    add(broken, remains(bank));
    add(broken, traces(bank, clerk.erased_keys()));
    if (!broken.empty()) return broken;
  }
  return {};
}

Sentences compare_with_newcomer(const Bank& bank, Clerk& clerk, std::mt19937& random) {
  clerk.run();
  const Bank newcomer("newcomer");
  give_silver(bank, newcomer);
  Clerk(newcomer, random, {}).run();
  fmt::print("{} alerts, version {}\n",
             bank.value("SELECT count(*) FROM gold.alerts WHERE gone_run_id IS NULL"),
             bank.value("SELECT aml.newest_version()"));
  return differences_in_alerts(newcomer, bank);
}

int live_and_compare(int steps, unsigned seed) {
  fmt::print("Seed {}\n", seed);
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  const Bank bank("history");
  Clerk clerk(bank, random, write_deliveries(folder.path(), 2 + steps / 10, random));
  Sentences broken = live(bank, clerk, steps, random);
  if (broken.empty()) broken = compare_with_newcomer(bank, clerk, random);
  for (const auto& sentence : broken) fmt::print("DOES NOT HOLD: {}\n", sentence);
  return broken.empty() ? 0 : 1;
}

}  // namespace
}  // namespace aml::test

int main(int argc, char** argv) {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 10;
  const unsigned seed =
      argc > 2 ? static_cast<unsigned>(std::atol(argv[2])) : std::random_device{}();
  if (steps <= 0) {
    fmt::print(stderr, "usage: {} [STEPS [SEED]]\n", argv[0]);
    return 2;
  }
  try {
    return aml::test::live_and_compare(steps, seed);
  } catch (const std::exception& error) {
    fmt::print("error: {}\n", error.what());
    return 1;
  }
}
