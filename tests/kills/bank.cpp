// SPDX-License-Identifier: Apache-2.0
#include "tests/kills/bank.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <thread>

#include "store/error.hpp"
#include "store/migrations.hpp"
#include "store/private_cluster.hpp"
#include "store/statement.hpp"

namespace aml::test {
namespace {

/// Does it again while the server restarts, which notices in its own time that one of its processes was killed.
template <typename Action>
auto patiently(Action&& action) {
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);;) {
    try {
      return action();
    } catch (const store::StoreError& error) {
      if (error.failure() != store::StoreFailure::kUnreachable ||
          std::chrono::steady_clock::now() > end)
        throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

Bank::Bank(const std::string& name)
    // The tests remove what a killed program left behind under such a name.
    : cluster_(
          (std::filesystem::temp_directory_path() / fmt::format("aml-test-{}-{}", ::getpid(), name))
              .string()),
      target_(store::start_cluster({.directory = cluster_})) {
  store::Connection connection(target_);
  {
    // A kill loses what a program held, never what it gave to the system: fsync matters to a power cut, and here it would only cost time.
    // Commits are still written before they are answered, and pages whole.
    pqxx::nontransaction session(connection.pqxx());
    session.exec("ALTER SYSTEM SET fsync = off");
    session.exec("SELECT pg_reload_conf()");
  }
  store::migrate(connection, {.base_currency = "USD", .program_version = "test"});
  std::filesystem::create_directory(inbox());
}

Bank::~Bank() {
  try {
    store::remove_cluster(cluster_);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{} is left behind: {}\n", cluster_, error.what());
  }
}

void Bank::bring_back() const {
  store::start_cluster({.directory = cluster_});
}

pid_t Bank::server() const {
  return static_cast<pid_t>(store::cluster_status(cluster_).pid);
}

std::vector<std::string> Bank::arguments(const std::vector<std::string>& command) const {
  std::vector<std::string> words{"-q", "-d", target_.conninfo};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

pid_t Bank::start(const std::vector<std::string>& command) const {
  return start_aml(arguments(command), files_.path("log"));
}

Ended Bank::run(const std::vector<std::string>& command) const {
  return run_aml(arguments(command));
}

std::string Bank::log() const {
  std::ifstream file(files_.path("log"));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Bank::query(const std::string& sql) const {
  return patiently([&] {
    store::Connection connection(target_);
    auto session = store::begin<pqxx::nontransaction>(connection);
    std::vector<std::string> rows;
    for (const auto& row : store::as_statement(sql, [&] { return session.exec(sql); })) {
      std::string text;
      for (const auto& field : row)
        text += (field.num() == 0 ? "" : "|") + std::string(field.c_str());
      rows.push_back(std::move(text));
    }
    return rows;
  });
}

std::string Bank::value(const std::string& sql) const {
  return query(sql).at(0);
}

store::Connection Bank::connect() const {
  return patiently([&] { return store::Connection(target_); });
}

}  // namespace aml::test
