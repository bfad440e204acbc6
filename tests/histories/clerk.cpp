// SPDX-License-Identifier: Apache-2.0
#include "tests/histories/clerk.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "scenarios/scenario.hpp"

namespace aml::test {
namespace {

/// All that come with the program but the anomalies: their model is that of the data of its first run.
std::vector<std::string> scenarios_of_the_data() {
  std::vector<std::string> ids;
  for (const auto& scenario : scenarios::shipped_scenarios({}))
    if (scenario.id != "anomalies") ids.push_back(scenario.id);
  return ids;
}

}  // namespace

Clerk::Clerk(const Bank& bank, std::mt19937& random, std::vector<Delivery> deliveries)
    : bank_(bank), random_(random), deliveries_(std::move(deliveries)) {}

std::string Clerk::act() {
  if (loaded_ == 0 && !deliveries_.empty()) return load();
  using Act = std::string (Clerk::*)();
  // Often what makes alerts, seldom what takes the data away.
  constexpr std::array<Act, 18> kActs{
      &Clerk::load,          &Clerk::load,         &Clerk::watch,   &Clerk::watch,
      &Clerk::watch,         &Clerk::run,          &Clerk::run,     &Clerk::run_some,
      &Clerk::describe_anew, &Clerk::correct,      &Clerk::correct, &Clerk::restore,
      &Clerk::undo_restore,  &Clerk::undo_restore, &Clerk::erase,   &Clerk::look_back,
      &Clerk::bring_back,    &Clerk::bring_back};
  for (;;) {
    std::string done = (this->*kActs[below(kActs.size())])();
    if (!done.empty()) return done;
  }
}

bool Clerk::has_erased() {
  return std::exchange(has_erased_, false);
}

std::string Clerk::load() {
  if (loaded_ == deliveries_.size()) return {};
  return command({"load", deliveries_[loaded_++].folder});
}

std::string Clerk::watch() {
  if (watched_ == loaded_) return {};
  std::vector<std::string> words{"watch", bank_.inbox(), "--every", "0.1", "--settle", "0"};
  for (const auto& scenario : scenarios_of_the_data())
    words.insert(words.end(), {"--scenario", scenario});
  const pid_t watcher = bank_.start(words);
  const auto wait = [](int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  };
  for (const std::filesystem::path wave : deliveries_[watched_++].waves) {
    const auto path = std::filesystem::path(bank_.inbox()) / wave.filename();
    std::filesystem::copy_file(wave, path.string() + ".tmp");
    std::filesystem::rename(path.string() + ".tmp", path);
    wait(static_cast<int>(below(1000)));
  }
  wait(static_cast<int>(below(3000)));
  ::kill(watcher, SIGTERM);
  const int code = wait_for(watcher);
  const bool was_too_early = code == -SIGTERM;  // it did not listen yet
  if (code != 0 && !was_too_early)
    throw std::runtime_error(fmt::format("watch ended with exit code {}:\n{}", code, bank_.log()));
  return fmt::format("watch {} files", deliveries_[watched_ - 1].waves.size());
}

/// Another country for some accounts, another risk for some parties.
std::string Clerk::describe_anew() {
  const bool is_of_accounts = below(2) == 0;
  const auto order = random_();
  const auto hundredths = below(101);
  const auto rows = bank_.query(
      is_of_accounts
          ? fmt::format("SELECT concat_ws(',', account_id, party_id, kind, currency_code, 'KY', "
                        "opened_on) FROM silver.accounts WHERE NOT is_derived "
                        "ORDER BY md5(account_id || '{}') LIMIT 20",
                        order)
          : fmt::format("SELECT concat_ws(',', party_id, quote_ident(name), kind, country, {} / "
                        "100.0) FROM silver.parties WHERE NOT is_derived AND name !~ '[,\"]' "
                        "ORDER BY md5(party_id || '{}') LIMIT 20",
                        hundredths, order));
  if (rows.empty()) return {};
  const std::string path = fmt::format("{}/anew-{}.csv", bank_.folder(), ++files_);
  std::ofstream(path) << (is_of_accounts ? "account_id,party_id,kind,currency,country,opened_on\n"
                                         : "party_id,name,kind,country,base_risk\n")
                      << fmt::format("{}\n", fmt::join(rows, "\n"));
  return command({"load", path});
}

std::string Clerk::run() {
  std::vector<std::string> words = scenarios_of_the_data();
  words.insert(words.begin(), "run");
  command(words);
  return "run";
}

std::string Clerk::run_some() {
  std::vector<std::string> words = scenarios_of_the_data();
  std::ranges::shuffle(words, random_);
  words.resize(1 + below(4));
  words.insert(words.begin(), "run");
  return command(words);
}

std::string Clerk::correct() {
  if (loaded_ == 0) return {};
  const std::string done =
      command({"quarantine", "fix", "--from", deliveries_[below(loaded_)].corrections});
  return done + "; " + command({"quarantine", "replay"});
}

std::string Clerk::restore() {
  const std::string version = one_of("SELECT version::text FROM aml.versions");
  return command({"restore", "all", "--to", version});
}

std::string Clerk::undo_restore() {
  const auto before = bank_.query(
      "SELECT version - 1 FROM aml.versions WHERE operation = 'RESTORE' ORDER BY version DESC "
      "LIMIT 1");
  return before.empty() ? "" : command({"restore", "all", "--to", before.front()});
}

std::string Clerk::erase() {
  const bool is_party = below(2) == 0;
  const std::string who = one_of(is_party ? "SELECT party_id FROM silver.parties"
                                          : "SELECT account_id FROM silver.accounts");
  if (who.empty()) return {};
  has_erased_ = true;
  // Who was erased before has a pseudonym, which is no key of anybody.
  for (const auto& row :
       bank_.query(fmt::format("SELECT kind = 'party', key FROM aml.subject_of_erasure('{}', '{}') "
                               "WHERE key NOT LIKE 'erased-%' ORDER BY 1, 2",
                               is_party ? "party" : "account", who)))
    erased_.push_back({row.starts_with("t|"), row.substr(2)});
  return command({"erase", is_party ? "--party" : "--account", who, "--reference", "case 1",
                  "--reason", "asked for", "--override-duty", "asked for", "--yes"});
}

std::vector<std::string> Clerk::erased_keys() const {
  std::vector<std::string> keys;
  for (const auto& erased : erased_) keys.push_back(erased.key);
  return keys;
}

/// Files of somebody who was not told: what was erased as a key, in words, and in a line that cannot be read.
std::string Clerk::bring_back() {
  if (erased_.empty()) return {};
  const Erased& erased = erased_[below(erased_.size())];
  const std::string folder = fmt::format("{}/again-{}", bank_.folder(), ++files_);
  std::filesystem::create_directory(folder);
  if (erased.is_party) {
    std::ofstream(folder + "/parties.csv") << "party_id,name,note\n"
                                           << erased.key << ",Somebody,again " << files_ << '\n';
  } else {
    std::ofstream(folder + "/accounts.csv") << "account_id,kind,note\n"
                                            << erased.key << ",current,again " << files_ << '\n';
  }
  std::ofstream transfers(folder + "/transfers.jsonl");
  const auto transfer = [&](const std::string& which, const std::string& payer) {
    return fmt::format(
        R"({{"transfer_id": "again-{}-{}", "booked_at": "2024-03-01", "from_account": "{}", "to_account": "S0000001", "amount": 1, "note": "for {})",
        files_, which, payer, erased.key);
  };
  if (!erased.is_party) transfers << transfer("key", erased.key) << "\"}\n";
  transfers << transfer("words", "S0000002") << "\"}\n" << transfer("line", "S0000002") << '\n';
  return command({"load", folder}) + " of " + erased.key;
}

std::string Clerk::look_back() {
  const std::string version = one_of("SELECT version::text FROM aml.versions");
  std::vector<std::string> words = scenarios_of_the_data();
  words.insert(words.begin(), {"run", "--as-of-version", version});
  command(words);
  return "run --as-of-version " + version;
}

/// Exit code 4 says that something was refused, such as a row that was replayed before.
std::string Clerk::command(const std::vector<std::string>& words) {
  const Ended ended = bank_.run(words);
  const std::string line = fmt::format("{}", fmt::join(words, " "));
  if (ended.exit_code != 0 && ended.exit_code != 4)
    throw std::runtime_error(
        fmt::format("{} ended with exit code {}:\n{}", line, ended.exit_code, ended.err));
  return line;
}

/// One value of those that the query gives, by chance; empty if there is none.
std::string Clerk::one_of(const std::string& sql) {
  const auto values = bank_.query(sql + " ORDER BY 1");
  return values.empty() ? "" : values[below(values.size())];
}

}  // namespace aml::test
