// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <pqxx/pqxx>
#include <string_view>

#include "aml_command.hpp"
#include "aml_query.hpp"
#include "aml_schema.hpp"
#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "store/server_facts.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

constexpr std::string_view kDefaultBaseCurrency = "USD";
/// Of any state's money. With the 8 of XBT amounts would soon be too large for 64 bits.
constexpr int kMaxBaseExponent = 4;

struct NumberedText {
  Migration migration;
  std::string_view file;
  std::string_view text;
  std::string sha256;
};

struct AppliedMigration {
  Migration migration;
  std::string sha256;
};

[[noreturn]] void refuse(const Connection& connection, const std::string& why) {
  throw StoreError(StoreFailure::kUnreachable,
                   fmt::format("database {}: {}", describe(connection.target()), why));
}

/// "sql/schema/003_silver.sql" is number 3, "silver".
Migration parse_name(std::string_view file) {
  const auto stem = file.substr(file.rfind('/') + 1);
  Migration migration;
  const auto end = std::from_chars(stem.data(), stem.data() + stem.size(), migration.number).ptr;
  const auto name = stem.substr(static_cast<std::size_t>(end - stem.data()) + 1);
  migration.name = name.substr(0, name.rfind('.'));
  return migration;
}

/// The migrations of this program, in order.
std::vector<NumberedText> known_migrations() {
  std::vector<NumberedText> known;
  for (const auto* embedded : schema::all()) {
    known.push_back(
        {parse_name(embedded->file), embedded->file, embedded->text, sha256_hex(embedded->text)});
  }
  std::ranges::sort(known, {}, [](const NumberedText& text) { return text.migration.number; });
  return known;
}

bool was_ever_migrated(pqxx::transaction_base& transaction) {
  return run(transaction, query::has_schema_migrations)[0][0].as<bool>();
}

std::vector<AppliedMigration> applied_migrations(pqxx::transaction_base& transaction) {
  std::vector<AppliedMigration> applied;
  if (!was_ever_migrated(transaction)) return applied;
  for (const auto& row : run(transaction, query::applied_migrations)) {
    applied.push_back({{row[0].as<int>(), row[1].as<std::string>()}, row[2].as<std::string>()});
  }
  return applied;
}

/// What is still to be applied. Throws if what was applied is not what this program begins with.
std::vector<NumberedText> missing_migrations(const Connection& connection,
                                             pqxx::transaction_base& transaction) {
  auto known = known_migrations();
  const auto applied = applied_migrations(transaction);
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const auto& [migration, sha256] = applied[i];
    if (i >= known.size() || known[i].migration.number != migration.number) {
      refuse(connection,
             fmt::format(
                 "migration {:03} ({}) was applied to it, which this program does not know: the "
                 "database is newer\n  use the version of aml that made it, or a newer one",
                 migration.number, migration.name));
    }
    if (known[i].sha256 != sha256) {
      refuse(connection,
             fmt::format("migration {:03} ({}) has changed since it was applied here\n"
                         "  use the version of aml that applied it; a change needs a new migration",
                         migration.number, migration.name));
    }
  }
  known.erase(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(applied.size()));
  return known;
}

std::optional<BaseCurrencySetting> find_base_currency(pqxx::transaction_base& transaction) {
  if (!was_ever_migrated(transaction)) return {};
  const auto rows = run(transaction, query::base_currency);
  if (rows.empty()) return {};
  return BaseCurrencySetting{rows[0][0].as<std::string>(), rows[0][1].as<int>()};
}

/// Held while migrating: one process at a time. The server drops it when the connection ends.
class MigrationLock {
 public:
  explicit MigrationLock(Connection& connection) : connection_(connection) {
    auto session = begin<pqxx::nontransaction>(connection_);
    run(session, query::lock_migrations);
  }
  ~MigrationLock() {
    try {
      auto session = begin<pqxx::nontransaction>(connection_);
      run(session, query::unlock_migrations);
    } catch (const std::exception&) {  // the connection is lost, and the lock with it
    }
  }
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;

 private:
  Connection& connection_;
};

/// While it lives, what is made belongs to the owner of the schema, of which the user may be a member.
class ActingAsOwner {
 public:
  explicit ActingAsOwner(Connection& connection) : connection_(connection) {
    auto session = begin<pqxx::nontransaction>(connection_);
    run(session, query::become_owner);
  }
  ~ActingAsOwner() {
    try {
      auto session = begin<pqxx::nontransaction>(connection_);
      run(session, query::reset_role);
    } catch (const std::exception&) {  // the connection is lost, and the role with it
    }
  }
  ActingAsOwner(const ActingAsOwner&) = delete;
  ActingAsOwner& operator=(const ActingAsOwner&) = delete;

 private:
  Connection& connection_;
};

void require_utf8(Connection& connection) {
  const auto encoding = server_facts(connection).encoding;
  if (encoding == "UTF8") return;
  refuse(connection,
         fmt::format("its encoding is {}, not UTF8\n"
                     "  make another one:  createdb --encoding=UTF8 --template=template0 NAME",
                     encoding));
}

void create_migrations_table(Connection& connection) {
  auto transaction = begin<pqxx::work>(connection);
  if (was_ever_migrated(transaction)) return;
  as_statement(command::create_schema_migrations.file, [&] {
    transaction.exec(std::string(command::create_schema_migrations.text));
    transaction.commit();
  });
}

void apply(Connection& connection, const NumberedText& text, const std::string& program_version) {
  auto transaction = begin<pqxx::work>(connection);
  as_statement(text.file, [&] { transaction.exec(std::string(text.text)); });
  run(transaction, query::record_migration, text.migration.number, text.migration.name, text.sha256,
      program_version);
  as_statement(text.file, [&] { transaction.commit(); });
}

void require_same_base_currency(const Connection& connection,
                                const std::optional<BaseCurrencySetting>& present,
                                const std::string& wanted) {
  if (!present || wanted.empty() || present->code == wanted) return;
  refuse(connection,
         fmt::format("its base currency is {}, not {}: it is fixed when a database is made\n"
                     "  leave the option out, or use another database",
                     present->code, wanted));
}

void require_base_currency(const Connection& connection, pqxx::transaction_base& transaction,
                           const std::string& currency) {
  const auto rows = run(transaction, query::currency_exponent, currency);
  const auto refuse_it = [&](const std::string& why) {
    refuse(connection, fmt::format("base currency {}: {}\n  name an ISO 4217 code, for example EUR",
                                   currency, why));
  };
  if (rows.empty()) refuse_it("no such currency");
  if (const int exponent = rows[0][0].as<int>(); exponent > kMaxBaseExponent)
    refuse_it(
        fmt::format("its {} decimals are too fine for a base currency, which has at most {}: "
                    "amounts are 64 bits of minor units; transfers may be in it",
                    exponent, kMaxBaseExponent));
}

void record_first_init(Connection& connection, const InitOptions& options) {
  auto transaction = begin<pqxx::work>(connection);
  if (find_base_currency(transaction)) return;
  const auto currency =
      options.base_currency.empty() ? std::string(kDefaultBaseCurrency) : options.base_currency;
  require_base_currency(connection, transaction, currency);
  run(transaction, query::record_first_init, currency, options.program_version);
  as_statement(query::record_first_init.file, [&] { transaction.commit(); });
}

void grant_on_new_tables(Connection& connection) {
  auto transaction = begin<pqxx::work>(connection);
  run(transaction, query::reapply_access);
  as_statement(query::reapply_access.file, [&] { transaction.commit(); });
}

}  // namespace

std::vector<Migration> migrate(Connection& connection, const InitOptions& options) {
  require_utf8(connection);
  const MigrationLock lock(connection);
  const ActingAsOwner owner(connection);
  std::vector<NumberedText> missing;
  {
    auto session = begin<pqxx::nontransaction>(connection);
    missing = missing_migrations(connection, session);
    require_same_base_currency(connection, find_base_currency(session), options.base_currency);
  }
  create_migrations_table(connection);
  std::vector<Migration> applied;
  for (const auto& text : missing) {
    apply(connection, text, options.program_version);
    applied.push_back(text.migration);
  }
  record_first_init(connection, options);
  if (!applied.empty()) grant_on_new_tables(connection);
  return applied;
}

std::vector<Migration> pending_migrations(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  std::vector<Migration> pending;
  for (auto& text : missing_migrations(connection, session))
    pending.push_back(std::move(text.migration));
  return pending;
}

void require_schema(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  const auto missing = missing_migrations(connection, session);
  if (missing.empty() && find_base_currency(session)) return;
  const bool is_new = !was_ever_migrated(session);
  refuse(connection,
         fmt::format("the schema of amlgraph is {}\n  create it with:  aml init",
                     is_new ? "missing" : "older than this program, or its init was interrupted"));
}

BaseCurrencySetting base_currency(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  if (auto setting = find_base_currency(session)) return *setting;
  refuse(connection, "it has no base currency yet\n  run:  aml init");
}

}  // namespace aml::store
