// SPDX-License-Identifier: Apache-2.0
// The files of generate(), read back without any code of the program: what the generator's tests
// judge.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "scenarios/generator.hpp"

namespace aml::test {

struct PartyRow {
  std::string id, name, kind, country, address, email, phone;
  double base_risk = 0;
};
struct AccountRow {
  std::string id, party, kind, currency, country, opened_on;
};
struct TransferRow {
  std::string id, booked_at, from, to, amount, currency, type;
  std::int64_t seconds = 0;     ///< booked_at since 1970
  std::int64_t base_cents = 0;  ///< amount at the rate of its day
};
struct LabelRow {
  std::string typology, instance, entity_kind, entity, role, transfer;
};

/// One planted instance, put together from its label rows.
struct LabelledInstance {
  std::string typology;
  std::vector<LabelRow> entities;
  std::vector<LabelRow> transfers;
};

struct GeneratedBank {
  scenarios::GeneratedData counts;
  std::vector<PartyRow> parties;
  std::vector<AccountRow> accounts;
  std::vector<TransferRow> transfers;
  std::vector<LabelRow> labels;
  std::map<std::string, std::int64_t> rates;  ///< "EUR 2024-01-31" -> ten-thousandths of a dollar

  std::map<std::string, LabelledInstance> instances_of(const std::string& typology) const;
};

/// A folder that is deleted with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read_text(const std::filesystem::path& file);
/// The records of a CSV text, RFC 4180; throws std::runtime_error where it is broken.
std::vector<std::vector<std::string>> parse_csv(const std::string& text);
GeneratedBank read_generated(const std::filesystem::path& folder);
/// Generates into a temporary folder and reads the files back; the same bank is made once.
const GeneratedBank& generated(const scenarios::GeneratorParams& params);

/// "2024-02-29" -> days since 1970; "2024-02-29T12:00:00Z" -> seconds. Throws std::runtime_error
/// for another format.
std::int64_t days_of(const std::string& date);
std::int64_t seconds_of(const std::string& time);

}  // namespace aml::test
