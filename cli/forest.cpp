// SPDX-License-Identifier: Apache-2.0
// aml forest: an isolation forest over CSV files, without a database.

#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/forest.hpp"
#include "detect/forest_bytes.hpp"
#include "reports/private_file.hpp"
#include "store/feature_file.hpp"
#include "store/input_file.hpp"

namespace aml::cli {
namespace {

detect::FeatureView view_of(const store::FeatureFile& file) {
  return detect::FeatureView(std::span<const std::vector<float>>(file.columns));
}

detect::ForestModel load_model(const std::string& path) {
  const std::string bytes = store::read_model_file(path);
  try {
    return detect::forest_model_from_bytes(bytes);
  } catch (const std::invalid_argument& error) {
    store::refuse_file(
        path, std::string(error.what()) + "\n  expected a file that `aml forest fit` wrote");
  }
}

}  // namespace

scenarios::TrainingParams training_params(const ForestParams& params) {
  return {.forest = {.trees = params.trees,
                     .sample_size = params.sample_size,
                     .seed = params.seed,
                     .max_features = params.max_features,
                     .bootstrap = params.bootstrap,
                     .splits = scenarios::split_rule(params.splits)},
          .contamination = params.contamination};
}

int run_forest_fit(const GlobalOptions& global, const ForestFitOptions& options) {
  const auto data = store::read_feature_file(options.data, options.labels);
  const auto params = training_params(options.params);
  const auto model =
      detect::fit_forest_model(view_of(data), data.names, params.forest, params.contamination);
  const std::string bytes = detect::to_bytes(model);
  reports::write_private_file(options.model, bytes);
  Table table{{"rows", "columns", "trees", "sample_size", "threshold", "bytes"}, {}};
  table.rows.push_back({static_cast<std::int64_t>(data.rows()),
                        static_cast<std::int64_t>(data.columns.size()),
                        static_cast<std::int64_t>(model.forest.trees().size()),
                        static_cast<std::int64_t>(model.forest.sample_size()), model.threshold,
                        static_cast<std::int64_t>(bytes.size())});
  print(table, effective_format(global.format));
  return kOk;
}

int run_forest_score(const GlobalOptions& global, const ForestScoreOptions& options) {
  const auto model = load_model(options.model);
  const auto data = store::read_feature_columns(options.data, model.columns);
  const auto view = view_of(data);
  const auto scores = model.forest.score(view);
  Table table{{"row", "anomaly_score", "is_anomaly"}, {}};
  if (options.reasons > 0) table.columns.emplace_back("reasons");
  std::vector<float> values(view.columns());
  for (std::size_t row = 0; row < scores.size(); ++row) {
    auto& cells = table.rows.emplace_back(
        std::vector<Cell>{static_cast<std::int64_t>(row), scores[row],
                          static_cast<std::int64_t>(model.is_anomaly(scores[row]) ? 1 : 0)});
    if (options.reasons == 0) continue;
    for (std::size_t column = 0; column < values.size(); ++column) {
      values[column] = view.at(row, column);
    }
    cells.emplace_back(detect::reasons_text(model, values, options.reasons));
  }
  print(table, effective_format(global.format), CsvText::kAsItIs);
  return kOk;
}

}  // namespace aml::cli
