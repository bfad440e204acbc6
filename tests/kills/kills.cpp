// SPDX-License-Identifier: Apache-2.0
// Nothing lost under fire: gives two banks the same files, lets one work in peace, and kills the programs and the server of the other
// again and again, at random moments and at commits. What was interrupted is taken up by repeating the command, as a scheduler would.
// In the end both must hold the same. Prints each kill and a summary as Markdown; exit code 1 and what differs if they do not.
// usage: aml_kills [KILLS [SEED]]      default: 8 kills, a seed of the moment
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "store/error.hpp"
#include "tests/kills/bank.hpp"
#include "tests/kills/deliveries.hpp"
#include "tests/kills/state.hpp"
#include "tests/kills/strike.hpp"

namespace aml::test {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::microseconds;
using namespace std::chrono_literals;

constexpr int kKillsOfAStep = 2;
constexpr auto kPatience = 180s;  // a sanitizer on a busy machine is slow

/// Something that a scheduler does, and does again if it was interrupted.
struct Step {
  std::string name;
  std::vector<std::string> command;
};

/// Ends with what it was waiting for, or in an error.
void wait_until(const std::string& what, const std::function<bool()>& condition) {
  const auto end = Clock::now() + kPatience;
  while (!condition()) {
    if (Clock::now() > end) throw std::runtime_error(what + " did not come");
    std::this_thread::sleep_for(20ms);
  }
}

/// What watch has to do with the files of its folder is done.
bool is_up_to_date(const Bank& bank, const std::string& inbox) {
  const auto files = std::distance(std::filesystem::directory_iterator(inbox), {});
  const auto loaded = bank.value(fmt::format(
      "SELECT count(DISTINCT path) FROM aml.ingested_files WHERE path LIKE '{}/%'", inbox));
  return std::to_string(files) == loaded &&
         bank.value("SELECT count(*) FROM aml.unseen_versions") == "0";
}

/// A program at work, which is not left behind when something goes wrong.
class Program {
 public:
  explicit Program(pid_t pid) : pid_(pid) {}
  ~Program() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    wait_for(pid_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  int wait() { return wait_for(std::exchange(pid_, 0)); }
  int stop() {
    ::kill(pid_, SIGTERM);
    return wait();
  }

 private:
  pid_t pid_;
};

[[noreturn]] void fail(const Step& step, int code, const std::string& words) {
  throw std::runtime_error(fmt::format("{} ended with exit code {}:\n{}", step.name, code, words));
}

/// The bank that nobody disturbs. Each step returns how long it took.
class Peace {
 public:
  explicit Peace(const std::string& inbox) : inbox_(inbox) {}
  const Bank& bank() const { return bank_; }

  Microseconds run(const Step& step) {
    const auto start = Clock::now();
    const Ended ended = bank_.run(step.command);
    if (ended.exit_code != 0) fail(step, ended.exit_code, ended.err);
    return since(start);
  }

  Microseconds watch(const Step& step) {
    const auto start = Clock::now();
    Program program(bank_.start(step.command));
    wait_until("what is new in the inbox", [&] { return is_up_to_date(bank_, inbox_); });
    const auto duration = since(start);
    if (const int code = program.stop(); code != 0) fail(step, code, bank_.log());
    return duration;
  }

 private:
  static Microseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  }

  const std::string& inbox_;
  Bank bank_{"peace"};
};

/// The bank in which things are killed.
class War {
 public:
  War(const std::string& inbox, int kills, std::mt19937& random)
      : inbox_(inbox), kills_left_(kills), random_(random) {}
  const Bank& bank() const { return bank_; }
  int kills_left() const { return kills_left_; }

  /// Repeats the command until it succeeds.
  void run(const Step& step, Microseconds duration) {
    for (int kills = kKillsOfAStep;;) {
      Striker striker(bank_);
      Program program(bank_.start(step.command));
      if (kills > 0 && strike(striker, step, program.pid(), duration)) --kills;
      const int code = program.wait();
      require_orderly_end(step, code, kills < kKillsOfAStep);
      bank_.bring_back();
      if (code == 0) return;
      if (code == kLocked) std::this_thread::sleep_for(50ms);
    }
  }

  /// Starts watch again whenever it is gone, as systemd would; watch itself goes on when the server is gone.
  void watch(const Step& step, Microseconds duration) {
    int kills = kKillsOfAStep;
    auto striker = std::make_unique<Striker>(bank_);
    auto program = std::make_unique<Program>(bank_.start(step.command));
    wait_until("what is new in the inbox", [&] {
      if (is_up_to_date(bank_, inbox_)) return true;
      if (has_ended(program->pid())) {  // the server died before watch had reached it once
        require_orderly_end(step, program->wait(), kills < kKillsOfAStep);
        program = std::make_unique<Program>(bank_.start(step.command));
        return false;
      }
      if (kills == 0 || !strike(*striker, step, program->pid(), duration)) return false;
      --kills;
      bank_.bring_back();
      striker = std::make_unique<Striker>(bank_);
      const Victim victim = log_.back().victim;
      if (victim != Victim::kProgram && victim != Victim::kStop) return false;
      require_orderly_end(step, program->wait(), true);
      program = std::make_unique<Program>(bank_.start(step.command));
      return false;
    });
    // One that was started again may be asked to stop before it listens.
    const int code = program->stop();
    if (code != 0 && code != -SIGTERM) fail(step, code, bank_.log());
  }

  struct Entry {
    std::string step;
    Victim victim;
  };
  const std::vector<Entry>& log() const { return log_; }

 private:
  static constexpr int kUnreachable = 3;
  static constexpr int kLocked = 75;
  static constexpr int kInterrupted = 130;

  Victim any_victim() {
    constexpr std::array kVictims{Victim::kProgram,    Victim::kProgram,    Victim::kProgram,
                                  Victim::kBackend,    Victim::kBackend,    Victim::kPostmaster,
                                  Victim::kPostmaster, Victim::kConnection, Victim::kStop};
    return kVictims[random_() % kVictims.size()];
  }

  Microseconds any_time(Microseconds until) {
    return Microseconds(random_() % static_cast<std::uint64_t>(until.count() + 1));
  }

  bool strike(Striker& striker, const Step& step, pid_t program, Microseconds duration) {
    if (kills_left_ == 0) return false;
    const Victim victim = any_victim();
    const bool at_commit = random_() % 3 == 0;
    const Moment moment{any_time(at_commit ? 4ms : duration), at_commit};
    std::optional<Strike> struck;
    try {
      struck = striker.strike(program, victim, moment, 2 * duration + 1s);
    } catch (const store::StoreError&) {  // the server restarts because of the strike before
    }
    if (!struck) return false;
    log_.push_back({step.name, victim});
    fmt::print("| {} | {} | {} | {} | {:.1f} |\n", log_.size(), step.name, name_of(victim),
               struck->phase, static_cast<double>(struck->after.count()) / 1000);
    std::fflush(stdout);
    if (victim != Victim::kConnection && victim != Victim::kStop) --kills_left_;
    return true;
  }

  /// The server may notice a killed process only when the command is repeated.
  void require_orderly_end(const Step& step, int code, bool was_struck) {
    constexpr std::array kOfAStruckOne{-SIGKILL, -SIGTERM, kUnreachable, kInterrupted};
    const bool is_expected =
        code == 0 || code == kLocked ||
        (was_struck && std::ranges::find(kOfAStruckOne, code) != kOfAStruckOne.end());
    if (!is_expected) fail(step, code, bank_.log());
  }

  const std::string& inbox_;
  Bank bank_{"war"};
  int kills_left_;
  std::mt19937& random_;
  std::vector<Entry> log_;
};

void print_summary(const std::vector<War::Entry>& log) {
  std::map<std::string, std::map<Victim, int>> counts;
  for (const auto& entry : log) ++counts[entry.step][entry.victim];
  fmt::print(
      "\n| during | aml | backend | postmaster | connection cut | aml stopped "
      "|\n|---|---|---|---|---|---|\n");
  for (auto& [step, count] : counts)
    fmt::print("| {} | {} | {} | {} | {} | {} |\n", step, count[Victim::kProgram],
               count[Victim::kBackend], count[Victim::kPostmaster], count[Victim::kConnection],
               count[Victim::kStop]);
}

/// Both banks get the next delivery; in one of them every step may be struck.
void deliver(const Delivery& delivery, const std::string& inbox, Peace& peace, War& war) {
  const auto both = [&](const Step& step) { war.run(step, peace.run(step)); };
  const Step run{"run", {"run"}};
  const Step fix{"fix", {"quarantine", "fix", "--from", delivery.corrections}};
  both({"load", {"load", delivery.folder}});
  both(run);
  both(fix);
  both({"replay", {"quarantine", "replay"}});
  for (const auto& file : delivery.later)
    std::filesystem::rename(file, inbox + "/" + std::filesystem::path(file).filename().string());
  const auto watch_of = [&](const Bank& bank) {
    return Step{"watch",
                {"watch", inbox, "--every", "0.1", "--settle", "0", "--metrics",
                 bank.folder() + "/aml.prom", "--summary", bank.folder() + "/last-run.json"}};
  };
  war.watch(watch_of(war.bank()), peace.watch(watch_of(peace.bank())));
}

int kill_and_compare(int kills, unsigned seed) {
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  const std::string inbox = folder.path("inbox");
  std::filesystem::create_directory(inbox);
  // About half of the chances are taken; what is not needed is not delivered.
  const int deliveries_enough = 2 + kills / kKillsOfAStep;
  const auto deliveries = write_deliveries(folder.path(), deliveries_enough, random);
  fmt::print("Seed {}\n\n", seed);
  fmt::print("| # | during | killed | at | after ms |\n|---|---|---|---|---|\n");
  Peace peace(inbox);
  War war(inbox, kills, random);
  std::vector<std::string> sentences;
  try {
    for (const auto& delivery : deliveries) {
      deliver(delivery, inbox, peace, war);
      sentences = differences(peace.bank(), war.bank());
      if (!sentences.empty() || war.kills_left() == 0) break;
    }
  } catch (const std::exception& error) {
    sentences.emplace_back(error.what());
  }
  print_summary(war.log());
  const auto add = [&](std::vector<std::string> more) {
    sentences.insert(sentences.end(), more.begin(), more.end());
  };
  add(differences_in_history(peace.bank(), war.bank()));
  add(remains(war.bank()));
  if (::waitpid(-1, nullptr, WNOHANG) != -1) sentences.emplace_back("a process was left");
  const std::string totals =
      "SELECT format('%s files, %s transfers in silver, %s rows in quarantine, %s replayed, %s "
      "alerts, version %s, %s runs, %s of them ended early', (SELECT count(*) FROM "
      "aml.ingested_files), (SELECT count(*) FROM silver.transfers), (SELECT count(*) FROM "
      "quarantine.rows), (SELECT count(*) FROM quarantine.replays), (SELECT count(*) FROM "
      "gold.alerts), aml.newest_version(), (SELECT count(*) FROM aml.runs), (SELECT count(*) FROM "
      "aml.runs WHERE status <> 'succeeded'))";
  fmt::print("\nUndisturbed: {}.\nUnder fire: {}.\n", peace.bank().value(totals),
             war.bank().value(totals));
  for (const auto& sentence : sentences) fmt::print("DIFFERS: {}\n", sentence);
  fmt::print(
      "{} of {} SIGKILLs hit a working process; {}\n", kills - war.kills_left(), kills,
      sentences.empty() ? "nothing lost, nothing doubled, gold is equal" : "the banks differ");
  return sentences.empty() && war.kills_left() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace aml::test

int main(int argc, char** argv) {
  const int kills = argc > 1 ? std::atoi(argv[1]) : 8;
  const unsigned seed =
      argc > 2 ? static_cast<unsigned>(std::atol(argv[2])) : std::random_device{}();
  if (kills <= 0) {
    fmt::print(stderr, "usage: {} [KILLS [SEED]]\n", argv[0]);
    return 2;
  }
  try {
    return aml::test::kill_and_compare(kills, seed);
  } catch (const std::exception& error) {
    fmt::print("error: {}\n", error.what());
    return 1;
  }
}
