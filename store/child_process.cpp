// SPDX-License-Identifier: Apache-2.0
#include "store/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include "store/error.hpp"

namespace aml::store {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

/// Keeps our signal handlers from running in a child between fork and exec.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

/// What the child tells through the pipe: the pid of the detached program, or why exec failed.
struct Word {
  enum class Kind { kPid, kError } kind;
  int value;
};

/// Everything the child needs, made before fork: after it only async-signal-safe calls are allowed.
struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> envp;
  const SystemUser* user;
  int null_fd;
  int log_fd;
  int inherited_fd;
  int report_fd;
};

// A server must not see our PG* variables (PGPORT, PGCLIENTENCODING ... change its defaults) nor
// our locale.
std::array<char, 64> path_variable{"PATH=/usr/local/bin:/usr/bin:/bin"};
std::array<char, 32> locale_variable{"LC_ALL=C.UTF-8"};

void report(int fd, Word::Kind kind, int value) {
  const Word word{kind, value};
  // The parent waits for end of file; a word that cannot be written shows as a missing pid there.
  [[maybe_unused]] const auto written = ::write(fd, &word, sizeof word);
}

bool become(const SystemUser& user) {
  return ::setgroups(user.groups.size(), user.groups.data()) == 0 && ::setgid(user.gid) == 0 &&
         ::setuid(user.uid) == 0;
}

void restore_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void exec_in_child(const Prepared& prepared) {
  ::umask(077);
  const bool ready =
      ::chdir("/") == 0 && ::dup2(prepared.null_fd, 0) == 0 && ::dup2(prepared.log_fd, 1) == 1 &&
      ::dup2(prepared.log_fd, 2) == 2 &&
      (prepared.inherited_fd < 0 || ::dup2(prepared.inherited_fd, 3) == 3) &&
      // A descriptor that is its own copy is closed by exec as before.
      (prepared.inherited_fd != 3 || ::fcntl(3, F_SETFD, 0) == 0) &&
      ::close_range(prepared.inherited_fd < 0 ? 3 : 4, ~0U, CLOSE_RANGE_CLOEXEC) == 0 &&
      (prepared.user == nullptr || become(*prepared.user));
  if (ready) {
    restore_signals();
    ::execve(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
  }
  report(prepared.report_fd, Word::Kind::kError, errno);
  ::_exit(127);
}

[[noreturn]] void detach_and_exec(const Prepared& prepared) {
  const pid_t pid = ::setsid() < 0 ? -1 : ::fork();
  if (pid == 0) exec_in_child(prepared);
  report(prepared.report_fd, pid < 0 ? Word::Kind::kError : Word::Kind::kPid,
         pid < 0 ? errno : pid);
  ::_exit(pid < 0 ? 127 : 0);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) fail("waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct Started {
  int exit_status;
  pid_t detached_pid;
};

Started start(const Command& command, void (*child)(const Prepared&)) {
  const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const Descriptor log(::open(command.log_file.c_str(),
                              O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (log.get() < 0) fail("cannot write " + command.log_file);
  std::array<int, 2> ends{};
  if (null.get() < 0 || ::pipe2(ends.data(), O_CLOEXEC) != 0)
    fail("cannot start " + command.arguments[0]);
  const Descriptor reader(ends[0]);
  // Away from 0 to 3, which the child overwrites.
  Descriptor writer(::fcntl(ends[1], F_DUPFD_CLOEXEC, 16));
  ::close(ends[1]);

  Prepared prepared{{},
                    {path_variable.data(), locale_variable.data(), nullptr},
                    command.as_user ? &*command.as_user : nullptr,
                    null.get(),
                    log.get(),
                    command.inherited_descriptor,
                    writer.get()};
  for (const auto& argument : command.arguments)
    prepared.argv.push_back(const_cast<char*>(argument.c_str()));
  prepared.argv.push_back(nullptr);

  pid_t pid = -1;
  {
    const BlockedSignals blocked;
    pid = ::fork();
    if (pid == 0) child(prepared);
  }
  if (pid < 0) fail("cannot start " + command.arguments[0]);
  writer.reset();
  Started started{0, 0};
  Word word{};
  while (::read(reader.get(), &word, sizeof word) == sizeof word) {
    if (word.kind == Word::Kind::kPid) {
      started.detached_pid = word.value;
    } else {
      wait_for(pid);
      errno = word.value;
      fail("cannot start " + command.arguments[0]);
    }
  }
  started.exit_status = wait_for(pid);
  return started;
}

SystemUser with_groups(const passwd& entry) {
  SystemUser user{entry.pw_name, entry.pw_uid, entry.pw_gid, {}};
  int count = 64;
  user.groups.resize(static_cast<std::size_t>(count));
  while (::getgrouplist(entry.pw_name, entry.pw_gid, user.groups.data(), &count) < 0) {
    user.groups.resize(static_cast<std::size_t>(count));
  }
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

}  // namespace

SystemUser system_user(const std::string& name) {
  if (const passwd* entry = ::getpwnam(name.c_str())) return with_groups(*entry);
  throw StoreError(
      StoreFailure::kUnreachable,
      fmt::format("there is no system user {}: PostgreSQL refuses to run as root and needs one\n"
                  "  install the Debian package postgresql, or run aml as an ordinary user",
                  name));
}

SystemUser system_user(uid_t uid) {
  if (const passwd* entry = ::getpwuid(uid)) return with_groups(*entry);
  throw StoreError(
      StoreFailure::kUnreachable,
      fmt::format("user id {} has no name: PostgreSQL needs one\n  add it to /etc/passwd", uid));
}

int run_to_end(const Command& command) {
  return start(command, exec_in_child).exit_status;
}

pid_t start_detached(const Command& command) {
  const auto started = start(command, detach_and_exec);
  if (started.detached_pid == 0) {
    throw std::system_error(ECHILD, std::generic_category(),
                            "cannot start " + command.arguments[0]);
  }
  return started.detached_pid;
}

std::string output_of(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  writer.reset();
  if (error != 0) return {};
  std::string output;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::read(reader.get(), buffer.data(), buffer.size())) > 0) {
    output.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return wait_for(pid) == 0 ? output : std::string{};
}

bool can_enter(const SystemUser& user, const std::string& directory) {
  if (::geteuid() != 0) return ::access(directory.c_str(), X_OK) == 0;
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  // Only the kernel knows all rules (groups, ACLs, parents): become the user and ask.
  if (pid == 0) ::_exit(become(user) && ::access(directory.c_str(), X_OK) == 0 ? 0 : 1);
  return wait_for(pid) == 0;
}

}  // namespace aml::store
