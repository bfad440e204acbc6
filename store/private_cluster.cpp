// SPDX-License-Identifier: Apache-2.0
#include "store/private_cluster.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <sstream>
#include <system_error>
#include <thread>
#include <vector>

#include "aml_command.hpp"
#include "aml_query.hpp"
#include "store/child_process.hpp"
#include "store/cluster_places.hpp"
#include "store/cluster_socket.hpp"
#include "store/error.hpp"
#include "store/server_programs.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace fs = std::filesystem;
using namespace cluster;
namespace {

constexpr auto kStartLimit = std::chrono::minutes(10);  // recovery after a crash takes its time
constexpr auto kStopLimit = std::chrono::minutes(2);
constexpr auto kPollInterval = std::chrono::milliseconds(5);

/// Tuning that the user may change: written into a new cluster's postgresql.conf.
constexpr std::string_view kNewClusterSettings = R"(
# amlgraph: one user, bulk loads, no replication.
shared_buffers = 256MB
work_mem = 64MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
wal_level = minimal
max_wal_senders = 0
timezone = 'UTC'
log_timezone = 'UTC'
)";

// ---- the running server

/// postmaster.pid: pid, data directory, start time, port, socket directory, listen address, shared
/// memory key, state.
struct PostmasterFile {
  pid_t pid = 0;
  fs::path socket_directory;
  bool ready = false;
};

std::optional<PostmasterFile> read_postmaster_file(const Places& places) {
  std::istringstream lines(read_text(places.data / "postmaster.pid"));
  std::vector<std::string> line;
  for (std::string text; std::getline(lines, text);) line.push_back(text);
  if (line.empty()) return {};
  PostmasterFile file;
  file.pid = std::atoi(line[0].c_str());
  if (file.pid <= 0) return {};
  if (line.size() > 4) file.socket_directory = line[4];
  file.ready = line.size() > 7 && line[7].starts_with("ready");
  return file;
}

bool is_zombie(pid_t pid) {
  const auto stat = read_text(fmt::format("/proc/{}/stat", pid));  // pid (name) state ...
  const auto end_of_name = stat.rfind(") ");
  return end_of_name != std::string::npos && stat.compare(end_of_name + 2, 1, "Z") == 0;
}

/// True if the process is certainly no server of this data: it is gone, dead but not yet reaped,
/// another program or another cluster's server. After a reboot or in a restarted container the
/// number in a left-over file is often taken by somebody else, and PostgreSQL by itself would then
/// refuse to start.
bool is_other_process(pid_t pid, const Places& places) {
  if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
  if (is_zombie(pid)) return true;
  std::vector<std::string> arguments;
  std::istringstream stream(read_text(fmt::format("/proc/{}/cmdline", pid)));
  for (std::string argument; std::getline(stream, argument, '\0');) arguments.push_back(argument);
  if (arguments.empty()) return false;
  const auto name = fs::path(arguments[0]).filename();
  if (name != "postgres" && name != "postmaster") return true;
  const auto option = std::ranges::find(arguments, "-D");
  if (option == arguments.end() || option + 1 == arguments.end()) return false;
  std::error_code error;
  const bool same = fs::equivalent(*(option + 1), places.data, error);
  return !error && !same;
}

std::optional<PostmasterFile> running_server(const Places& places) {
  auto file = read_postmaster_file(places);
  if (!file || is_other_process(file->pid, places)) return {};
  return file;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const unsigned char c : text) {
    const bool plain = std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    encoded += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return encoded;
}

/// A URI that psql, BI tools and drivers take as it is. The port is named because PGPORT would
/// change its default.
Target target_for(const Places& places, const fs::path& socket_directory,
                  std::string_view database) {
  return {fmt::format("postgresql://aml@/{}?host={}&port={}", database,
                      percent_encode(socket_directory.string()), kPort),
          "private database in " + places.directory.string()};
}

std::string end_of_log(const Places& places) {
  constexpr std::size_t kShown = 2000;
  auto text = read_text(places.log());
  if (text.size() > kShown) text = "..." + text.substr(text.size() - kShown);
  return text;
}

// ---- create, start, stop

void write_settings(const fs::path& data) {
  std::ofstream file(data / "postgresql.conf", std::ios::app);
  file << kNewClusterSettings;
  if (!file.flush()) fail("cannot write " + (data / "postgresql.conf").string());
}

/// Made beside its final name and renamed: a start that was killed half-way leaves no half cluster
/// behind.
void initialise(const Places& places, const Programs& programs,
                const std::optional<SystemUser>& user, const ClusterLock& lock, bool durable) {
  const auto unfinished = fs::path(places.data.string() + ".unfinished");
  fs::remove_all(unfinished);
  create_directory(unfinished, 0700);
  give_to(unfinished, user);
  Command command{{programs.initdb, "-D", unfinished.string(), "-U", "aml", "--auth=trust", "-E",
                   "UTF8", "--locale=C.UTF-8", "--lc-collate=C", "--no-instructions"},
                  user,
                  places.log().string(),
                  lock.descriptor()};  // inherited: initdb outlives us, so does the lock
  if (!durable) command.arguments.emplace_back("-N");
  if (run_to_end(command) != 0) {
    fail(fmt::format("initdb could not create {}; the end of {}:\n{}", places.data.string(),
                     places.log().string(), end_of_log(places)));
  }
  write_settings(unfinished);
  fs::rename(unfinished, places.data);
}

std::vector<std::string> server_arguments(const Places& places, const Programs& programs,
                                          const fs::path& socket_directory, bool durable) {
  std::vector<std::string> arguments{programs.postgres, "-D", places.data.string()};
  std::vector<std::string> settings{
      "listen_addresses=", fmt::format("port={}", kPort),
      fmt::format("unix_socket_directories=\"{}\"", socket_directory.string()),
      "unix_socket_permissions=0700", "logging_collector=off"};
  if (!durable) {
    settings.insert(settings.end(),
                    {"fsync=off", "synchronous_commit=off", "full_page_writes=off"});
  }
  for (auto& setting : settings) arguments.insert(arguments.end(), {"-c", std::move(setting)});
  return arguments;
}

/// Waits until the server takes connections. Throws if it ends before that.
fs::path wait_until_ready(const Places& places, pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto file = read_postmaster_file(places);
    if (file && file->pid == pid && file->ready) return file->socket_directory;
    if (is_other_process(pid, places)) {
      fail(fmt::format("PostgreSQL did not start; the end of {}:\n{}", places.log().string(),
                       end_of_log(places)));
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  fail(fmt::format("PostgreSQL is not ready after {} minutes; see {}", kStartLimit.count(),
                   places.log().string()));
}

/// What the log has had to say since it was this long.
std::string log_since(const Places& places, std::uintmax_t length) {
  const auto text = read_text(places.log());
  return text.size() > length ? text.substr(length) : std::string{};
}

/// A server that was killed leaves files with its number, which PostgreSQL believes as long as any
/// process has that number.
void remove_left_over_files(const Places& places, const fs::path& socket_directory) {
  const auto socket = (socket_directory / fmt::format(".s.PGSQL.{}", kPort)).string();
  for (const auto& file : {(places.data / "postmaster.pid").string(), socket, socket + ".lock"})
    fs::remove(file);
}

/// Requires: no server of these data runs.
fs::path start_server(const Places& places, const Programs& programs,
                      const std::optional<SystemUser>& user, bool durable) {
  // Processes of a server that was killed live on until they notice; while they do, PostgreSQL
  // refuses to start.
  constexpr std::string_view kOldOnesAreStillThere = "pre-existing shared memory block";
  constexpr auto kTheirLimit = std::chrono::seconds(10);
  constexpr auto kTheirInterval = std::chrono::milliseconds(100);
  const auto socket_directory = make_socket_directory(places, user);
  const Command command{server_arguments(places, programs, socket_directory, durable), user,
                        places.log().string()};
  const auto deadline = std::chrono::steady_clock::now() + kTheirLimit;
  while (true) {
    remove_left_over_files(places, socket_directory);
    std::error_code no_log_yet;
    const auto log_length = fs::file_size(places.log(), no_log_yet);
    try {
      return wait_until_ready(places, start_detached(command));
    } catch (const StoreError&) {
      const bool may_pass =
          log_since(places, no_log_yet ? 0 : log_length).find(kOldOnesAreStillThere) !=
          std::string::npos;
      if (!may_pass || std::chrono::steady_clock::now() > deadline) throw;
    }
    std::this_thread::sleep_for(kTheirInterval);
  }
}

fs::path create_and_start(Places& places, const ClusterLock& lock, bool durable) {
  const auto user = server_user(places);
  if (user && !is_initialised(places)) choose_data_directory(places, *user);
  const auto programs = find_programs(places);
  if (!is_initialised(places)) initialise(places, programs, user, lock, durable);
  return start_server(places, programs, user, durable);
}

/// A start that was interrupted leaves the server at work on the same database.
void create_aml_database(pqxx::nontransaction& session) {
  constexpr std::string_view kUniqueViolation = "23505";
  constexpr std::string_view kDuplicateDatabase = "42P04";
  try {
    session.exec(std::string(command::create_aml_database.text));
  } catch (const pqxx::sql_error& error) {
    if (error.sqlstate() != kUniqueViolation && error.sqlstate() != kDuplicateDatabase) throw;
  }
}

/// Creates database "aml" if it is absent, and tells how to connect to it.
Target prepare(const Places& places, const fs::path& socket_directory) {
  Connection connection(target_for(places, socket_directory, "postgres"));
  auto session = begin<pqxx::nontransaction>(connection);
  if (run(session, query::database_exists, "aml").empty()) {
    as_statement(command::create_aml_database.file, [&] { create_aml_database(session); });
  }
  return target_for(places, socket_directory, "aml");
}

/// The running server's target; nothing if none runs.
std::optional<Target> target_of_running(const Places& places) {
  // A server that was killed a moment ago looks alive until the kernel has cleared it away. One that recovers from a crash says so, and
  // takes its time.
  constexpr auto kAfterlife = std::chrono::seconds(5);
  const auto start = std::chrono::steady_clock::now();
  while (const auto server = running_server(places)) {
    try {
      return prepare(places, wait_until_ready(places, server->pid));
    } catch (const StoreError& error) {
      const bool may_pass = error.failure() == StoreFailure::kUnreachable;
      const auto waited = std::chrono::steady_clock::now() - start;
      if (!may_pass || (error.retryable() ? waited > kStartLimit : waited > kAfterlife)) throw;
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return {};
}

/// PostgreSQL's signals to its first process.
enum class Shutdown {
  kFast = SIGINT,
  kImmediate = SIGQUIT,  ///< without saving anything
};

bool stop_server(const Places& places, Shutdown how) {
  const auto server = running_server(places);
  if (!server) return false;
  if (::kill(server->pid, static_cast<int>(how)) != 0 && errno != ESRCH) {
    fail_with_errno(fmt::format("cannot stop the server, process {}", server->pid));
  }
  const auto deadline = std::chrono::steady_clock::now() + kStopLimit;
  while (!is_other_process(server->pid, places)) {
    if (std::chrono::steady_clock::now() > deadline) {
      fail(fmt::format("the server, process {}, has not stopped after {} minutes; see {}",
                       server->pid, kStopLimit.count(), places.log().string()));
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  ::rmdir(server->socket_directory.c_str());  // only if empty: the server took its socket away
  return true;
}

}  // namespace

ClusterStatus cluster_status(const std::string& directory) {
  const auto places = find_places(directory);
  ClusterStatus status;
  status.data_directory = places.data.string();
  status.log_file = places.log().string();
  status.initialised = is_initialised(places);
  if (!status.initialised) return status;
  std::istringstream(read_text(places.data / "PG_VERSION")) >> status.server_version;
  if (const auto server = running_server(places)) {
    status.running = server->ready;
    status.pid = server->pid;
    status.socket_directory = server->socket_directory.string();
  }
  return status;
}

Target start_cluster(const ClusterOptions& options) {
  auto places = find_places(options.directory);
  // Root's directory may be passed through, not read, so that user postgres reaches its data in it.
  create_directory(places.directory, ::geteuid() == 0 ? 0711 : 0700);
  const ClusterLock lock(places);
  places = find_places(options.directory);
  if (auto running = target_of_running(places)) return *std::move(running);
  return prepare(places, create_and_start(places, lock, options.durable));
}

bool stop_cluster(const std::string& directory) {
  const auto places = find_places(directory);
  if (!is_initialised(places)) return false;
  const ClusterLock lock(places);
  return stop_server(places, Shutdown::kFast);
}

std::optional<Target> cluster_target(const std::string& directory) {
  const auto places = find_places(directory);
  if (!is_initialised(places)) return {};
  const auto server = running_server(places);
  if (!server || !server->ready) return {};
  return target_for(places, server->socket_directory, "aml");
}

bool remove_cluster(const std::string& directory) {
  auto places = find_places(directory);
  if (!is_initialised(places)) return false;
  const ClusterLock lock(places);
  stop_server(places, Shutdown::kImmediate);
  remove_socket_directories(places, server_user(places));
  fs::remove_all(places.data);
  if (places.data.parent_path() != places.directory) fs::remove_all(places.data.parent_path());
  fs::remove(places.data_location());
  fs::remove(places.log());
  fs::remove(places.lock());
  ::rmdir(places.directory.c_str());  // only if nothing else is kept in it
  return true;
}

}  // namespace aml::store
