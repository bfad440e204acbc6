// SPDX-License-Identifier: Apache-2.0
#include "store/connection.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "store/conninfo.hpp"
#include "store/error.hpp"
#include "store/lock_holders.hpp"
#include "store/raw_connection.hpp"
#include "store/run_ledger.hpp"
#include "store/snapshot.hpp"
#include "store/statement.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::TestDatabase;

std::string ask(Connection& connection, const std::string& sql) {
  pqxx::nontransaction session(connection.pqxx());
  return session.exec1(sql)[0].as<std::string>();
}

/// Where a test database is, as its own connection knows it: the target may leave it to PG*
/// variables.
struct Address {
  explicit Address(const TestDatabase& database) {
    auto connection = database.connect();
    host = connection.pqxx().hostname();
    port = connection.pqxx().port();
    user = connection.pqxx().username();
    name = connection.pqxx().dbname();
  }
  std::string host, port, user, name;
};

/// An environment variable for the length of a test.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

// Each holds the password hush, or one that begins with it.
const std::string kWithPassword[] = {
    "postgresql://ann:hush@db.invalid:1/bank",
    "postgres://ann:hush%40%2F1@db.invalid:1/bank?connect_timeout=2",
    "postgresql://ann@db.invalid:1/bank?password=hush",
    "postgresql://ann@db.invalid:1/bank?sslpassword=hush&sslmode=disable",
    "host=db.invalid port=1 user=ann password=hush dbname=bank",
    "host=db.invalid port=1 password='hush \\'it is' user=ann dbname=bank",
    "password = hush host = db.invalid dbname = bank",
    "dbname=postgresql://ann:hush@db.invalid/bank host=db.invalid",
};
const std::string kUnreadable[] = {
    "postgresql://ann:hush@[db.invalid/bank",
    "postgresql://ann:hush%zz@db.invalid/bank",
    "host=db.invalid password=very hush dbname=bank",
    "host=db.invalid password='hush dbname=bank",
    "host=db.invalid password=very hush=hush dbname=bank",
};

TEST(DescribeTarget, KeepsWhereAndWhoButNoPassword) {
  for (const auto& conninfo : kWithPassword) {
    const auto description = describe({conninfo, ""});
    EXPECT_EQ(description.find("hush"), std::string::npos) << description;
    EXPECT_NE(description.find("db.invalid"), std::string::npos) << description;
  }
  EXPECT_EQ(describe({"postgresql://ann:hush@db.invalid:1/bank", ""}),
            "user='ann' dbname='bank' host='db.invalid' port='1'");
}

TEST(DescribeTarget, SaysNothingOfWhatItCannotRead) {
  for (const auto& conninfo : kUnreadable) {
    EXPECT_EQ(describe({conninfo, ""}), "an unreadable connection string");
  }
}

TEST(DescribeTarget, ShowsLibpqsDefaultsForAnEmptyTarget) {
  const Environment host("PGHOST", "db.invalid");
  const Environment password("PGPASSWORD", "hush");
  const auto description = describe({"", ""});
  EXPECT_NE(description.find("host='db.invalid'"), std::string::npos) << description;
  EXPECT_EQ(description.find("hush"), std::string::npos) << description;
}

void expect_unreachable_without_password(const std::string& conninfo) {
  for (const bool raw : {false, true}) {
    try {
      if (raw) {
        RawConnection connection({conninfo, "--database"});
      } else {
        Connection connection({conninfo, "--database"});
      }
      ADD_FAILURE() << "connected to " << conninfo;
    } catch (const StoreError& error) {
      EXPECT_EQ(error.failure(), StoreFailure::kUnreachable);
      EXPECT_EQ(std::string(error.what()).find("hush"), std::string::npos) << error.what();
    }
  }
}

TEST(Connection, ErrorsNeverShowAPassword) {
  for (const auto& conninfo : kWithPassword) expect_unreachable_without_password(conninfo);
  for (const auto& conninfo : kUnreadable) expect_unreachable_without_password(conninfo);
}

TEST(Connection, APasswordThatIsPartOfAnotherLeavesNothingOfItBehind) {
  EXPECT_EQ(without_secrets("no hush-hush, no hush", "password=hush sslpassword=hush-hush"),
            "no ***, no ***");
}

TEST(Connection, APasswordWithALineEndIsNotShown) {
  try {
    throw_unreachable({"password='hush\nhush'", ""}, "FATAL: no role for hush\nhush");
  } catch (const StoreError& error) {
    EXPECT_EQ(std::string(error.what()).find("hush"), std::string::npos) << error.what();
  }
}

TEST(Connection, AWrongOptionIsNamedWhenNoPasswordIsNear) {
  try {
    Connection connection({"hots=localhost", "--database"});
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_NE(std::string(error.what()).find("\"hots\""), std::string::npos) << error.what();
  }
}

TEST(Connection, WithoutAServerTheErrorSaysWhereWhyAndWhatToDo) {
  try {
    Connection connection({"host=/nonexistent port=5433 dbname=bank", "AML_DATABASE_URL"});
    FAIL();
  } catch (const StoreError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("dbname='bank' host='/nonexistent' port='5433' (AML_DATABASE_URL)"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("No such file or directory"), std::string::npos) << text;
    EXPECT_NE(text.find("aml db start"), std::string::npos) << text;
  }
}

TEST(Connection, AMissingDatabaseIsNotTakenForAMissingServer) {
  const TestDatabase database;
  auto options = parse_conninfo(database.target().conninfo);
  for (auto& option : options) {
    if (option.keyword == "dbname") option.value = "no_such_bank";
  }
  try {
    Connection connection({quote_conninfo(options), ""});
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_NE(std::string(error.what()).find("createdb"), std::string::npos) << error.what();
    EXPECT_FALSE(error.retryable());
  }
}

TEST(Connection, ABareNameIsADatabaseWhateverCharactersItHas) {
  const TestDatabase database;
  const Address address(database);
  const Environment host("PGHOST", address.host);
  const Environment port("PGPORT", address.port);
  const Environment user("PGUSER", address.user);
  const auto name = address.name + " o'odd \\name";
  database.query("CREATE DATABASE \"" + name + "\"");
  {
    Connection connection({name, "--database"});
    EXPECT_EQ(ask(connection, "SELECT current_database()"), name);
  }
  database.query("DROP DATABASE \"" + name + "\"");
}

TEST(Connection, AUriAndKeyValuePairsReachTheSameDatabase) {
  const TestDatabase database;
  const Address at(database);
  std::string encoded;
  for (const char c : at.host) encoded += c == '/' ? std::string("%2F") : std::string(1, c);
  Connection by_uri(
      {"postgresql://" + at.user + "@/" + at.name + "?host=" + encoded + "&port=" + at.port, ""});
  Connection by_pairs(
      {"host=" + at.host + " port=" + at.port + " user=" + at.user + " dbname=" + at.name, ""});
  EXPECT_EQ(ask(by_uri, "SELECT current_database()"), at.name);
  EXPECT_EQ(ask(by_pairs, "SELECT current_database()"), at.name);
}

TEST(Connection, SettingsDoNotDependOnTheDefaultsOfTheDatabase) {
  const TestDatabase database;
  const auto name = database.query("SELECT current_database()");
  database.query("ALTER DATABASE " + name + " SET timezone = 'Asia/Tokyo'");
  database.query("ALTER DATABASE " + name + " SET datestyle = 'German'");
  database.query("ALTER DATABASE " + name + " SET default_transaction_isolation = 'serializable'");
  database.query("ALTER DATABASE " + name + " SET session_replication_role = 'replica'");
  auto connection = database.connect();
  EXPECT_EQ(ask(connection, "SHOW timezone"), "UTC");
  EXPECT_EQ(ask(connection, "SELECT timestamptz '2024-03-01 12:00:00Z'"), "2024-03-01 12:00:00+00");
  EXPECT_EQ(ask(connection, "SHOW transaction_isolation"), "read committed");
  EXPECT_EQ(ask(connection, "SHOW client_encoding"), "UTF8");
  // The history is written by triggers, which a replica does not fire.
  EXPECT_EQ(ask(connection, "SHOW session_replication_role"), "origin");
}

TEST(Connection, FindsNamesOnlyAmongPostgresqlsOwnWhateverTheDefaultsOfTheDatabase) {
  const TestDatabase database;
  database.query("ALTER DATABASE " + database.query("SELECT current_database()") +
                 " SET search_path = public, pg_catalog");
  // They fit the calls that set the path and the other settings as well as PostgreSQL's own, and stand before them.
  database.query(
      "CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS $$ "
      "BEGIN RAISE 'called'; END $$; CREATE FUNCTION public.version() RETURNS text LANGUAGE "
      "plpgsql AS $$ BEGIN RAISE 'called'; END $$");
  auto connection = database.connect();
  EXPECT_EQ(ask(connection, "SHOW search_path"), "pg_catalog, pg_temp");
  RawConnection raw(database.target());
  const auto path = raw.execute("probe", "SHOW search_path");
  EXPECT_STREQ(PQgetvalue(path.get(), 0, 0), "pg_catalog, pg_temp");
  // PostgreSQL looks into temporary tables first unless it is told otherwise.
  auto holder = database.connect();
  const RunLock lock(holder);
  pqxx::nontransaction(connection.pqxx())
      .exec("CREATE TEMP TABLE pg_locks AS SELECT * FROM pg_catalog.pg_locks LIMIT 0");
  EXPECT_EQ(lock_holders(connection, HeldLock::kAny).size(), 1U);
}

TEST(Connection, IsCalledAmlUnlessTheUserCallsItOtherwise) {
  const TestDatabase database;
  auto unnamed = database.connect();
  EXPECT_EQ(ask(unnamed, "SHOW application_name"), "aml");
  Connection named({database.target().conninfo + " application_name=nightly", ""});
  EXPECT_EQ(ask(named, "SHOW application_name"), "nightly");
}

TEST(Connection, ALostConnectionIsRetryableAndNeverComesBackByItself) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto pid = ask(connection, "SELECT pg_backend_pid()");
  database.query("SELECT pg_terminate_backend(" + pid + ", 5000)");
  for (int attempt = 0; attempt < 2; ++attempt) {
    try {
      auto transaction = begin<pqxx::work>(connection);
      run(transaction, {"sql/query/probe.sql", "SELECT 1"});
      FAIL() << "reconnected: a lock or a setting would be lost without a word";
    } catch (const StoreError& error) {
      EXPECT_EQ(error.failure(), StoreFailure::kUnreachable) << error.what();
      EXPECT_TRUE(error.retryable());
    }
  }
}

TEST(Connection, AServerThatRecoversOrHasNoRoomMayAnswerLater) {
  for (const auto* words :
       {"FATAL:  the database system is in recovery mode",
        "FATAL:  the database system is not yet accepting connections",
        "FATAL:  the database system is starting up", "FATAL:  sorry, too many clients already",
        "FATAL:  too many connections for role \"aml\"",
        "FATAL:  remaining connection slots are reserved for superusers"}) {
    try {
      throw_unreachable({"bank", "--database"}, words);
    } catch (const StoreError& error) {
      EXPECT_TRUE(error.retryable()) << error.what();
      EXPECT_NE(std::string(error.what()).find("try again in a moment"), std::string::npos)
          << error.what();
    }
  }
}

TEST(Connection, AServerThatNoLongerAnswersIsGivenUpAfterAMinuteUnlessToldOtherwise) {
  const auto option = [](const std::string& conninfo, const std::string& keyword) {
    std::string found;
    for (const auto& one : parse_conninfo(libpq_conninfo(conninfo)))
      if (one.keyword == keyword) found = one.value;
    return found;
  };
  EXPECT_EQ(option("host=db.example", "tcp_user_timeout"), "60000");
  EXPECT_EQ(option("", "keepalives_idle"), "30");
  EXPECT_EQ(option("postgresql://db.example/bank?keepalives_idle=7&tcp_user_timeout=0", "dbname"),
            "bank");
  EXPECT_EQ(option("postgresql://db.example/bank?keepalives_idle=7", "keepalives_idle"), "7");
  EXPECT_EQ(option("host=db.example tcp_user_timeout=0", "tcp_user_timeout"), "0");
}

TEST(Connection, TheServerEndsAStatementSoonAfterItsProgramWasKilled) {
  const TestDatabase database;
  const pid_t program = ::fork();
  ASSERT_GE(program, 0);
  if (program == 0) {
    auto connection = database.connect();
    ask(connection, "SELECT pg_sleep(600)");
    ::_exit(0);
  }
  const auto sleepers = [&] {
    return database.query(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = "
        "current_database() AND wait_event = 'PgSleep'");
  };
  const auto wait_until_there_are = [&](const std::string& number) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (sleepers() != number && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return sleepers() == number;
  };
  ASSERT_TRUE(wait_until_there_are("1"));
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  EXPECT_TRUE(wait_until_there_are("0"));
}

TEST(Connection, WaitsForALockAMinuteAtMostAndTheHolderCanBeNamed) {
  const TestDatabase database;
  auto holder = database.connect();
  pqxx::work held(holder.pqxx());
  held.exec("LOCK TABLE silver.transfers IN ACCESS EXCLUSIVE MODE");
  const std::string pid = held.exec1("SELECT pg_backend_pid()")[0].c_str();
  auto waiting = database.connect();
  EXPECT_EQ(ask(waiting, "SHOW lock_timeout"), "1min");
  ask(waiting, "SELECT set_config('lock_timeout', '50ms', false)");
  try {
    plan_snapshot(waiting);
    FAIL() << "the table was read although it is locked";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kLocked) << error.what();
    EXPECT_TRUE(error.retryable());
    EXPECT_NE(std::string(error.what()).find("another session holds what this needs"),
              std::string::npos)
        << error.what();
  }
  const auto holders = lock_holders(waiting, HeldLock::kAny);
  ASSERT_EQ(holders.size(), 1U);
  EXPECT_EQ(holders[0].rfind("server process " + pid + " of user ", 0), 0U) << holders[0];
  EXPECT_NE(holders[0].find("silver.transfers (AccessExclusiveLock)"), std::string::npos)
      << holders[0];
  EXPECT_TRUE(lock_holders(waiting, HeldLock::kOfLoadsAndRuns).empty());
}

}  // namespace
}  // namespace aml::store
