// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of one's own: a cluster in a directory, on a Unix socket, without TCP,
// readable by its owner only.
#pragma once

#include <optional>
#include <string>

#include "store/connection.hpp"

namespace aml::store {

struct ClusterOptions {
  std::string directory;  ///< where it lives, for example .aml; created with mode 0700
  bool durable = true;    ///< false: no fsync, for tests that throw the data away
};

struct ClusterStatus {
  bool initialised = false;
  bool running = false;
  long pid = 0;  ///< 0 if not running
  std::string data_directory;
  std::string socket_directory;
  std::string server_version;  ///< empty if not initialised
  std::string log_file;
};

/// The cluster's state; starts nothing.
ClusterStatus cluster_status(const std::string& directory);

/// Creates the cluster if needed, starts it if needed, waits while it recovers from a crash, creates
/// database "aml" if needed, and returns how to connect. Safe to call from several processes at once. As root the server runs as
/// user postgres (PostgreSQL refuses root) and the data lie where that user can reach them;
/// cluster_status() tells where. Throws: StoreError kUnreachable if PostgreSQL's server programs
/// are not installed or do not start, with the end of the log.
Target start_cluster(const ClusterOptions& options);

/// Stops the server (fast); false if it was not running.
bool stop_cluster(const std::string& directory);

/// How to connect if the cluster is running.
std::optional<Target> cluster_target(const std::string& directory);

/// Stops the server and deletes its data and socket directories. False if there was none.
bool remove_cluster(const std::string& directory);

}  // namespace aml::store
