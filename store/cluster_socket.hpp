// SPDX-License-Identifier: Apache-2.0
// The directory of a private cluster's socket: the only way to its server. Internal to store/.
#pragma once

#include <filesystem>
#include <optional>

#include "store/cluster_places.hpp"

namespace aml::store::cluster {

inline constexpr int kPort = 5432;  // part of the socket's file name only: nothing listens on TCP

/// A directory that only the server's user can enter, the same at every start if it can be.
std::filesystem::path make_socket_directory(const Places& places,
                                            const std::optional<SystemUser>& user);

/// A server that was killed has left its socket behind.
void remove_socket_directories(const Places& places, const std::optional<SystemUser>& user);

}  // namespace aml::store::cluster
