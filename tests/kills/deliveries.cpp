// SPDX-License-Identifier: Apache-2.0
#include "tests/kills/deliveries.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "scenarios/generator.hpp"

namespace aml::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

constexpr std::size_t kAmount = 4;  // column of transfers.csv
constexpr std::size_t kSmallWaves = 4;

/// A file of the generated bank.
struct Table {
  std::string header;
  Lines rows;
};

Table read_table(const std::string& path) {
  std::ifstream file(path);
  Table table;
  std::getline(file, table.header);
  for (std::string row; std::getline(file, row);) table.rows.push_back(row);
  return table;
}

/// Of transfers.csv, where no value is quoted.
Lines values_of(const std::string& row) {
  Lines values;
  std::istringstream stream(row);
  for (std::string value; std::getline(stream, value, ',');) values.push_back(value);
  return values;
}

std::string as_json(const std::string& header, const std::string& row) {
  const Lines names = values_of(header);
  const Lines values = values_of(row);
  std::string object;
  for (std::size_t i = 0; i < values.size(); ++i)
    object += fmt::format("{}\"{}\":\"{}\"", i == 0 ? "{" : ",",
                          names.at(std::min(i, names.size() - 1)), values[i]);
  return object + '}';
}

class Writer {
 public:
  Writer(Table transfers, std::mt19937& random)
      : transfers_(std::move(transfers)), random_(random) {}

  bool one_in(unsigned n) { return random_() % n == 0; }

  /// Plain or gzip, as it falls; returns the path.
  std::string write(const std::string& folder, const std::string& name, const std::string& text) {
    fs::create_directories(folder);
    if (one_in(2)) {
      const std::string path = fmt::format("{}/{}", folder, name);
      std::ofstream(path, std::ios::binary) << text;
      return path;
    }
    const std::string path = fmt::format("{}/{}.gz", folder, name);
    gzFile file = gzopen(path.c_str(), "wb");
    const int written = gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    if (gzclose(file) != Z_OK || written <= 0) throw std::runtime_error("cannot write " + path);
    return path;
  }

  /// Breaks some rows on the way; those that can be mended are added to the corrections, if any are wanted.
  std::string write_transfers(const std::string& folder, const std::string& name, const Lines& rows,
                              std::string* corrections) {
    const bool is_json = one_in(2);
    std::string text = is_json ? "" : transfers_.header + '\n';
    std::vector<std::pair<std::size_t, std::string>> broken;  // line, right amount
    std::size_t line = is_json ? 0 : 1;
    const auto add = [&](const std::string& row) {
      text += (is_json ? as_json(transfers_.header, row) : row) + '\n';
      ++line;
    };
    for (const auto& row : rows) {
      Lines values = values_of(row);
      if (one_in(25)) {
        broken.emplace_back(line + 1, values[kAmount]);
        values[kAmount] = "about " + values[kAmount];
        add(fmt::format("{}", fmt::join(values, ",")));
        continue;
      }
      add(row);
      if (one_in(100)) add(row);                      // the id a second time
      if (one_in(100)) text += "5\" pipe\n", ++line;  // no row at all
    }
    const std::string path = write(folder, name + (is_json ? ".jsonl" : ".csv"), text);
    if (corrections == nullptr) return path;
    for (const auto& [at, amount] : broken)
      if (!one_in(4)) *corrections += fmt::format("{},{},transfers,{}\n", path, at, amount);
    return path;
  }

  const Lines& transfers() const { return transfers_.rows; }
  const std::string& header() const { return transfers_.header; }

 private:
  Table transfers_;
  std::mt19937& random_;
};

/// The part of so many; together they are all rows.
Lines part_of(const Lines& rows, std::size_t part, std::size_t parts) {
  const auto at = [&](std::size_t i) {
    return rows.begin() + static_cast<std::ptrdiff_t>(rows.size() * i / parts);
  };
  return {at(part), at(part + 1)};
}

std::string text_of(const std::string& header, const Lines& rows) {
  return fmt::format("{}\n{}\n", header, fmt::join(rows, "\n"));
}

}  // namespace

std::vector<Delivery> write_deliveries(const std::string& folder, int deliveries,
                                       std::mt19937& random) {
  const std::string bank = folder + "/bank";
  scenarios::generate(
      bank,
      {.accounts = std::max(500, 200 * deliveries), .days = 60, .seed = random(), .instances = 2});
  Writer writer(read_table(bank + "/transfers.csv"), random);
  Lines transfers = writer.transfers();
  const Table accounts = read_table(bank + "/accounts.csv");
  const Table parties = read_table(bank + "/parties.csv");
  std::ranges::shuffle(transfers, random);
  const auto count = static_cast<std::size_t>(deliveries);
  constexpr std::size_t kGrowing = 100;  // rows by which one file grows
  Lines grown;
  std::vector<Delivery> written;
  for (std::size_t i = 0; i < count; ++i) {
    Delivery delivery;
    delivery.folder = fmt::format("{}/delivery-{}", folder, i);
    delivery.corrections = delivery.folder + "-corrections.csv";
    std::string corrections = "file,line,dataset,amount\n";
    Lines now = part_of(transfers, 2 * i, 2 * count);
    const auto grows_by =
        now.end() - static_cast<std::ptrdiff_t>(std::min(kGrowing, now.size() / 2));
    grown.insert(grown.end(), grows_by, now.end());
    now.erase(grows_by, now.end());

    if (i == 0) fs::create_directories(delivery.folder);
    if (i == 0) fs::copy_file(bank + "/fx_rates.csv", delivery.folder + "/rates.csv");
    writer.write(delivery.folder, "accounts.csv",
                 text_of(accounts.header, part_of(accounts.rows, i, count)));
    writer.write(delivery.folder, "parties.csv",
                 text_of(parties.header, part_of(parties.rows, i, count)));
    writer.write(delivery.folder, "growing.csv", text_of(writer.header(), grown));
    for (std::size_t part = 0; part < 2; ++part)
      writer.write_transfers(delivery.folder, fmt::format("transfers-{}", part),
                             part_of(now, part, 2), &corrections);
    if (i > 0) {
      const fs::path again = written.back().waves.front();
      fs::copy_file(again, delivery.folder + "/again-" + again.filename().string());
    }
    const Lines later = part_of(transfers, 2 * i + 1, 2 * count);
    const auto add_wave = [&](const Lines& rows) {
      delivery.waves.push_back(writer.write_transfers(
          delivery.folder + "-later", fmt::format("later-{}-{}", i, delivery.waves.size()), rows,
          nullptr));
    };
    add_wave(part_of(later, 0, 2));
    for (std::size_t part = 0; part < kSmallWaves; ++part)
      add_wave(part_of(part_of(later, 1, 2), part, kSmallWaves));
    std::ofstream(delivery.corrections) << corrections;
    written.push_back(std::move(delivery));
  }
  return written;
}

}  // namespace aml::test
