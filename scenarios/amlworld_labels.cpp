// SPDX-License-Identifier: Apache-2.0
#include "scenarios/amlworld_labels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <pqxx/pqxx>
#include <string_view>
#include <utility>

#include "aml_query.hpp"
#include "scenarios/scenario.hpp"
#include "store/statement.hpp"

namespace aml::scenarios {
namespace {

constexpr std::array<std::string_view, 11> kTransfersHeader{
    "Timestamp",       "From Bank",          "Account",     "To Bank",          "Account",
    "Amount Received", "Receiving Currency", "Amount Paid", "Payment Currency", "Payment Format",
    "Is Laundering"};
constexpr std::string_view kBegin = "BEGIN LAUNDERING ATTEMPT - ";
constexpr std::string_view kEnd = "END LAUNDERING ATTEMPT - ";

struct AttemptType {
  std::string_view name;
  std::string_view typology;
};
constexpr std::array<AttemptType, 8> kAttemptTypes{{{"BIPARTITE", "bipartite"},
                                                    {"CYCLE", "round_tripping"},
                                                    {"FAN-IN", "fan_in"},
                                                    {"FAN-OUT", "fan_out"},
                                                    {"GATHER-SCATTER", "gather_scatter"},
                                                    {"RANDOM", "random"},
                                                    {"SCATTER-GATHER", "scatter_gather"},
                                                    {"STACK", "stack"}}};

/// A row that is known to be laundering; its label lacks the transfer.
struct KnownRow {
  Label label;
  std::uint64_t line;
  std::string key;  ///< as find_amlworld_transfers.sql makes it
};

template <typename Fields>
std::string key_of(const Fields& fields) {
  return fmt::format("{},{}:{},{}:{},{},{},{},{},{}", fields[0], fields[1], fields[2], fields[3],
                     fields[4], fields[5], fields[6], fields[7], fields[8], fields[9]);
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t end = 0; (end = line.find(',')) != std::string_view::npos;
       line.remove_prefix(end + 1)) {
    fields.push_back(line.substr(0, end));
  }
  fields.push_back(line);
  return fields;
}

/// The type that stands behind BEGIN or END, without a qualifier such as ":  Max 12 hops".
std::string_view type_in(std::string_view line, std::string_view marker) {
  const std::string_view type = line.substr(marker.size());
  const std::string_view name = type.substr(0, type.find(':'));
  return name.substr(0, name.find_last_not_of(" \t") + 1);
}

/// Reads the list of attempts. It is no CSV: the reader splits it into lines, checks that they are
/// text, and finds that rows do not have as many values as the first line.
class AttemptsReader {
 public:
  AttemptsReader(store::CsvReader& reader, const std::string& path)
      : reader_(reader), path_(path) {}

  std::vector<KnownRow> read() {
    begin(fmt::format("{}", fmt::join(reader_.header(), ",")), reader_.header_line());
    store::Record record;
    while (reader_.next(record)) {
      const std::string_view text = text_of(record);
      if (text.starts_with(kBegin)) {
        begin(text, record.line);
      } else if (text.starts_with(kEnd)) {
        end(text, record.line);
      } else {
        add_row(text, record.line);
      }
    }
    if (open_) fail(open_->line, "this attempt has no END: the file is cut off");
    return std::move(rows_);
  }

 private:
  struct Attempt {
    AttemptType type;
    std::uint64_t line;
  };

  [[noreturn]] void fail(std::uint64_t line, const std::string& why) const {
    throw ScenarioError(path_, line, 1, why);
  }

  std::string_view text_of(const store::Record& record) const {
    if (record.defect == store::LineDefect::kWrongColumnCount) return record.raw;
    if (record.defect != store::LineDefect::kNone || record.fields.size() != 1)
      fail(record.line, std::string(store::name_of(record.defect)));
    return record.fields.front();
  }

  void begin(std::string_view text, std::uint64_t line) {
    if (open_)
      fail(line, fmt::format("the attempt of line {} has no END before this", open_->line));
    const std::string_view name = type_in(text, kBegin);
    const auto type = std::ranges::find(kAttemptTypes, name, &AttemptType::name);
    if (type == kAttemptTypes.end()) {
      fail(line, fmt::format("{} is no type of attempt", name));
    }
    if (text.find(',') != std::string_view::npos) fail(line, "a row on the line of BEGIN");
    open_.emplace(*type, line);
    ++attempts_;
  }

  void end(std::string_view text, std::uint64_t line) {
    if (!open_) fail(line, "END without a BEGIN before it");
    if (const auto type = type_in(text, kEnd); type != open_->type.name) {
      fail(line, fmt::format("END of {}, but the attempt of line {} is a {}", type, open_->line,
                             open_->type.name));
    }
    open_.reset();
  }

  void add_row(std::string_view text, std::uint64_t line) {
    if (!open_) fail(line, "neither BEGIN LAUNDERING ATTEMPT nor a row of an attempt");
    const auto fields = split(text);
    if (fields.size() != kTransfersHeader.size()) {
      fail(line,
           fmt::format("a row of {} values instead of {}", fields.size(), kTransfersHeader.size()));
    }
    rows_.push_back(
        {{.typology = std::string(open_->type.typology), .instance = std::to_string(attempts_)},
         line,
         key_of(fields)});
  }

  store::CsvReader& reader_;
  const std::string& path_;
  std::vector<KnownRow> rows_;
  std::optional<Attempt> open_;
  std::size_t attempts_ = 0;
};

std::vector<KnownRow> marked_rows(store::CsvReader& reader, const std::string& path) {
  std::vector<KnownRow> rows;
  store::Record record;
  while (reader.next(record)) {
    if (record.defect != store::LineDefect::kNone)
      throw ScenarioError(path, record.line, 1, std::string(store::name_of(record.defect)));
    if (record.fields.back() != "1") continue;
    rows.push_back(
        {{.typology = std::string(kAnyTypology), .instance = std::to_string(record.line)},
         record.line,
         key_of(record.fields)});
  }
  return rows;
}

bool is_list_of_attempts(const std::vector<std::string>& header) {
  return !header.empty() && header.front().starts_with(kBegin);
}

}  // namespace

bool is_amlworld(const std::vector<std::string>& header) {
  return is_list_of_attempts(header) || std::ranges::equal(header, kTransfersHeader);
}

std::vector<Label> amlworld_labels(store::CsvReader& reader, const std::string& path,
                                   const TransferLookup& lookup) {
  std::vector<KnownRow> rows = is_list_of_attempts(reader.header())
                                   ? AttemptsReader(reader, path).read()
                                   : marked_rows(reader, path);
  std::vector<std::string> keys;
  for (const KnownRow& row : rows) keys.push_back(row.key);
  const auto transfers = lookup(keys);
  std::vector<Label> labels;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!transfers[i]) {
      throw ScenarioError(path, rows[i].line, 1,
                          "no loaded transfer has the values of this row\n  load the *_Trans.csv "
                          "of the same set first");
    }
    rows[i].label.transfer_id = *transfers[i];
    labels.push_back(std::move(rows[i].label));
  }
  return labels;
}

std::vector<std::optional<std::string>> loaded_amlworld_transfers(
    store::Connection& connection, const std::vector<std::string>& rows) {
  auto transaction = store::begin<pqxx::read_transaction>(connection);
  std::vector<std::optional<std::string>> transfers;
  for (const auto& row :
       store::run(transaction, query::find_amlworld_transfers, store::text_array(rows)))
    transfers.push_back(row[0].is_null() ? std::nullopt : std::optional(row[0].as<std::string>()));
  return transfers;
}

}  // namespace aml::scenarios
