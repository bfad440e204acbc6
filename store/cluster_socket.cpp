// SPDX-License-Identifier: Apache-2.0
#include "store/cluster_socket.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "store/content_hash.hpp"

namespace aml::store::cluster {
namespace fs = std::filesystem;
namespace {

bool fits_a_socket(const fs::path& directory) {
  constexpr std::size_t kLongestSocketPath = 107;  // sockaddr_un
  return directory.string().size() + fmt::format("/.s.PGSQL.{}.lock", kPort).size() <=
         kLongestSocketPath;
}

/// True if the directory is now there, real, the server's and closed to everybody else: another
/// user may have made it first.
bool make_private(const fs::path& directory, const std::optional<SystemUser>& user) {
  if (::mkdir(directory.c_str(), 0700) == 0) {
    give_to(directory, user);
    return true;
  }
  struct stat found {};
  return ::lstat(directory.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
         found.st_uid == uid_of(user) && (found.st_mode & 077) == 0;
}

/// Where the socket may be, best first. Short, because a socket's path is limited, and the same at
/// every start, so that a saved URL stays good.
std::vector<fs::path> possible_socket_directories(const Places& places,
                                                  const std::optional<SystemUser>& user) {
  std::vector<fs::path> parents;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/' && !user) parents.emplace_back(runtime);
  parents.push_back(fs::temp_directory_path());
  parents.emplace_back("/tmp");
  const auto name = "aml-" + sha256_hex(places.data.string()).substr(0, 12);
  std::vector<fs::path> directories;
  for (const auto& parent : parents) {
    if (fits_a_socket(parent / name)) directories.push_back(parent / name);
  }
  return directories;
}

}  // namespace

fs::path make_socket_directory(const Places& places, const std::optional<SystemUser>& user) {
  for (const auto& directory : possible_socket_directories(places, user)) {
    if (user && !can_enter(*user, directory.parent_path().string())) continue;
    if (make_private(directory, user)) return directory;
  }
  std::string unguessable = "/tmp/aml-XXXXXX";
  if (::mkdtemp(unguessable.data()) == nullptr) {
    fail_with_errno("cannot create a socket directory in /tmp");
  }
  give_to(unguessable, user);
  return unguessable;
}

void remove_socket_directories(const Places& places, const std::optional<SystemUser>& user) {
  for (const auto& directory : possible_socket_directories(places, user)) {
    struct stat found {};
    const bool is_ours = ::lstat(directory.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
                         found.st_uid == uid_of(user);
    if (is_ours) fs::remove_all(directory);
  }
}

}  // namespace aml::store::cluster
