// SPDX-License-Identifier: Apache-2.0
#include "store/snapshot.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <pqxx/pqxx>
#include <span>
#include <string_view>
#include <unordered_map>

#include "aml_command.hpp"
#include "aml_copy.hpp"
#include "aml_query.hpp"
#include "store/binary_copy.hpp"
#include "store/error.hpp"
#include "store/key_index.hpp"
#include "store/raw_connection.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::store {
namespace {

// Peak of a run, for plan_snapshot: the columns, the graph of accounts made of them and the graph
// of parties beside it. Measured with keys of 7 bytes: 5,000,000 transfers, 500,000 accounts and as
// many parties take 712 MB; these say 762 MB.
constexpr std::uint64_t kBytesOfProgram = 32'000'000;
constexpr std::uint64_t kBytesPerTransfer = 130;
constexpr std::uint64_t kBytesPerAccount = 100;
constexpr std::uint64_t kBytesPerParty = 60;
constexpr std::uint64_t kBytesPerAttribute = 120;

/// Names seen so far, mostly few of them and the same one again: kinds of attributes, types of
/// transfers.
class NameList {
 public:
  NameList(std::vector<std::string>& names, std::size_t most, std::string_view what,
           std::string_view statement)
      : names_(names), most_(most), what_(what), statement_(statement) {}

  std::size_t position_of(std::string_view name) {
    if (last_ < names_.size() && names_[last_] == name) return last_;
    const auto known = positions_.find(name);
    last_ = known == positions_.end() ? add(name) : known->second;
    return last_;
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::size_t add(std::string_view name) {
    if (names_.size() == most_) {
      throw_store_error(statement_,
                        fmt::format("more than {} {}, the last is {}", most_, what_, name), "");
    }
    names_.emplace_back(name);
    positions_.emplace(name, names_.size() - 1);
    return names_.size() - 1;
  }

  std::vector<std::string>& names_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> positions_;
  std::size_t most_;
  std::string_view what_;
  std::string_view statement_;
  std::size_t last_ = 0;
};

/// libpqxx 6 hides its PGconn, so the snapshot is read on a libpq connection of its own. Everything is
/// read there, in one transaction: that needs no exported snapshot to share a view.
class SnapshotReader {
 public:
  SnapshotReader(const Target& target, const AsOf& as_of,
                 const std::function<void(std::uint64_t)>& progress)
      : connection_(target), as_of_(as_of), progress_(progress) {
    connection_.execute(command::begin_snapshot.file, command::begin_snapshot.text);
    set_as_of();
  }

  Snapshot read() {
    read_facts();
    read_parties();
    read_attributes_and_accounts();
    read_transfers();
    return std::move(snapshot_);
  }

 private:
  void set_as_of();
  const copy::Embedded& of_version(const copy::Embedded& newest,
                                   const copy::Embedded& as_of) const {
    return as_of_.version ? as_of : newest;
  }
  void read_facts();
  void read_parties();
  void read_attributes_and_accounts();
  void read_attributes(const KeyIndex& parties);
  void read_accounts(const KeyIndex& parties);
  void read_transfers();
  const copy::Embedded& transfers_statement() const;

  RawConnection connection_;
  AsOf as_of_;
  const std::function<void(std::uint64_t)>& progress_;
  Snapshot snapshot_;
  std::size_t expected_transfers_ = 0;
  std::string base_currency_;
  int base_currency_exponent_ = 0;
};

[[noreturn]] void refuse_transfer(std::string_view key, std::string_view what) {
  throw_store_error(copy::snapshot_transfers.file, fmt::format("transfer {}: {}", key, what), "");
}

/// Transfers wait in a small batch for their accounts to be looked up together.
class TransferBatch {
 public:
  TransferBatch(const KeyIndex& accounts, graph::TransferColumns& columns)
      : accounts_(accounts), columns_(columns) {}

  bool is_full() const { return size_ == kSize; }

  void add(BinaryRow row, std::string_view from, std::string_view to) {
    rows_[size_] = std::move(row);
    keys_[2 * size_] = from;
    keys_[2 * size_ + 1] = to;
    ++size_;
  }

  void look_up() {
    const std::span keys(keys_.data(), 2 * size_);
    const std::span positions(positions_.data(), 2 * size_);
    accounts_.find_all(keys, positions);
    for (std::size_t i = 0; i < size_; ++i) {
      require_known(2 * i);
      require_known(2 * i + 1);
      columns_.source.push_back(positions[2 * i]);
      columns_.target.push_back(positions[2 * i + 1]);
    }
    size_ = 0;
  }

 private:
  static constexpr std::size_t kSize = KeyIndex::kBatch / 2;

  void require_known(std::size_t i) const {
    if (positions_[i] != graph::kNoVertex) return;
    const auto transfer = columns_.transfer_keys[columns_.source.size()];
    refuse_transfer(transfer, fmt::format("its account {} is not in silver.accounts", keys_[i]));
  }

  const KeyIndex& accounts_;
  graph::TransferColumns& columns_;
  std::array<BinaryRow, kSize> rows_;  ///< own the bytes of the keys
  std::array<std::string_view, KeyIndex::kBatch> keys_;
  std::array<graph::Vertex, KeyIndex::kBatch> positions_;
  std::size_t size_ = 0;
};

/// An estimate is enough: the columns grow if it was too low.
void reserve(graph::TransferColumns& columns, std::size_t transfers) {
  constexpr std::size_t kBytesPerKey = 12;
  const auto rows = transfers + transfers / 64;
  columns.source.reserve(rows);
  columns.target.reserve(rows);
  columns.booked_at.reserve(rows);
  columns.amount_minor.reserve(rows);
  columns.type.reserve(rows);
  columns.transfer_keys.reserve(rows, rows * kBytesPerKey);
}

/// COPY binds no parameters: its statements read settings of the transaction.
void SnapshotReader::set_as_of() {
  connection_.execute(query::set_as_of.file, query::set_as_of.text,
                      {as_of_.booked_until ? time_text(*as_of_.booked_until) : "infinity"});
  if (as_of_.version)
    connection_.execute(query::set_as_of_version.file, query::set_as_of_version.text,
                        {std::to_string(*as_of_.version)});
}

void SnapshotReader::read_facts() {
  const auto facts = connection_.execute(query::snapshot_facts.file, query::snapshot_facts.text);
  snapshot_.id = PQgetvalue(facts.get(), 0, 0);
  if (PQgetisnull(facts.get(), 0, 1) == 0)
    snapshot_.last_file_id = std::atoll(PQgetvalue(facts.get(), 0, 1));
  expected_transfers_ = static_cast<std::size_t>(std::atoll(PQgetvalue(facts.get(), 0, 2)));
  snapshot_.version = std::atoll(PQgetvalue(facts.get(), 0, 3));
  const auto currency = connection_.execute(query::base_currency.file, query::base_currency.text);
  if (PQntuples(currency.get()) == 0) {
    throw_store_error(query::base_currency.file,
                      "the database has no base currency yet\n  run:  aml init", "");
  }
  base_currency_ = PQgetvalue(currency.get(), 0, 0);
  base_currency_exponent_ = std::atoi(PQgetvalue(currency.get(), 0, 1));
}

void SnapshotReader::read_parties() {
  const auto& statement = of_version(copy::snapshot_parties, copy::snapshot_parties_as_of);
  BinaryCopyReader reader(connection_, statement.file, statement.text);
  BinaryRow row;
  while (reader.next(row)) {
    snapshot_.attributes.party_keys.push_back(row.next());
    snapshot_.base_risk.push_back(decode_double(row.next()));
  }
}

void SnapshotReader::read_attributes_and_accounts() {
  const KeyIndex parties(snapshot_.attributes.party_keys);
  read_attributes(parties);
  read_accounts(parties);
}

void SnapshotReader::read_attributes(const KeyIndex& parties) {
  auto& attributes = snapshot_.attributes;
  const auto& statement = of_version(copy::snapshot_attributes, copy::snapshot_attributes_as_of);
  NameList kinds(attributes.kind_names, graph::kMostKinds, "kinds of attributes", statement.file);
  BinaryCopyReader reader(connection_, statement.file, statement.text);
  BinaryRow row;
  while (reader.next(row)) {
    attributes.party.push_back(parties.find(row.next()));  // found: a foreign key says so
    attributes.kind.push_back(static_cast<std::uint8_t>(kinds.position_of(row.next())));
    attributes.value.push_back(row.next());
  }
}

void SnapshotReader::read_accounts(const KeyIndex& parties) {
  constexpr std::size_t kMostCountries = 65'535;
  const auto& statement = of_version(copy::snapshot_accounts, copy::snapshot_accounts_as_of);
  NameList countries(snapshot_.country_names, kMostCountries, "countries", statement.file);
  countries.position_of("");  // 0: not known
  BinaryCopyReader reader(connection_, statement.file, statement.text);
  BinaryRow row;
  while (reader.next(row)) {
    snapshot_.transfers.vertex_keys.push_back(row.next());
    snapshot_.party_of_account.push_back(parties.find(row.next()));  // found: a foreign key says so
    snapshot_.country.push_back(static_cast<std::uint16_t>(countries.position_of(row.next())));
    snapshot_.opened_at.push_back(decode_timestamp(row.next()));
  }
}

/// All rows are read by a statement of their own: a condition would cost it 5 % of the server's time.
const copy::Embedded& SnapshotReader::transfers_statement() const {
  if (as_of_.version) return copy::snapshot_transfers_as_of;
  return as_of_.booked_until ? copy::snapshot_transfers_until : copy::snapshot_transfers;
}

void SnapshotReader::read_transfers() {
  constexpr std::uint64_t kProgressEvery = 1 << 16;
  const auto& statement = transfers_statement();
  auto& columns = snapshot_.transfers;
  reserve(columns, expected_transfers_);
  const KeyIndex accounts(columns.vertex_keys);
  TransferBatch batch(accounts, columns);
  NameList types(columns.type_names, graph::kMostTypes, "types of transfers", statement.file);
  BinaryCopyReader reader(connection_, statement.file, statement.text);
  BinaryRow row;
  while (reader.next(row)) {
    const auto key = row.next();
    columns.transfer_keys.push_back(key);
    const auto from = row.next();
    const auto to = row.next();
    const auto booked_at = decode_timestamp(row.next());
    const auto amount = decode_money(row.next(), base_currency_exponent_);
    if (!booked_at) refuse_transfer(key, "booked_at is out of range");
    if (!amount) {
      refuse_transfer(
          key, fmt::format("amount_base is out of range or has more than the {} decimals of {}",
                           base_currency_exponent_, base_currency_));
    }
    columns.booked_at.push_back(*booked_at);
    columns.amount_minor.push_back(*amount);
    columns.type.push_back(static_cast<std::uint16_t>(types.position_of(row.next())));
    batch.add(std::move(row), from, to);
    if (batch.is_full()) batch.look_up();
    if (progress_ && columns.type.size() % kProgressEvery == 0) progress_(columns.type.size());
  }
  batch.look_up();
}

}  // namespace

SnapshotPlan plan_snapshot(Connection& connection, const AsOf& as_of) {
  auto session = begin<pqxx::nontransaction>(connection);
  const auto until = as_of.booked_until ? time_text(*as_of.booked_until) : "infinity";
  const auto row = (as_of.version ? run(session, query::count_silver_as_of, until, *as_of.version)
                                  : run(session, query::count_silver, until))[0];
  SnapshotPlan plan{row[0].as<std::uint64_t>(), row[1].as<std::uint64_t>(),
                    row[2].as<std::uint64_t>(), row[3].as<std::uint64_t>(), 0};
  plan.memory_bytes = kBytesOfProgram + plan.accounts * kBytesPerAccount +
                      plan.parties * kBytesPerParty + plan.attributes * kBytesPerAttribute +
                      plan.transfers * kBytesPerTransfer;
  return plan;
}

Snapshot read_snapshot(Connection& connection, const AsOf& as_of,
                       const std::function<void(std::uint64_t transfers)>& progress) {
  const auto start = std::chrono::steady_clock::now();
  auto snapshot = SnapshotReader(connection.target(), as_of, progress).read();
  snapshot.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return snapshot;
}

}  // namespace aml::store
