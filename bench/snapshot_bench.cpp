// SPDX-License-Identifier: Apache-2.0
// How long reading the snapshot takes beside the same binary COPY whose bytes nobody looks at:
//   server   COPY ... TO '/dev/null' by the server: nothing leaves it (needs pg_write_server_files)
//   client   COPY ... TO STDOUT, each row received by libpq and dropped
//   read     store::read_snapshot()
//   features detect::account_feature_set() over the graph of what was read, which must take less
// Rounds alternate between them, so that a noisy machine is noisy for all.

#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "aml_copy.hpp"
#include "detect/features.hpp"
#include "graph/transfer_graph.hpp"
#include "store/connection.hpp"
#include "store/conninfo.hpp"
#include "store/migrations.hpp"
#include "store/snapshot.hpp"

namespace {

constexpr int kRounds = 3;
const std::array kCopies{&aml::copy::snapshot_parties, &aml::copy::snapshot_attributes,
                         &aml::copy::snapshot_accounts, &aml::copy::snapshot_transfers};

using PeerConnection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

template <typename Action>
double seconds(Action&& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool execute(PGconn* connection, const std::string& sql, ExecStatusType expected) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection, sql.c_str()),
                                                             &PQclear);
  return PQresultStatus(result.get()) == expected;
}

/// False if the role may not write files on the server.
bool copy_on_server(PGconn* connection) {
  for (const auto* copy : kCopies) {
    std::string sql(copy->text);
    const std::string_view target = "STDOUT";
    sql.replace(sql.rfind(target), target.size(), "'/dev/null'");
    if (!execute(connection, sql, PGRES_COMMAND_OK)) return false;
  }
  return true;
}

void copy_and_drop(PGconn* connection) {
  for (const auto* copy : kCopies) {
    if (!execute(connection, std::string(copy->text), PGRES_COPY_OUT))
      throw std::runtime_error(PQerrorMessage(connection));
    char* row = nullptr;
    while (PQgetCopyData(connection, &row, 0) > 0) PQfreemem(row);
    while (PGresult* result = PQgetResult(connection)) PQclear(result);
  }
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int bench(const std::string& database) {
  const aml::store::Target target{database, "--database"};
  aml::store::Connection connection(target);
  const PeerConnection peer(PQconnectdb(aml::store::libpq_conninfo(database).c_str()), &PQfinish);
  std::vector<double> server;
  std::vector<double> client;
  std::vector<double> read;
  std::vector<double> features;
  std::size_t transfers = 0;
  std::size_t accounts = 0;
  for (int round = 0; round < kRounds; ++round) {
    bool permitted = true;
    const auto took = seconds([&] { permitted = copy_on_server(peer.get()); });
    if (permitted) server.push_back(took);
    client.push_back(seconds([&] { copy_and_drop(peer.get()); }));
    auto snapshot = aml::store::read_snapshot(connection);
    read.push_back(snapshot.seconds);
    transfers = snapshot.transfers.source.size();
    accounts = snapshot.transfers.vertex_keys.size();
    const aml::graph::TransferGraph graph(std::move(snapshot.transfers));
    const int exponent = aml::store::base_currency(connection).exponent;
    features.push_back(seconds([&] { aml::detect::account_feature_set(graph, exponent); }));
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("{}, {} processors, PostgreSQL {}\n", processor(), sysconf(_SC_NPROCESSORS_ONLN),
             PQparameterStatus(peer.get(), "server_version"));
  fmt::print("{} transfers, {} accounts, median of {} rounds, peak memory {} MB\n", transfers,
             accounts, kRounds, usage.ru_maxrss / 1024);
  const auto line = [&](std::string_view what, const std::vector<double>& times) {
    if (times.empty()) {
      fmt::print("{:8} not permitted\n", what);
      return;
    }
    fmt::print("{:8} {:7.3f} s  {:5.2f} million transfers a second  {:4.2f} of server\n", what,
               median(times), static_cast<double>(transfers) / 1e6 / median(times),
               server.empty() ? 0.0 : median(times) / median(server));
  };
  line("server", server);
  line("client", client);
  line("read", read);
  line("features", features);
  fmt::print("features / read: {:.2f}\n", median(features) / median(read));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const char* url = std::getenv("AML_DATABASE_URL");
  std::string database = url == nullptr ? "" : url;
  if (argc == 3 && std::string_view(argv[1]) == "-d") {
    database = argv[2];
  } else if (argc != 1) {
    fmt::print(stderr, "usage: snapshot_bench [-d CONNINFO]   (or AML_DATABASE_URL)\n");
    return 2;
  }
  try {
    return bench(database);
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
