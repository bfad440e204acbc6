// SPDX-License-Identifier: Apache-2.0
#include "scenarios/labels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "scenarios/amlworld_labels.hpp"
#include "scenarios/scenario.hpp"
#include "store/csv_reader.hpp"
#include "store/input_file.hpp"
#include "store/statement.hpp"

namespace aml::scenarios {
namespace {

using Header = std::vector<std::string>;
using Fields = std::vector<std::string_view>;

constexpr std::array<std::string_view, 6> kOwnHeader{"typology",  "instance", "entity_kind",
                                                     "entity_id", "role",     "transfer_id"};

/// Where a file keeps what a label says; kNowhere: nowhere.
struct Columns {
  static constexpr auto kNowhere = static_cast<std::size_t>(-1);
  std::size_t typology = kNowhere;
  std::size_t instance = kNowhere;
  std::size_t entity_kind = kNowhere;
  std::size_t account_id = kNowhere;  ///< an entity of which only the id is told
  std::size_t entity_id = kNowhere;
  std::size_t transfer_id = kNowhere;
};

std::size_t position(const Header& header, std::string_view name) {
  const auto found = std::ranges::find(header, name);
  return found == header.end() ? Columns::kNowhere
                               : static_cast<std::size_t>(found - header.begin());
}

std::optional<Columns> recognise(const Header& header) {
  if (std::ranges::equal(header, kOwnHeader)) {
    return Columns{
        .typology = 0, .instance = 1, .entity_kind = 2, .entity_id = 3, .transfer_id = 5};
  }
  const Columns amlsim{.typology = position(header, "alert_type"),
                       .instance = position(header, "alert_id"),
                       .account_id = position(header, "acct_id"),
                       .transfer_id = position(header, "tran_id")};
  const bool names_one =
      (amlsim.account_id == Columns::kNowhere) != (amlsim.transfer_id == Columns::kNowhere);
  if (amlsim.typology == Columns::kNowhere || amlsim.instance == Columns::kNowhere || !names_one)
    return {};
  return amlsim;
}

Label label_of(const Fields& fields, const Columns& columns) {
  const auto text = [&](std::size_t column) {
    return column == Columns::kNowhere ? std::string() : std::string(fields[column]);
  };
  Label label{text(columns.typology), text(columns.instance), text(columns.entity_kind),
              text(columns.entity_id), text(columns.transfer_id)};
  if (columns.account_id != Columns::kNowhere) {
    label.entity_kind = "account";
    label.entity_id = text(columns.account_id);
  }
  if (label.typology == "cycle") label.typology = "round_tripping";
  return label;
}

/// Why a label cannot be used; empty if it can.
std::string_view defect_of(const Label& label) {
  if (label.typology.empty() || label.instance.empty()) return "no typology or no instance";
  const bool names_entity = !label.entity_id.empty();
  if (names_entity != label.transfer_id.empty()) {
    return "a label names either a transfer or an entity";
  }
  if (names_entity ? label.entity_kind != "account" && label.entity_kind != "party"
                   : !label.entity_kind.empty()) {
    return "entity_kind is account or party for an entity, empty for a transfer";
  }
  return {};
}

struct FileLabels {
  std::vector<Label> labels;
  bool numbers_instances = false;  ///< by their place in the file
};

FileLabels read_file(const std::string& path, const TransferLookup& lookup) {
  store::InputFile file(path);
  store::CsvReader reader([&](char* buffer, std::size_t size) { return file.read(buffer, size); },
                          path);
  if (is_amlworld(reader.header())) return {amlworld_labels(reader, path, lookup), true};
  const std::optional<Columns> columns = recognise(reader.header());
  if (!columns) {
    throw ScenarioError(
        path, reader.header_line(), 1,
        fmt::format("expected the columns {}, or AMLSim's alert_transactions or alert_accounts, or "
                    "AMLworld's *_Patterns.txt or *_Trans.csv",
                    fmt::join(kOwnHeader, ",")));
  }
  std::vector<Label> labels;
  store::Record record;
  while (reader.next(record)) {
    if (record.defect != store::LineDefect::kNone)
      throw ScenarioError(path, record.line, 1, std::string(store::name_of(record.defect)));
    labels.push_back(label_of(record.fields, *columns));
    const std::string_view defect = defect_of(labels.back());
    if (!defect.empty()) throw ScenarioError(path, record.line, 1, std::string(defect));
  }
  return {.labels = std::move(labels)};
}

TransferLookup lookup_in(store::Connection& connection) {
  return [&](const std::vector<std::string>& rows) {
    return loaded_amlworld_transfers(connection, rows);
  };
}

}  // namespace

std::vector<Label> read_labels(const std::string& path, const TransferLookup& lookup) {
  return read_file(path, lookup).labels;
}

std::vector<Label> read_labels(store::Connection& connection, const std::string& path) {
  return read_labels(path, lookup_in(connection));
}

std::vector<Label> read_labels(store::Connection& connection,
                               const std::vector<std::string>& paths) {
  std::vector<Label> together;
  for (const std::string& path : paths) {
    auto [labels, numbers_instances] = read_file(path, lookup_in(connection));
    for (Label& label : labels) {
      if (numbers_instances && paths.size() > 1)
        label.instance = fmt::format("{} {}", store::storable_text(path), label.instance);
      together.push_back(std::move(label));
    }
  }
  return together;
}

}  // namespace aml::scenarios
