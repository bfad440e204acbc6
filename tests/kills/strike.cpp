// SPDX-License-Identifier: Apache-2.0
#include "tests/kills/strike.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <pqxx/pqxx>
#include <string_view>
#include <thread>
#include <vector>

#include "aml_command.hpp"
#include "aml_copy.hpp"
#include "aml_query.hpp"
#include "store/statement.hpp"

namespace aml::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kSessions =
    "SELECT pid, coalesce(state, ''), query FROM pg_stat_activity WHERE datname = 'aml' AND "
    "application_name = 'aml' AND backend_type = 'client backend' AND pid <> pg_backend_pid() "
    "ORDER BY state = 'active' DESC, state LIKE 'idle in%' DESC, query_start DESC";

/// Whether a load or run is at work, all files of the inbox are loaded, a full run has begun since aml connected, and no run has seen all.
constexpr const char* kWork =
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND (classid, objid) = "
    "(7103852, "
    "1)), (SELECT count(DISTINCT path) FROM aml.ingested_files WHERE path LIKE '{}/%') = {}, "
    "EXISTS "
    "(SELECT FROM aml.runs WHERE status = 'running' AND started_at > (SELECT min(backend_start) "
    "FROM "
    "pg_stat_activity WHERE datname = 'aml' AND application_name = 'aml' AND pid <> "
    "pg_backend_pid())), EXISTS (SELECT FROM aml.unseen_versions)";

/// The name of an embedded statement; of any other its beginning. What expectations add stands behind the beginning.
std::string statement_name(std::string_view text) {
  constexpr std::size_t kEnough = 100;
  constexpr std::size_t kShown = 24;
  if (text.empty()) return "connect";
  std::string name(text.substr(0, std::min(kShown, text.find_first_of("\n;"))));
  const auto look_among = [&](const auto& embedded) {
    for (const auto* one : embedded)
      if (one->text.substr(0, kEnough) == text.substr(0, kEnough))
        name = std::filesystem::path(one->file).stem().string();
  };
  look_among(query::all());
  look_among(command::all());
  look_among(copy::all());
  return name;
}

std::string phase_of(const std::vector<Session>& sessions) {
  if (sessions.empty()) return "start or end of the program";
  const Session& first = sessions.front();
  const std::string name = statement_name(first.statement);
  return first.state == "active" ? name : "after " + name;
}

bool is_end_of_load(const Session& session) {
  const std::string name = statement_name(session.statement);
  return name == "commit_load" || name == "analyze_silver";
}

bool is_about_to_commit(const Session& session) {
  constexpr std::array<std::string_view, 6> kLast{"commit_load",   "record_file_counts", "COMMIT",
                                                  "finish_replay", "complete_run",       "commit"};
  return std::ranges::find(kLast, statement_name(session.statement)) != kLast.end();
}

}  // namespace

bool has_ended(pid_t program) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(program), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == program;
}

std::string name_of(Victim victim) {
  switch (victim) {
    case Victim::kProgram:
      return "aml";
    case Victim::kBackend:
      return "backend";
    case Victim::kPostmaster:
      return "postmaster";
    case Victim::kConnection:
      return "connection";
    case Victim::kStop:
      return "stop";
  }
  return {};
}

std::string name_of(Work work) {
  switch (work) {
    case Work::kNone:
      return "between works";
    case Work::kLoad:
      return "load";
    case Work::kFullRun:
      return "full run";
    case Work::kIncrementalRun:
      return "incremental run";
  }
  return {};
}

Striker::Striker(const Bank& bank) : bank_(bank), observer_(bank.connect()) {}

std::vector<Session> Striker::sessions() {
  auto session = store::begin<pqxx::nontransaction>(observer_);
  std::vector<Session> found;
  for (const auto& row : store::as_statement("sessions", [&] { return session.exec(kSessions); }))
    found.push_back({row[0].as<pid_t>(), row[1].c_str(), row[2].c_str()});
  return found;
}

Work Striker::work(const std::vector<Session>& sessions) {
  auto session = store::begin<pqxx::nontransaction>(observer_);
  const auto files = std::distance(std::filesystem::directory_iterator(bank_.inbox()), {});
  const std::string sql = fmt::format(kWork, bank_.inbox(), files);
  const auto row = store::as_statement("work", [&] { return session.exec1(sql); });
  const bool is_at_work = row[0].as<bool>();
  const bool is_loaded = row[1].as<bool>();
  const bool is_full_run = row[2].as<bool>();
  const bool is_unseen = row[3].as<bool>();
  if (!is_at_work || sessions.empty()) return Work::kNone;
  if (is_full_run) return Work::kFullRun;
  if (!is_loaded || is_end_of_load(sessions.front())) return Work::kLoad;
  return is_unseen ? Work::kIncrementalRun : Work::kNone;
}

bool Striker::has_come(Since since, const std::vector<Session>& sessions) {
  switch (since) {
    case Since::kNow:
      return true;
    case Since::kCommit:
      return std::ranges::any_of(sessions, is_about_to_commit);
    case Since::kIncrementalRun:
      return work(sessions) == Work::kIncrementalRun;
  }
  return false;
}

std::optional<Strike> Striker::strike(pid_t program, Victim victim, Moment moment,
                                      std::chrono::microseconds patience) {
  const auto start = Clock::now();
  std::vector<Session> seen;
  const auto look_until = [&](auto&& condition) {
    while (!has_ended(program) && Clock::now() - start < patience) {
      seen = sessions();
      if (condition()) return true;
    }
    return false;
  };
  if (!look_until([&] { return has_come(moment.since, seen); })) return {};
  const pid_t server = bank_.server();
  std::this_thread::sleep_for(moment.after);
  const bool needs_session = victim == Victim::kBackend || victim == Victim::kConnection;
  if (!look_until([&] { return !needs_session || !seen.empty(); })) return {};
  if (moment.must_last && !has_come(moment.since, seen)) return {};
  const Work at = work(seen);
  // Whether the one that works or another: as the last bits of the time fall.
  const auto any = static_cast<std::size_t>(Clock::now().time_since_epoch().count() / 100);
  const pid_t backend = seen.empty() ? 0 : seen[any % seen.size()].backend;
  const Strike done{victim, at, phase_of(seen),
                    std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start)};
  const bool is_program = victim == Victim::kProgram || victim == Victim::kStop;
  const pid_t struck = is_program ? program : victim == Victim::kPostmaster ? server : backend;
  const bool is_gentle = victim == Victim::kConnection || victim == Victim::kStop;
  if (struck <= 0 || ::kill(struck, is_gentle ? SIGTERM : SIGKILL) != 0) return {};
  return done;
}

}  // namespace aml::test
