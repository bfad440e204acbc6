// SPDX-License-Identifier: Apache-2.0
#include "scenarios/generator.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "scenarios/generator_background.hpp"
#include "scenarios/generator_calendar.hpp"
#include "scenarios/generator_files.hpp"
#include "scenarios/generator_planted.hpp"
#include "scenarios/generator_population.hpp"

namespace aml::scenarios {
namespace {

using namespace generator;

constexpr std::int64_t kMaxAccounts = 4'000'000;

void append_party_key(std::string& out, PartyIndex party) {
  append_key(out, 'P', party + 1U, 7);
}
void append_account_key(std::string& out, AccountIndex account) {
  append_key(out, 'A', account + 1U, 7);
}
void append_transfer_key(std::string& out, std::int64_t number) {
  append_key(out, 'T', static_cast<std::uint64_t>(number), 9);
}

/// "structuring-003".
void append_instance(std::string& out, const PlantedInstance& instance) {
  out += instance.typology;
  append_key(out, '-', static_cast<std::uint64_t>(instance.number), 3);
}

void write_parties(CsvFile& file, const Population& bank) {
  for (PartyIndex i = 0; i < bank.parties.size(); ++i) {
    const Party& party = bank.parties[i];
    std::string& line = file.text();
    append_party_key(line, i);
    line += ',';
    append_csv(line, party.name);
    line += party.kind == PartyKind::kPerson ? ",person," : ",company,";
    line += party.country;
    line +=
        ',' + std::to_string(party.risk_tenths / 10) + '.' + std::to_string(party.risk_tenths % 10);
    for (const std::string* attribute : {&party.address, &party.email, &party.phone}) {
      line += ',';
      append_csv(line, *attribute);
    }
    line += '\n';
    file.flush_if_full();
  }
}

void write_accounts(CsvFile& file, const Population& bank) {
  for (AccountIndex i = 0; i < bank.accounts.size(); ++i) {
    const Account& account = bank.accounts[i];
    std::string& line = file.text();
    append_account_key(line, i);
    line += ',';
    append_party_key(line, account.party);
    line += ',';
    line += account.kind;
    line += ',';
    line += code_of(account.currency);
    line += ',';
    line += bank.parties[account.party].country;
    line += ',';
    append_date(line, account.opened_on);
    line += '\n';
    file.flush_if_full();
  }
}

void write_fx_rates(CsvFile& file, const FxRates& rates, DayNumber first_day, int days) {
  for (const Currency currency : {Currency::kEur, Currency::kGbp}) {
    for (DayNumber day = first_day; day < first_day + days; ++day) {
      const std::int64_t rate = rates.rate(currency, day);
      std::string& line = file.text();
      line += code_of(currency);
      line += ',';
      append_date(line, day);
      append_key(line, ',', static_cast<std::uint64_t>(rate / 10'000), 1);
      append_key(line, '.', static_cast<std::uint64_t>(rate % 10'000), 4);
      line += '\n';
      file.flush_if_full();
    }
  }
}

/// Numbers transfers in the order of time as they are written.
class TransferWriter {
 public:
  TransferWriter(CsvFile& file, const Population& bank, const FxRates& rates, std::size_t planted)
      : file_(file), bank_(bank), rates_(rates), number_of_planted_(planted) {}

  void write(const PlannedTransfer& transfer) {
    ++written_;
    if (transfer.planted != kNone) number_of_planted_[transfer.planted] = written_;
    const Currency currency = bank_.accounts[transfer.from].currency;
    const auto day = static_cast<DayNumber>(transfer.at / kDay);
    std::string& line = file_.text();
    append_transfer_key(line, written_);
    line += ',';
    append_time(line, transfer.at);
    line += ',';
    append_account_key(line, transfer.from);
    line += ',';
    append_account_key(line, transfer.to);
    line += ',';
    append_amount(line, rates_.from_us_cents(transfer.cents, currency, day));
    line += ',';
    line += code_of(currency);
    line += ',';
    line += transfer.type;
    line += '\n';
    file_.flush_if_full();
  }

  std::int64_t written() const { return written_; }
  /// The number under which each planted transfer was written.
  const std::vector<std::int64_t>& number_of_planted() const { return number_of_planted_; }

 private:
  CsvFile& file_;
  const Population& bank_;
  const FxRates& rates_;
  std::vector<std::int64_t> number_of_planted_;
  std::int64_t written_ = 0;
};

/// Day by day: what is planted is merged with what is ordinary, so memory holds one day's
/// transfers.
void write_transfers(TransferWriter& writer, const Population& bank, const Planting& planting,
                     DayNumber first_day, const GeneratorParams& params) {
  std::vector<PlannedTransfer> today;
  auto next = planting.transfers.begin();
  for (DayNumber number = first_day; number < first_day + params.days; ++number) {
    today.clear();
    append_ordinary_day(bank, day_of(number), params.seed, today);
    for (; next != planting.transfers.end() && next->transfer.at < (number + 1) * kDay; ++next)
      today.push_back(next->transfer);
    std::ranges::stable_sort(today, {}, &PlannedTransfer::at);
    for (const PlannedTransfer& transfer : today) writer.write(transfer);
  }
}

void write_labels(CsvFile& file, const Planting& planting,
                  const std::vector<std::int64_t>& number_of_planted) {
  for (std::uint32_t i = 0; i < planting.instances.size(); ++i) {
    const PlantedInstance& instance = planting.instances[i];
    for (const PlantedEntity& entity : instance.entities) {
      std::string& line = file.text();
      line.append(instance.typology) += ',';
      append_instance(line, instance);
      const bool is_account = entity.kind == EntityKind::kAccount;
      line += is_account ? ",account," : ",party,";
      is_account ? append_account_key(line, entity.index) : append_party_key(line, entity.index);
      line += ',';
      line.append(entity.role) += ",\n";
    }
  }
  for (std::size_t i = 0; i < planting.transfers.size(); ++i) {
    const PlantedTransfer& planted = planting.transfers[i];
    if (!planted.labelled) continue;
    const PlantedInstance& instance = planting.instances[planted.instance];
    std::string& line = file.text();
    line.append(instance.typology) += ',';
    append_instance(line, instance);
    line += ",,,";
    line.append(planted.role) += ',';
    append_transfer_key(line, number_of_planted[i]);
    line += '\n';
    file.flush_if_full();
  }
}

[[noreturn]] void refuse(const std::string& name, const std::string& value,
                         const std::string& range) {
  throw std::invalid_argument(name + " is " + value + ": must be " + range);
}

/// Somebody's own data must not be overwritten.
void require_generated_or_empty(const std::string& folder) {
  namespace fs = std::filesystem;
  if (fs::exists(fs::path(folder) / "labels.csv")) return;
  for (const char* name : {"parties.csv", "accounts.csv", "fx_rates.csv", "transfers.csv"}) {
    if (fs::exists(fs::path(folder) / name)) {
      throw std::invalid_argument(folder + " holds a " + name +
                                  " that was not generated\n  choose another folder");
    }
  }
}

}  // namespace

void validate(const GeneratorParams& params) {
  if (params.accounts < 500 || params.accounts > kMaxAccounts)
    refuse("accounts", std::to_string(params.accounts), "from 500 to 4000000");
  if (params.days < 60 || params.days > 3650)
    refuse("days", std::to_string(params.days), "from 60 to 3650");
  if (!parse_date(params.first_day))
    refuse("first_day", '"' + params.first_day + '"',
           "a date like 2024-01-31, from 1971-01-01 to 2200-12-31");
  const std::int64_t most = params.accounts / 200;
  if (params.instances < 1 || params.instances > most)
    refuse("instances", std::to_string(params.instances),
           "from 1 to " + std::to_string(most) + " (accounts / 200)");
}

GeneratedData generate(const std::string& folder, const GeneratorParams& params) {
  validate(params);
  const DayNumber first_day = *parse_date(params.first_day);
  Population bank = make_population(params.accounts, first_day, params.seed);
  const Planting planting = plant(bank, first_day, params.days, params.instances, params.seed);
  const FxRates rates(first_day, params.days, params.seed);

  create_private_folder(folder);
  require_generated_or_empty(folder);
  CsvFile parties(folder + "/parties.csv",
                  "party_id,name,kind,country,base_risk,address,email,phone");
  CsvFile accounts(folder + "/accounts.csv", "account_id,party_id,kind,currency,country,opened_on");
  CsvFile fx_rates(folder + "/fx_rates.csv", "currency,rate_date,rate");
  CsvFile transfers(folder + "/transfers.csv",
                    "transfer_id,booked_at,from_account,to_account,amount,currency,type");
  CsvFile labels(folder + "/labels.csv",
                 "typology,instance,entity_kind,entity_id,role,transfer_id");
  write_parties(parties, bank);
  write_accounts(accounts, bank);
  write_fx_rates(fx_rates, rates, first_day, params.days);
  TransferWriter writer(transfers, bank, rates, planting.transfers.size());
  write_transfers(writer, bank, planting, first_day, params);
  write_labels(labels, planting, writer.number_of_planted());

  const std::array<CsvFile*, 5> files = {&parties, &accounts, &fx_rates, &transfers, &labels};
  for (CsvFile* file : files) file->finish();
  for (CsvFile* file : files) file->publish();

  GeneratedData data;
  data.parties = static_cast<std::int64_t>(bank.parties.size());
  data.accounts = static_cast<std::int64_t>(bank.accounts.size());
  data.transfers = writer.written();
  data.planted_instances = static_cast<std::int64_t>(planting.instances.size());
  data.planted_transfers = std::ranges::count(planting.transfers, true, &PlantedTransfer::labelled);
  return data;
}

}  // namespace aml::scenarios
