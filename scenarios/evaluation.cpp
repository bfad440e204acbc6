// SPDX-License-Identifier: Apache-2.0
#include "scenarios/evaluation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <string_view>

#include "scenarios/scenario.hpp"
#include "store/csv_reader.hpp"
#include "store/input_file.hpp"
#include "store/statement.hpp"

namespace aml::scenarios {
namespace {

enum Column { kTypology, kInstance, kEntityKind, kEntityId, kRole, kTransferId };
constexpr std::array<std::string_view, 6> kHeader{"typology",  "instance", "entity_kind",
                                                  "entity_id", "role",     "transfer_id"};

/// Why a label cannot be used; empty if it can.
std::string_view defect_of(const std::vector<std::string_view>& fields) {
  if (fields[kTypology].empty() || fields[kInstance].empty()) return "no typology or no instance";
  const bool names_transfer = !fields[kTransferId].empty();
  const bool names_entity = !fields[kEntityId].empty();
  if (names_transfer == names_entity) return "a label names either a transfer or an entity";
  const std::string_view kind = fields[kEntityKind];
  if (names_entity ? kind != "account" && kind != "party" : !kind.empty())
    return "entity_kind is account or party for an entity, empty for a transfer";
  return {};
}

nlohmann::json label_of(const std::vector<std::string_view>& fields) {
  nlohmann::json label{{"typology", fields[kTypology]}, {"instance", fields[kInstance]}};
  if (fields[kTransferId].empty()) {
    label["entity_kind"] = fields[kEntityKind];
    label["entity_id"] = fields[kEntityId];
  } else {
    label["transfer_id"] = fields[kTransferId];
  }
  return label;
}

nlohmann::json read_labels(const std::string& path) {
  store::InputFile file(path);
  store::CsvReader reader([&](char* buffer, std::size_t size) { return file.read(buffer, size); },
                          path);
  if (!std::ranges::equal(reader.header(), kHeader))
    throw ScenarioError(path, reader.header_line(), 1,
                        fmt::format("expected the columns {}", fmt::join(kHeader, ",")));
  auto labels = nlohmann::json::array();
  store::CsvRecord record;
  while (reader.next(record)) {
    const std::string_view defect = record.defect == store::CsvDefect::kNone
                                        ? defect_of(record.fields)
                                        : store::name_of(record.defect);
    if (!defect.empty()) throw ScenarioError(path, record.line, 1, std::string(defect));
    labels.push_back(label_of(record.fields));
  }
  return labels;
}

}  // namespace

std::vector<TypologyQuality> evaluate(store::Connection& connection,
                                      const std::string& labels_file) {
  const std::string labels = read_labels(labels_file).dump();
  pqxx::read_transaction transaction(connection.pqxx());
  std::vector<TypologyQuality> qualities;
  for (const auto& row : store::run(transaction, query::evaluation_by_typology, labels)) {
    TypologyQuality& quality = qualities.emplace_back();
    quality.typology = row["typology"].as<std::string>();
    quality.planted = row["planted"].as<std::int64_t>();
    quality.found = row["found"].as<std::int64_t>();
    quality.alerts = row["alerts"].as<std::int64_t>();
    quality.true_alerts = row["true_alerts"].as<std::int64_t>();
    quality.missed = nlohmann::json::parse(row["missed"].as<std::string>());
  }
  return qualities;
}

}  // namespace aml::scenarios
