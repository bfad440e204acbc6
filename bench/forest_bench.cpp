// SPDX-License-Identifier: Apache-2.0
// Fits an isolation forest to rows of a raw file and scores them, on one thread. bench/forest/compare.py runs
// it beside its peers. Prints one line: CPU seconds of fitting, CPU seconds of scoring, bytes of the
// model for each tree.
// usage: forest_bench ROWS.f32 COLUMNS TREES SEED SCORES.f64     row-major floats; one double a row

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "detect/forest_bytes.hpp"

namespace {

aml::detect::FeatureMatrix read_matrix(const std::string& path, std::size_t columns) {
  aml::detect::FeatureMatrix matrix;
  matrix.columns = columns;
  matrix.values.resize(std::filesystem::file_size(path) / sizeof(float));
  matrix.rows = matrix.values.size() / columns;
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(matrix.values.data()),
            static_cast<std::streamsize>(matrix.values.size() * sizeof(float)));
  if (!file) throw std::runtime_error("cannot read " + path);
  return matrix;
}

void write_scores(const std::string& path, const std::vector<double>& scores) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(scores.data()),
             static_cast<std::streamsize>(scores.size() * sizeof(double)));
  if (!file) throw std::runtime_error("cannot write " + path);
}

double seconds(std::clock_t from, std::clock_t to) {
  return static_cast<double>(to - from) / CLOCKS_PER_SEC;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: forest_bench ROWS.f32 COLUMNS TREES SEED SCORES.f64\n");
    return 2;
  }
  const tbb::global_control one_thread(tbb::global_control::max_allowed_parallelism, 1);
  const auto data = read_matrix(argv[1], std::stoul(argv[2]));
  aml::detect::IsolationForestParams params;
  params.trees = std::stoi(argv[3]);
  params.seed = std::stoull(argv[4]);

  const std::clock_t start = std::clock();
  auto forest = aml::detect::IsolationForest::fit(data, params);
  const std::clock_t fitted = std::clock();
  const auto scores = forest.score(data);
  const std::clock_t scored = std::clock();
  write_scores(argv[5], scores);

  const aml::detect::ForestModel model{.columns = std::vector<std::string>(data.columns, "f"),
                                       .medians = std::vector<float>(data.columns),
                                       .threshold = 0.5,
                                       .forest = std::move(forest)};
  fmt::print("{:.6f} {:.6f} {:.1f}\n", seconds(start, fitted), seconds(fitted, scored),
             static_cast<double>(aml::detect::to_bytes(model).size()) / params.trees);
  return 0;
}
