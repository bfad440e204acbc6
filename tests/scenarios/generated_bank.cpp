// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/generated_bank.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <tuple>

namespace aml::test {
namespace {

std::vector<std::vector<std::string>> rows_of(const std::filesystem::path& file,
                                              const std::string& header) {
  auto rows = parse_csv(read_text(file));
  std::string first;
  for (const auto& field : rows.at(0)) first += (first.empty() ? "" : ",") + field;
  if (first != header) throw std::runtime_error(file.string() + ": header is " + first);
  for (const auto& row : rows)
    if (row.size() != rows[0].size()) throw std::runtime_error(file.string() + ": ragged");
  rows.erase(rows.begin());
  return rows;
}

/// "12.50" -> 1250; throws unless there are exactly two decimals and only digits.
std::int64_t hundredths(const std::string& text) {
  const auto point = text.find('.');
  if (point == std::string::npos || point == 0 || text.size() != point + 3 ||
      text.find_first_not_of("0123456789") != point ||
      text.find_first_not_of("0123456789", point + 1) != std::string::npos)
    throw std::runtime_error("not an amount: " + text);
  return std::stoll(text.substr(0, point)) * 100 + std::stoll(text.substr(point + 1));
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "aml-generator-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::size_t i = 0;
  while (i < text.size()) {
    std::vector<std::string> row;
    for (bool more = true; more;) {
      std::string field;
      if (i < text.size() && text[i] == '"') {
        for (++i;; ++i) {
          if (i >= text.size()) throw std::runtime_error("open quote");
          if (text[i] == '"' && (i + 1 >= text.size() || text[i + 1] != '"')) break;
          if (text[i] == '"') ++i;
          field += text[i];
        }
        ++i;
      } else {
        for (; i < text.size() && text[i] != ',' && text[i] != '\n'; ++i) {
          if (text[i] == '"') throw std::runtime_error("bare quote");
          field += text[i];
        }
      }
      if (i >= text.size()) throw std::runtime_error("last line does not end");
      if (text[i] != ',' && text[i] != '\n') throw std::runtime_error("text after quote");
      more = text[i++] == ',';
      row.push_back(std::move(field));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::int64_t days_of(const std::string& date) {
  int year = 0, month = 0, day = 0, length = 0;
  if (std::sscanf(date.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &length) != 3 ||
      length != 10 || date.size() != 10)
    throw std::runtime_error("not a date: " + date);
  // Days from the civil calendar (Hinnant's formula), so as not to lean on the generator's own.
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = y / 400, of_era = y - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

std::int64_t seconds_of(const std::string& time) {
  int hour = 0, minute = 0, second = 0, length = 0;
  if (time.size() != 20 ||
      std::sscanf(time.c_str() + 10, "T%2d:%2d:%2dZ%n", &hour, &minute, &second, &length) != 3 ||
      length != 10 || hour > 23 || minute > 59 || second > 59)
    throw std::runtime_error("not a time: " + time);
  return days_of(time.substr(0, 10)) * 86'400 + (std::int64_t{hour} * 60 + minute) * 60 + second;
}

GeneratedBank read_generated(const std::filesystem::path& folder) {
  GeneratedBank bank;
  for (auto& row :
       rows_of(folder / "parties.csv", "party_id,name,kind,country,base_risk,address,email,phone"))
    bank.parties.push_back(
        {row[0], row[1], row[2], row[3], row[5], row[6], row[7], std::stod(row[4])});
  for (auto& row :
       rows_of(folder / "accounts.csv", "account_id,party_id,kind,currency,country,opened_on"))
    bank.accounts.push_back({row[0], row[1], row[2], row[3], row[4], row[5]});
  for (auto& row : rows_of(folder / "fx_rates.csv", "currency,rate_date,rate"))
    bank.rates[row[0] + ' ' + row[1]] = std::llround(std::stod(row[2]) * 10'000);
  for (auto& row : rows_of(folder / "transfers.csv",
                           "transfer_id,booked_at,from_account,to_account,amount,currency,type")) {
    TransferRow transfer{row[0], row[1], row[2], row[3], row[4], row[5], row[6], 0, 0};
    transfer.seconds = seconds_of(transfer.booked_at);
    const std::int64_t rate =
        transfer.currency == "USD"
            ? 10'000
            : bank.rates.at(transfer.currency + ' ' + transfer.booked_at.substr(0, 10));
    transfer.base_cents = (hundredths(transfer.amount) * rate + 5'000) / 10'000;
    bank.transfers.push_back(std::move(transfer));
  }
  for (auto& row :
       rows_of(folder / "labels.csv", "typology,instance,entity_kind,entity_id,role,transfer_id"))
    bank.labels.push_back({row[0], row[1], row[2], row[3], row[4], row[5]});
  return bank;
}

const GeneratedBank& generated(const scenarios::GeneratorParams& params) {
  static std::map<std::tuple<std::int64_t, int, std::uint64_t, std::string, int>, GeneratedBank>
      banks;
  const auto [known, is_new] = banks.try_emplace(
      {params.accounts, params.days, params.seed, params.first_day, params.instances});
  GeneratedBank& bank = known->second;
  if (is_new) {
    const TemporaryFolder folder;
    const auto target = folder.path() / "bank";
    const auto counts = scenarios::generate(target.string(), params);
    bank = read_generated(target);
    bank.counts = counts;
  }
  return bank;
}

std::map<std::string, LabelledInstance> GeneratedBank::instances_of(
    const std::string& typology) const {
  std::map<std::string, LabelledInstance> instances;
  for (const LabelRow& label : labels) {
    if (label.typology != typology) continue;
    LabelledInstance& instance = instances[label.instance];
    instance.typology = typology;
    (label.transfer.empty() ? instance.entities : instance.transfers).push_back(label);
  }
  return instances;
}

}  // namespace aml::test
