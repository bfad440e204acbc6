// SPDX-License-Identifier: Apache-2.0
// Source: OpenLineage specification 2-0-2, RunEvent, and the facets named below.
#include "reports/lineage.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>

#include "reports/private_file.hpp"

namespace aml::reports {
namespace {

using Json = nlohmann::ordered_json;

/// A UUID of version 4 (RFC 9562).
std::string random_uuid() {
  std::random_device random;
  std::array<std::uint32_t, 4> words;
  for (auto& word : words) word = random();
  words[1] = (words[1] & 0xFFFF0FFFU) | 0x00004000U;
  words[2] = (words[2] & 0x3FFFFFFFU) | 0x80000000U;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16U,
                     words[1] & 0xFFFFU, words[2] >> 16U, words[2] & 0xFFFFU, words[3]);
}

std::string now_text() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto millis = now.time_since_epoch().count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), millis);
}

Json facet(const std::string& producer, const char* schema) {
  return {{"_producer", producer},
          {"_schemaURL", fmt::format("https://openlineage.io/spec/facets/{}", schema)}};
}

Json datasets(const std::vector<LineageDataset>& described, const std::string& producer,
              bool are_written) {
  Json list = Json::array();
  for (const auto& dataset : described) {
    Json json{{"namespace", dataset.space}, {"name", dataset.name}};
    if (dataset.rows) {
      Json statistics =
          facet(producer, are_written ? "1-0-2/OutputStatisticsOutputDatasetFacet.json"
                                      : "1-0-0/InputStatisticsInputDatasetFacet.json");
      statistics["rowCount"] = *dataset.rows;
      json[are_written ? "outputFacets" : "inputFacets"] = {
          {are_written ? "outputStatistics" : "inputStatistics", std::move(statistics)}};
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

LineageRun::LineageRun(std::string file, std::string job, std::string program_version,
                       std::vector<LineageDataset> inputs)
    : file_(std::move(file)),
      job_(std::move(job)),
      producer_("urn:amlgraph:" + std::move(program_version)),
      id_(random_uuid()),
      inputs_(std::move(inputs)) {
  add("START", {}, {});
}

void LineageRun::end(End how, const std::vector<LineageDataset>& outputs,
                     const std::string& error) const {
  add(how == End::kComplete ? "COMPLETE" : (how == End::kFail ? "FAIL" : "ABORT"), outputs, error);
}

void LineageRun::add(const char* type, const std::vector<LineageDataset>& outputs,
                     const std::string& error) const {
  Json run{{"runId", id_}};
  if (!error.empty()) {
    Json message = facet(producer_, "1-0-0/ErrorMessageRunFacet.json");
    message["message"] = error;
    message["programmingLanguage"] = "C++";
    run["facets"] = {{"errorMessage", std::move(message)}};
  }
  const Json event{
      {"eventType", type},
      {"eventTime", now_text()},
      {"run", std::move(run)},
      {"job", {{"namespace", "amlgraph"}, {"name", job_}}},
      {"inputs", datasets(inputs_, producer_, false)},
      {"outputs", datasets(outputs, producer_, true)},
      {"producer", producer_},
      {"schemaURL", "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"}};
  append_private_file(file_, event.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
}

}  // namespace aml::reports
