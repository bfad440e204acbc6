// SPDX-License-Identifier: Apache-2.0
#include "scenarios/evaluation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <stdexcept>

#include "aml_query.hpp"
#include "store/content_hash.hpp"
#include "store/statement.hpp"

namespace aml::scenarios {
namespace {

nlohmann::json to_json(const Label& label) {
  nlohmann::json object{{"typology", label.typology}, {"instance", label.instance}};
  if (label.transfer_id.empty()) {
    object["entity_kind"] = label.entity_kind;
    object["entity_id"] = label.entity_id;
  } else {
    object["transfer_id"] = label.transfer_id;
  }
  return object;
}

std::string to_json(const std::vector<Label>& labels) {
  auto array = nlohmann::json::array();
  for (const Label& label : labels) array.push_back(to_json(label));
  return array.dump();
}

nlohmann::json to_json(const std::string& typology, const char* level, const Quality& quality) {
  return {{"typology", typology},         {"level", level},
          {"labelled", quality.labelled}, {"found", quality.found},
          {"flagged", quality.flagged},   {"right_flags", quality.right}};
}

TypologyQuality to_quality(const pqxx::row& row) {
  const auto count = [&](const char* column) { return row[column].as<std::int64_t>(); };
  TypologyQuality quality;
  quality.typology = row["typology"].as<std::string>();
  quality.instances = {count("planted"), count("found"), count("alerts"), count("true_alerts")};
  quality.entities = {count("labelled_entities"), count("hit_entities"), count("flagged_entities"),
                      count("hit_entities")};
  quality.transfers = {count("labelled_transfers"), count("hit_transfers"),
                       count("flagged_transfers"), count("hit_transfers")};
  quality.touched = count("touched");
  quality.missed = nlohmann::json::parse(row["missed"].as<std::string>());
  return quality;
}

/// Gold keeps one set of transfers and entities of an alert, of the newest run that found it.
void require_as_it_was_found(pqxx::transaction_base& transaction, std::int64_t run_id) {
  std::vector<std::string> rewritten;
  for (const auto& row : store::run(transaction, query::superseding_runs, run_id))
    rewritten.push_back(fmt::format("{} (run {})", row["scenario"].as<std::string>(),
                                    row["run_id"].as<std::int64_t>()));
  if (rewritten.empty()) return;
  throw std::invalid_argument(fmt::format(
      "run {} can no longer be judged: newer production runs ran its scenarios again, and gold "
      "holds their alerts as those left them: {}\n"
      "  try its parameters as a backtest, which keeps what it finds:  aml run SCENARIO_OR_FILE "
      "--set SCENARIO.PARAM=VALUE\n"
      "  then:  aml evaluate --run BACKTEST",
      run_id, fmt::join(rewritten, ", ")));
}

}  // namespace

std::vector<TypologyQuality> evaluate(store::Connection& connection,
                                      const std::vector<Label>& labels,
                                      std::optional<std::int64_t> run_id) {
  auto transaction =
      store::begin<pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>>(connection);
  if (run_id) require_as_it_was_found(transaction, *run_id);
  std::vector<TypologyQuality> qualities;
  for (const auto& row :
       store::run(transaction, query::evaluation_by_typology, to_json(labels), run_id))
    qualities.push_back(to_quality(row));
  return qualities;
}

void record_evaluation(store::Connection& connection, std::int64_t run_id,
                       const std::vector<Label>& labels, const std::string& files,
                       const std::vector<TypologyQuality>& qualities) {
  auto rows = nlohmann::json::array();
  for (const TypologyQuality& quality : qualities) {
    rows.push_back(to_json(quality.typology, "instance", quality.instances));
    rows.push_back(to_json(quality.typology, "entity", quality.entities));
    rows.push_back(to_json(quality.typology, "transfer", quality.transfers));
  }
  auto transaction = store::begin<pqxx::work>(connection);
  store::run(transaction, query::record_evaluation, run_id, store::sha256_hex(to_json(labels)),
             store::storable_text(files), rows.dump());
  store::as_statement(query::record_evaluation.file, [&] { transaction.commit(); });
}

}  // namespace aml::scenarios
