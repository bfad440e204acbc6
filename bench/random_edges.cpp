// SPDX-License-Identifier: Apache-2.0
// Writes random transfers as two CSV files that every peer reads: vertices.csv (id, risk) and
// edges.csv (src, dst, time in seconds, amount). Risks run from 0 to 10.

#include <fmt/os.h>

#include <charconv>
#include <cstdint>
#include <exception>
#include <random>
#include <string>
#include <string_view>

#include "bench/random_transfers.hpp"

namespace {

using aml::graph::TransferColumns;

void write_vertices(const std::string& path, std::size_t vertices, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  fmt::ostream file = fmt::output_file(path);
  file.print("id,risk\n");
  for (std::size_t v = 0; v < vertices; ++v)
    file.print("{},{:.2f}\n", v, static_cast<double>(random() % 1001) / 100);
}

void write_edges(const std::string& path, const TransferColumns& columns) {
  fmt::ostream file = fmt::output_file(path);
  file.print("src,dst,time,amount\n");
  for (std::size_t row = 0; row < columns.source.size(); ++row) {
    const aml::graph::MinorUnits amount = columns.amount_minor[row];
    file.print("{},{},{},{}.{:02}\n", columns.source[row], columns.target[row],
               columns.booked_at[row] / aml::graph::kMicrosPerSecond, amount / 100, amount % 100);
  }
}

}  // namespace

int main(int argc, char** argv) {
  aml::graph::Vertex vertices = 0;
  aml::graph::Edge transfers = 0;
  std::uint64_t seed = 0;
  const auto number = [&](int position, auto& value) {
    const std::string_view text = argv[position];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value > 0;
  };
  if (argc != 5 || !number(2, vertices) || !number(3, transfers) || !number(4, seed)) {
    fmt::print(stderr, "usage: random_edges FOLDER VERTICES TRANSFERS SEED\n");
    return 2;
  }
  try {
    const std::string folder = argv[1];
    write_vertices(folder + "/vertices.csv", vertices, seed);
    write_edges(folder + "/edges.csv", aml::bench::random_transfers(vertices, transfers, seed));
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
