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
#include "tests/scenarios/local_scenarios.hpp"

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

/// All at once, as a file should.
void arrive(const std::string& file, const Bank& bank) {
  const auto path =
      fmt::format("{}/{}", bank.inbox(), std::filesystem::path(file).filename().string());
  std::filesystem::copy_file(file, path + ".tmp");
  std::filesystem::rename(path + ".tmp", path);
}

/// What watch has to do with the files of its inbox is done, to the last lock.
bool is_up_to_date(const Bank& bank) {
  const auto files = std::distance(std::filesystem::directory_iterator(bank.inbox()), {});
  return bank.value(fmt::format("SELECT (SELECT count(DISTINCT path) FROM aml.ingested_files WHERE "
                                "path LIKE '{}/%') = {} "
                                "AND NOT EXISTS (SELECT FROM aml.unseen_versions) AND NOT EXISTS "
                                "(SELECT FROM pg_locks "
                                "WHERE locktype = 'advisory' AND (classid, objid) = (7103852, 1))",
                                bank.inbox(), files)) == "t";
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

/// How long it takes from a file to its alerts, and the run among it.
struct WaveTime {
  Microseconds all;
  Microseconds run;
};

/// The bank that nobody disturbs.
class Peace {
 public:
  const Bank& bank() const { return bank_; }

  Microseconds run(const Step& step) {
    const auto start = Clock::now();
    const Ended ended = bank_.run(step.command);
    if (ended.exit_code != 0) fail(step, ended.exit_code, ended.err);
    return since(start);
  }

  std::vector<WaveTime> watch(const Step& step, const std::vector<std::string>& waves) {
    std::vector<WaveTime> times;
    std::unique_ptr<Program> program;
    for (const auto& wave : waves) {
      const auto start = Clock::now();
      arrive(wave, bank_);
      if (!program) program = std::make_unique<Program>(bank_.start(step.command));
      wait_until("what is new in the inbox", [&] { return is_up_to_date(bank_); });
      times.push_back({since(start), time_of_newest_run()});
    }
    require_incremental_runs(waves.size());
    if (const int code = program->stop(); code != 0) fail(step, code, bank_.log());
    return times;
  }

 private:
  static Microseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  }

  Microseconds time_of_newest_run() const {
    return Microseconds(std::stol(
        bank_.value("SELECT (1e6 * extract(epoch FROM finished_at - started_at))::bigint FROM "
                    "aml.runs ORDER BY run_id DESC LIMIT 1")));
  }

  /// A small wave may make a full run, as one with the first transfer of all does.
  void require_incremental_runs(std::size_t waves) const {
    const auto kinds =
        bank_.query(fmt::format("SELECT kind FROM aml.runs ORDER BY run_id DESC LIMIT {}", waves));
    if (std::ranges::find(kinds, "incremental") == kinds.end())
      throw std::runtime_error("no wave made an incremental run");
  }

  Bank bank_{"peace"};
};

/// The bank in which things are killed.
class War {
 public:
  War(int kills, std::mt19937& random) : kills_left_(kills), random_(random) {}
  const Bank& bank() const { return bank_; }
  int kills_left() const { return kills_left_; }
  bool has_killed_incremental_run() const { return has_killed_incremental_run_; }

  /// Repeats the command until it succeeds.
  void run(const Step& step, Microseconds duration) {
    for (int kills = kKillsOfAStep;;) {
      Striker striker(bank_);
      Program program(bank_.start(step.command));
      if (kills > 0 && may_strike(false) &&
          strike(striker, step, program.pid(), any_moment(duration), duration))
        --kills;
      const int code = program.wait();
      require_orderly_end(step, code, kills < kKillsOfAStep);
      bank_.bring_back();
      if (code == 0) return;
      if (code == kLocked) std::this_thread::sleep_for(50ms);
    }
  }

  /// Starts watch again whenever it is gone, as systemd would; watch itself goes on when the server is gone.
  void watch(const Step& step, const std::vector<std::string>& waves,
             const std::vector<WaveTime>& times) {
    std::unique_ptr<Program> program;
    for (std::size_t i = 0; i < waves.size(); ++i) {
      arrive(waves[i], bank_);
      if (!program) program = std::make_unique<Program>(bank_.start(step.command));
      endure(step, program, i == 0 ? kKillsOfAStep : 1, times[i], /*is_small=*/i > 0);
    }
    // One that was started again may be asked to stop before it listens.
    const int code = program->stop();
    if (code != 0 && code != -SIGTERM) fail(step, code, bank_.log());
  }

  struct Entry {
    std::string work;
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
    constexpr std::size_t kKilled = 7;  // so many of them by SIGKILL
    return kVictims[random_() % (are_kept() ? kKilled : kVictims.size())];
  }

  Microseconds any_time(Microseconds until) {
    return Microseconds(random_() % static_cast<std::uint64_t>(until.count() + 1));
  }

  Moment any_moment(Microseconds duration) {
    constexpr auto kAroundACommit = 4ms;
    if (random_() % 3 == 0) return {Since::kCommit, any_time(kAroundACommit)};
    return {Since::kNow, any_time(duration)};
  }

  /// Of the time of a small wave most is loading.
  Moment any_moment_of_small_wave(const WaveTime& time) {
    if (!has_killed_incremental_run_ || random_() % 2 == 0)
      return {Since::kIncrementalRun, any_time(time.run), are_kept()};
    return any_moment(time.all);
  }

  /// The last kills are kept for incremental runs until they have killed one.
  bool are_kept() const {
    constexpr int kKept = 2;
    return !has_killed_incremental_run_ && kills_left_ <= kKept;
  }

  /// There is no incremental run before the first small wave.
  bool may_strike(bool is_small_wave) const {
    return kills_left_ > 0 && (is_small_wave || !are_kept());
  }

  /// Until watch is up to date, whatever happens to it.
  void endure(const Step& step, std::unique_ptr<Program>& program, int kills, const WaveTime& time,
              bool is_small) {
    bool was_struck = false;
    auto striker = std::make_unique<Striker>(bank_);
    const auto restart = [&] {
      require_orderly_end(step, program->wait(), was_struck);
      program = std::make_unique<Program>(bank_.start(step.command));
    };
    wait_until("what is new in the inbox", [&] {
      if (is_up_to_date(bank_)) return true;
      if (has_ended(program->pid())) {  // the server died before watch had reached it once
        restart();
        return false;
      }
      const auto moment = is_small ? any_moment_of_small_wave(time) : any_moment(time.all);
      if (kills == 0 || !may_strike(is_small) ||
          !strike(*striker, step, program->pid(), moment, time.all))
        return false;
      --kills;
      was_struck = true;
      bank_.bring_back();
      striker = std::make_unique<Striker>(bank_);
      const Victim victim = log_.back().victim;
      if (victim == Victim::kProgram || victim == Victim::kStop) restart();
      return false;
    });
  }

  bool strike(Striker& striker, const Step& step, pid_t program, Moment moment,
              Microseconds duration) {
    const Victim victim = any_victim();
    std::optional<Strike> struck;
    try {
      struck = striker.strike(program, victim, moment, 2 * duration + 1s);
    } catch (const store::StoreError&) {  // the server restarts because of the strike before
    }
    if (!struck) return false;
    const std::string work = step.name == "watch" ? name_of(struck->work) : step.name;
    log_.push_back({work, victim});
    fmt::print("| {} | {}{} | {} | {} | {:.1f} |\n", log_.size(),
               step.name == "watch" ? "watch, " : "", work, name_of(victim), struck->phase,
               static_cast<double>(struck->after.count()) / 1000);
    std::fflush(stdout);
    if (victim == Victim::kConnection || victim == Victim::kStop) return true;
    --kills_left_;
    has_killed_incremental_run_ |= work == name_of(Work::kIncrementalRun);
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

  Bank bank_{"war"};
  int kills_left_;
  bool has_killed_incremental_run_ = false;
  std::mt19937& random_;
  std::vector<Entry> log_;
};

void print_summary(const std::vector<War::Entry>& log) {
  std::map<std::string, std::map<Victim, int>> counts;
  for (const auto& entry : log) ++counts[entry.work][entry.victim];
  fmt::print(
      "\n| during | aml | backend | postmaster | connection cut | aml stopped "
      "|\n|---|---|---|---|---|---|\n");
  for (auto& [work, count] : counts)
    fmt::print("| {} | {} | {} | {} | {} | {} |\n", work, count[Victim::kProgram],
               count[Victim::kBackend], count[Victim::kPostmaster], count[Victim::kConnection],
               count[Victim::kStop]);
}

/// With scenarios of local reach: whatever kind of run a kill makes of another, gold must be the same.
Step watch_of(const Bank& bank) {
  Step step{"watch",
            {"watch", bank.inbox(), "--every", "0.1", "--settle", "0", "--metrics",
             bank.folder() + "/aml.prom", "--summary", bank.folder() + "/last-run.json"}};
  for (const auto& scenario : local_scenarios())
    step.command.insert(step.command.end(), {"--scenario", scenario});
  return step;
}

/// Both banks get the next delivery; in one of them every step may be struck. Returns what then differs.
std::vector<std::string> deliver(const Delivery& delivery, Peace& peace, War& war) {
  const auto both = [&](const Step& step) { war.run(step, peace.run(step)); };
  const Step run{"full run", {"run"}};
  both({"load", {"load", delivery.folder}});
  both(run);
  both({"fix", {"quarantine", "fix", "--from", delivery.corrections}});
  both({"replay", {"quarantine", "replay"}});
  const auto times = peace.watch(watch_of(peace.bank()), delivery.waves);
  war.watch(watch_of(war.bank()), delivery.waves, times);
  // Incremental runs leave the features of accounts to the next full one.
  auto sentences = differences(peace.bank(), war.bank(), {"gold.account_features"});
  if (!sentences.empty()) return sentences;
  both(run);
  return differences(peace.bank(), war.bank());
}

int kill_and_compare(int kills, unsigned seed) {
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  // About half of the chances are taken; what is not needed is not delivered.
  const int deliveries_enough = 2 + kills / kKillsOfAStep;
  const auto deliveries = write_deliveries(folder.path(), deliveries_enough, random);
  fmt::print("Seed {}\n\n", seed);
  fmt::print("| # | during | killed | at | after ms |\n|---|---|---|---|---|\n");
  Peace peace;
  War war(kills, random);
  std::vector<std::string> sentences;
  try {
    for (const auto& delivery : deliveries) {
      sentences = deliver(delivery, peace, war);
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
  if (!war.has_killed_incremental_run()) sentences.emplace_back("no incremental run was killed");
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
