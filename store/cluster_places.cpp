// SPDX-License-Identifier: Apache-2.0
#include "store/cluster_places.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include "store/content_hash.hpp"
#include "store/error.hpp"

namespace aml::store::cluster {
namespace fs = std::filesystem;
namespace {

const fs::path kSharedData = "/var/lib/aml";

}  // namespace

Places find_places(const std::string& directory) {
  Places places{fs::weakly_canonical(fs::absolute(directory)), {}};
  if (!places.directory.has_filename()) places.directory = places.directory.parent_path();
  places.data = places.directory / "pg";
  const fs::path elsewhere = read_text(places.data_location());
  // The file is believed only if it names what this program makes: remove_cluster() deletes what it
  // points to.
  if (elsewhere.filename() == "pg" && elsewhere.parent_path().parent_path() == kSharedData) {
    places.data = elsewhere;
  }
  return places;
}

bool is_initialised(const Places& places) {
  std::error_code error;
  const bool found = fs::exists(places.data / "PG_VERSION", error);
  if (error)
    fail(fmt::format("cannot look into {}: {}\n  it belongs to another user", places.data.string(),
                     error.message()));
  return found;
}

void choose_data_directory(Places& places, const SystemUser& user) {
  if (can_enter(user, places.directory.string())) return;
  create_directory(kSharedData, 0755);
  auto parent =
      (kSharedData / (sha256_hex(places.directory.string()).substr(0, 12) + ".XXXXXX")).string();
  if (::mkdtemp(parent.data()) == nullptr)
    fail_with_errno("cannot create a directory in " + kSharedData.string());
  give_to(parent, user);
  places.data = fs::path(parent) / "pg";
  std::ofstream(places.data_location()) << places.data.string();
}

ClusterLock::ClusterLock(const Places& places) {
  while (true) {
    fd_ = ::open(places.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd_ < 0) fail_with_errno("cannot open " + places.lock().string());
    while (::flock(fd_, LOCK_EX) != 0) {
      if (errno != EINTR) fail_with_errno("cannot lock " + places.lock().string());
    }
    struct stat held {};
    struct stat present {};
    const bool current = ::fstat(fd_, &held) == 0 && ::stat(places.lock().c_str(), &present) == 0 &&
                         held.st_ino == present.st_ino && held.st_dev == present.st_dev;
    if (current) return;
    ::close(fd_);  // remove_cluster() deleted the file while we waited for it
  }
}

ClusterLock::~ClusterLock() {
  ::close(fd_);
}

std::optional<SystemUser> server_user(const Places& places) {
  struct stat data {};
  const bool exists = ::stat(places.data.c_str(), &data) == 0;
  if (::geteuid() == 0)
    return exists && data.st_uid != 0 ? system_user(data.st_uid) : system_user("postgres");
  if (exists && data.st_uid != ::geteuid()) {
    fail(
        fmt::format("the private database in {} belongs to user {}\n  run aml as that user, or "
                    "choose another directory",
                    places.data.string(), system_user(data.st_uid).name));
  }
  return std::nullopt;
}

uid_t uid_of(const std::optional<SystemUser>& user) {
  return user ? user->uid : ::geteuid();
}

void create_directory(const fs::path& directory, mode_t mode) {
  std::error_code error;
  fs::create_directories(directory.parent_path(), error);
  if (error)
    fail(fmt::format("cannot create {}: {}", directory.parent_path().string(), error.message()));
  if (::mkdir(directory.c_str(), mode) != 0 && errno != EEXIST) {
    fail_with_errno("cannot create " + directory.string());
  }
}

void give_to(const fs::path& path, const std::optional<SystemUser>& user) {
  if (user && ::lchown(path.c_str(), user->uid, user->gid) != 0) {
    fail_with_errno(fmt::format("cannot give {} to {}", path.string(), user->name));
  }
}

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void fail(const std::string& message) {
  throw StoreError(StoreFailure::kUnreachable, message);
}

void fail_with_errno(const std::string& message) {
  fail(fmt::format("{}: {}", message, std::generic_category().message(errno)));
}

}  // namespace aml::store::cluster
