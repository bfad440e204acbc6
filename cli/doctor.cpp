// SPDX-License-Identifier: Apache-2.0
// Says what is wrong with a set-up and how to mend it.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/target.hpp"
#include "cli/version.hpp"
#include "scenarios/scenario.hpp"
#include "store/error.hpp"
#include "store/gold_reader.hpp"
#include "store/grants.hpp"
#include "store/lock_holders.hpp"
#include "store/migrations.hpp"
#include "store/private_cluster.hpp"
#include "store/retention.hpp"
#include "store/server_facts.hpp"
#include "store/snapshot.hpp"

namespace aml::cli {
namespace {

constexpr int kOldestServer = 150000;
constexpr std::int64_t kWorryingSkewSeconds = 300;

enum class Verdict { kOk, kWarning, kProblem };

/// What was looked at so far; one line each.
class Examination {
 public:
  void add(const std::string& what, Verdict verdict, const std::string& found,
           const std::string& mend = {}) {
    static constexpr const char* kNames[] = {"ok", "warning", "problem"};
    table_.rows.push_back({what, std::string(kNames[static_cast<int>(verdict)]), found,
                           mend.empty() ? Cell{} : Cell{mend}});
    problems_ += verdict == Verdict::kProblem ? 1 : 0;
  }
  const Table& table() const { return table_; }
  int problems() const { return problems_; }

 private:
  Table table_{{"check", "verdict", "found", "to_mend"}, {}};
  int problems_ = 0;
};

std::uint64_t memory_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

void examine_machine(Examination& examination) {
  examination.add("program", Verdict::kOk, fmt::format("aml {}", kVersion));
  examination.add("machine", Verdict::kOk,
                  fmt::format("{} cores, {} of memory", std::thread::hardware_concurrency(),
                              human_bytes(memory_bytes())));
}

void examine_private_database(Examination& examination, const GlobalOptions& global) {
  const auto now = store::cluster_status(global.directory);
  if (!now.initialised) {
    examination.add("private database", Verdict::kOk, fmt::format("none in {}", global.directory));
  } else if (!now.running) {
    examination.add("private database", Verdict::kWarning,
                    fmt::format("{} is stopped", now.data_directory), "aml db start");
  } else {
    examination.add("private database", Verdict::kOk,
                    fmt::format("{} runs, pid {}", now.data_directory, now.pid));
  }
}

/// Without it nothing is wrong: `aml model sql` does the same.
void examine_extension(Examination& examination, const store::ServerFacts& facts) {
  const bool has_files = !facts.extension_available.empty();
  if (facts.extension.empty()) {
    examination.add("scoring in SQL", Verdict::kOk, "the extension amlgraph is not in use",
                    has_files ? "if you want it, as superuser:  CREATE EXTENSION amlgraph"
                              : "if you want it:  docs/sql_scoring.md");
  } else {
    examination.add("scoring in SQL", has_files ? Verdict::kOk : Verdict::kProblem,
                    fmt::format("extension amlgraph {}{}", facts.extension,
                                has_files ? "" : ", but the server does not have its files"),
                    has_files ? "" : "cmake --install build/release --component extension");
  }
}

void examine_server(Examination& examination, store::Connection& connection) {
  const auto facts = store::server_facts(connection);
  examination.add("server version",
                  facts.version_number >= kOldestServer ? Verdict::kOk : Verdict::kProblem,
                  "PostgreSQL " + facts.version,
                  facts.version_number >= kOldestServer ? "" : "use PostgreSQL 15 or newer");
  const bool utf8 = facts.encoding == "UTF8";
  examination.add("encoding", utf8 ? Verdict::kOk : Verdict::kProblem, facts.encoding,
                  utf8 ? "" : "createdb -E UTF8 -T template0 NAME");
  if (facts.is_standby) {
    examination.add("replica", Verdict::kProblem, "the server is a read-only replica",
                    "connect to the primary");
  }
  examine_extension(examination, facts);
  const bool skewed = std::llabs(facts.clock_skew_seconds) > kWorryingSkewSeconds;
  examination.add("clock", skewed ? Verdict::kWarning : Verdict::kOk,
                  fmt::format("server and client differ by {} s", facts.clock_skew_seconds),
                  skewed ? "synchronise both clocks: transfers in the future are quarantined" : "");
  examination.add("size", Verdict::kOk, human_bytes(static_cast<std::uint64_t>(facts.size_bytes)));
}

/// Only who makes or upgrades the schema needs it.
void examine_right_to_create(Examination& examination, store::Connection& connection) {
  const auto facts = store::server_facts(connection);
  examination.add("rights", facts.may_create ? Verdict::kOk : Verdict::kWarning,
                  fmt::format("user {} {} create schemas in {}", facts.user,
                              facts.may_create ? "may" : "may not", facts.database),
                  facts.may_create
                      ? ""
                      : fmt::format("GRANT CREATE ON DATABASE {} TO {} (needed by aml init)",
                                    facts.database, facts.user));
}

void examine_locks(Examination& examination, store::Connection& connection) {
  const auto holders = store::lock_holders(connection, store::HeldLock::kAny);
  if (holders.empty()) examination.add("locks", Verdict::kOk, "none is held");
  for (const auto& holder : holders)
    examination.add("locks", Verdict::kWarning, holder,
                    "wait; if it does not end:  SELECT pg_terminate_backend(its server process)");
}

/// False if the schema cannot be used, so that nothing that needs it is looked at.
bool examine_schema(Examination& examination, store::Connection& connection) {
  try {
    store::require_schema(connection);
    examination.add("schema", Verdict::kOk, "up to date");
    return true;
  } catch (const store::StoreError& error) {
    examination.add("schema", Verdict::kProblem, error.what(), "aml init");
    return false;
  }
}

void examine_access(Examination& examination, store::Connection& connection) {
  const auto counts = store::count_access(connection);
  if (!counts.is_applied) {
    examination.add("grants", Verdict::kOk, "everything belongs to one user, no roles are in use",
                    "if others work with it:  aml grants --apply");
    return;
  }
  const bool as_planned = counts.missing + counts.beyond == 0;
  examination.add("grants", as_planned ? Verdict::kOk : Verdict::kWarning,
                  as_planned ? "as planned"
                             : fmt::format("{} rights are missing, {} are beyond the plan",
                                           counts.missing, counts.beyond),
                  as_planned ? "" : "aml grants --apply");
}

void examine_data(Examination& examination, store::Connection& connection) {
  const auto plan = store::plan_snapshot(connection);
  examination.add("data", plan.transfers > 0 ? Verdict::kOk : Verdict::kWarning,
                  fmt::format("{} transfers, {} accounts, {} parties", human_count(plan.transfers),
                              human_count(plan.accounts), human_count(plan.parties)),
                  plan.transfers > 0 ? "" : "aml load transfers.csv");
  const bool fits = plan.memory_bytes < memory_bytes();
  examination.add(
      "memory for a run", fits ? Verdict::kOk : Verdict::kProblem,
      fmt::format("about {} of {}", human_bytes(plan.memory_bytes), human_bytes(memory_bytes())),
      fits ? "" : "run on a machine with more memory");
  const auto runs = store::list_runs(connection, 1);
  if (runs.empty()) {
    examination.add("last run", Verdict::kOk, "none yet");
  } else {
    const bool good = runs.front().status == "succeeded" || runs.front().status == "running";
    examination.add("last run", good ? Verdict::kOk : Verdict::kWarning,
                    fmt::format("run {} {}{}{}", runs.front().run_id, runs.front().status,
                                runs.front().error.empty() ? "" : ": ", runs.front().error),
                    good ? "" : "aml run");
  }
}

void examine_versions(Examination& examination, store::Connection& connection) {
  const auto facts = store::retention_facts(connection);
  examination.add(
      "versions", Verdict::kOk,
      fmt::format("{} to {} can be read, back to {}; the history takes {}; {} erasures",
                  facts.oldest_version, facts.newest_version, facts.oldest_at,
                  human_bytes(static_cast<std::uint64_t>(facts.history_bytes)), facts.erasures));
}

void examine_scenarios(Examination& examination) {
  const auto shipped = scenarios::shipped_scenarios({});
  examination.add("scenarios", Verdict::kOk,
                  fmt::format("{} come with the program", shipped.size()));
}

}  // namespace

int run_doctor(const GlobalOptions& global) {
  Examination examination;
  examine_machine(examination);
  examine_scenarios(examination);
  examine_private_database(examination, global);
  try {
    auto connection = connect(global);
    examination.add(
        "database", Verdict::kOk,
        fmt::format("{} ({})", store::describe(connection.target()), connection.target().origin));
    examine_server(examination, connection);
    examine_locks(examination, connection);
    if (examine_schema(examination, connection)) {
      examine_access(examination, connection);
      examine_data(examination, connection);
      examine_versions(examination, connection);
    } else {
      examine_right_to_create(examination, connection);
    }
  } catch (const store::StoreError& error) {
    examination.add("database", Verdict::kProblem, error.what(),
                    "aml db start, or name yours with -d");
  }
  print(examination.table(), effective_format(global.format));
  return examination.problems() == 0 ? kOk : kUnreachable;
}

}  // namespace aml::cli
