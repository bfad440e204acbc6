// SPDX-License-Identifier: Apache-2.0
// Where a private cluster lives, whose its files are, and the lock of who changes it. Internal to store/.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "store/child_process.hpp"

namespace aml::store::cluster {

/// A cluster's directory and the files that aml keeps in it. The data are in it too, except as root
/// when user postgres cannot enter it: then they are below /var/lib/aml, and the file data_location
/// says where.
struct Places {
  std::filesystem::path directory;
  std::filesystem::path data;
  std::filesystem::path log() const { return directory / "server.log"; }
  std::filesystem::path lock() const { return directory / "cluster.lock"; }
  std::filesystem::path data_location() const { return directory / "data_location"; }
};

Places find_places(const std::string& directory);

/// Throws: StoreError kUnreachable if the data belong to another user.
bool is_initialised(const Places& places);

/// As root decides where the data of a new cluster lie, and remembers it.
void choose_data_directory(Places& places, const SystemUser& user);

/// Held while a cluster is started, stopped or removed: one at a time, among threads and processes.
/// The kernel drops it however the holder ends.
class ClusterLock {
 public:
  explicit ClusterLock(const Places& places);
  ~ClusterLock();
  ClusterLock(const ClusterLock&) = delete;
  ClusterLock& operator=(const ClusterLock&) = delete;
  int descriptor() const { return fd_; }

 private:
  int fd_ = -1;
};

/// Who runs the server. Absent: we ourselves. As root the owner of existing data, else postgres.
/// Throws: StoreError kUnreachable if the data belong to another user.
std::optional<SystemUser> server_user(const Places& places);
uid_t uid_of(const std::optional<SystemUser>& user);

/// Throws: StoreError kUnreachable if it cannot be made; that it is there is no error.
void create_directory(const std::filesystem::path& directory, mode_t mode);
void give_to(const std::filesystem::path& path, const std::optional<SystemUser>& user);

/// Empty if the file cannot be read.
std::string read_text(const std::filesystem::path& file);

/// Throw: StoreError kUnreachable.
[[noreturn]] void fail(const std::string& message);
[[noreturn]] void fail_with_errno(const std::string& message);

}  // namespace aml::store::cluster
