// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_database.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <pqxx/pqxx>

#include "aml_command.hpp"
#include "aml_schema.hpp"
#include "store/conninfo.hpp"
#include "store/content_hash.hpp"
#include "store/migrations.hpp"

namespace aml::test {

bool has_own_server() {
  const char* host = std::getenv("PGHOST");
  return host == nullptr || *host == '\0';
}

namespace fs = std::filesystem;
namespace {

constexpr std::string_view kDirectoryPrefix = "aml-test-";

bool keep_databases() {
  const char* keep = std::getenv("AML_KEEP_TEST_DB");
  return keep != nullptr && std::string_view(keep) == "1";
}

/// A test program that was killed leaves its server running; the next one ends it.
void remove_clusters_of_dead_tests() {
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path())) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(kDirectoryPrefix)) continue;
    const auto pid = static_cast<pid_t>(std::atol(name.c_str() + kDirectoryPrefix.size()));
    if (pid <= 0 || ::kill(pid, 0) == 0 || errno != ESRCH) continue;
    try {
      store::remove_cluster(entry.path().string());
    } catch (const std::exception& error) {
      std::cerr << "left alone: " << entry.path() << ": " << error.what() << '\n';
    }
  }
}

/// The server of this test program, and a migrated database in it that each test copies.
class Server {
 public:
  Server() {
    if (has_own_server()) {
      remove_clusters_of_dead_tests();
      directory_ =
          (fs::temp_directory_path() / (std::string(kDirectoryPrefix) + std::to_string(::getpid())))
              .string();
      store::start_cluster({.directory = directory_, .durable = false});
    }
    administrate("CREATE DATABASE " + template_name_);
    store::Connection connection(target(template_name_));
    store::migrate(connection, {.base_currency = "USD", .program_version = "test"});
  }
  ~Server() {
    try {
      if (keep_databases()) return;
      if (directory_.empty()) {
        administrate("DROP DATABASE " + template_name_);
      } else {
        store::remove_cluster(directory_);
      }
    } catch (const std::exception& error) {
      std::cerr << "the test server is left behind: " << error.what() << '\n';
    }
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  store::Target target(const std::string& database) const {
    std::vector<store::ConninfoOption> options;
    if (!directory_.empty())
      options = store::parse_conninfo(store::cluster_target(directory_).value().conninfo);
    std::erase_if(options, [](const auto& option) { return option.keyword == "dbname"; });
    options.push_back({"dbname", database, false});
    return {store::quote_conninfo(options), "test database"};
  }

  void administrate(const std::string& sql) const {
    store::Connection connection(target("postgres"));
    pqxx::nontransaction session(connection.pqxx());
    session.exec(sql);
  }

  const std::string& template_name() const { return template_name_; }

 private:
  std::string directory_;  ///< empty: the server that PGHOST names
  std::string template_name_ = "aml_template_" + std::to_string(::getpid());
};

const Server& server() {
  static const Server instance;
  return instance;
}

std::string next_name() {
  static std::atomic<int> count{0};
  return "aml_test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

}  // namespace

TestDatabase::TestDatabase() : name_(next_name()) {
  server().administrate("CREATE DATABASE " + name_ + " TEMPLATE " + server().template_name());
  target_ = server().target(name_);
}

TestDatabase::~TestDatabase() {
  if (keep_databases()) {
    std::cerr << "kept for a look:  psql \"" << target_.conninfo << "\"\n";
    return;
  }
  try {
    server().administrate("DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception& error) {
    std::cerr << name_ << " is left behind: " << error.what() << '\n';
  }
}

namespace {

std::string text_of(const pqxx::result& rows) {
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (column > 0) text += '|';
      text += row[static_cast<pqxx::row::size_type>(column)].c_str();
    }
    text += '\n';
  }
  if (!text.empty()) text.pop_back();
  return text;
}

std::string query_at(const store::Target& target, const std::string& sql) {
  store::Connection connection(target);
  pqxx::nontransaction session(connection.pqxx());
  session.exec("RESET search_path");  // as anybody's session
  return text_of(session.exec(sql));
}

}  // namespace

std::string TestDatabase::query(const std::string& sql) const {
  return query_at(target_, sql);
}

std::string TestDatabase::write(const std::string& sql) const {
  store::Connection connection(target_);
  pqxx::work transaction(connection.pqxx());
  transaction.exec("SELECT aml.begin_version('TEST')");
  auto text = text_of(transaction.exec(sql));
  transaction.commit();
  return text;
}

void TestDatabase::empty() const {
  // As a replica, so that what is append-only does not refuse. The tables left out are filled by
  // migrations.
  query(R"(DO $$ BEGIN
             SET LOCAL session_replication_role = replica;
             EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ') ||
                             ' RESTART IDENTITY CASCADE'
                      FROM pg_tables
                      WHERE schemaname IN ('aml', 'bronze', 'silver', 'quarantine', 'gold', 'backtest', 'history')
                        AND tablename NOT IN ('schema_migrations', 'properties', 'versions', 'access_plan', 'currencies', 'typologies',
                                              'personal_columns'));
             DELETE FROM gold.typologies WHERE valid_from > 0;
             DELETE FROM aml.versions WHERE version > 0;
           END $$)");
}

OwnServer::OwnServer(const std::string& name)
    : directory_((fs::temp_directory_path() /
                  (std::string(kDirectoryPrefix) + std::to_string(::getpid()) + "-" + name))
                     .string()) {}

OwnServer::~OwnServer() {
  try {
    store::remove_cluster(directory_);
  } catch (const std::exception& error) {
    std::cerr << directory_ << " is left behind: " << error.what() << '\n';
  }
}

void OwnServer::start() {
  started_ = store::start_cluster({.directory = directory_, .durable = false});
}

void OwnServer::stop() const {
  store::stop_cluster(directory_);
}

store::Target OwnServer::target(const std::string& database, const std::string& user) const {
  auto options = store::parse_conninfo(started_.conninfo);
  for (auto& option : options) {
    if (option.keyword == "dbname") option.value = database;
    if (option.keyword == "user") option.value = user;
  }
  return {store::quote_conninfo(options), "test server"};
}

std::string OwnServer::query(const std::string& sql, const std::string& database,
                             const std::string& user) const {
  return query_at(target(database, user), sql);
}

void migrate_until(store::Connection& connection, std::size_t last) {
  pqxx::nontransaction session(connection.pqxx());
  session.exec(std::string(command::create_schema_migrations.text));
  for (std::size_t i = 0; i < last; ++i) {
    const std::string text(schema::all()[i]->text);
    session.exec(text);
    session.exec("INSERT INTO aml.schema_migrations VALUES (" + std::to_string(i + 1) +
                 ", 'old', '" + store::sha256_hex(text) + "', '0.1')");
  }
}

}  // namespace aml::test
