// SPDX-License-Identifier: Apache-2.0
#include "store/graph_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "store/input_file.hpp"
#include "store/key_index.hpp"
#include "store/named_columns.hpp"
#include "store/value_text.hpp"

namespace aml::store {
namespace {

/// One empty TextColumn for each column that is none of these, with its position.
std::vector<std::size_t> other_columns(const NamedColumns& rows,
                                       std::span<const std::optional<std::size_t>> known,
                                       std::vector<TextColumn>& columns) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < rows.names().size(); ++i) {
    if (std::ranges::find(known, std::optional(i)) != known.end()) continue;
    positions.push_back(i);
    columns.push_back({.name = rows.names()[i], .values = {}, .is_null = {}});
  }
  return positions;
}

void append_others(const NamedColumns& row, const std::vector<std::size_t>& positions,
                   std::vector<TextColumn>& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string_view value = row[positions[i]];
    columns[i].values.push_back(value);
    columns[i].is_null.push_back(value.empty() ? 1 : 0);
  }
}

/// Numbers ids in the order in which they come.
class VertexNumbers {
 public:
  explicit VertexNumbers(graph::KeyColumn& keys) : keys_(keys), index_(keys) {}
  graph::Vertex position_of(std::string_view id) {
    if (const auto known = index_.find(id); known != graph::kNoVertex) return known;
    keys_.push_back(id);
    index_.add_last();
    return static_cast<graph::Vertex>(keys_.size() - 1);
  }

 private:
  graph::KeyColumn& keys_;
  KeyIndex index_;
};

/// Amounts in as many decimals as the row with most of them has.
class Amounts {
 public:
  void add(Decimal amount) {
    amounts_.push_back(amount);
    most_decimals_ = std::max(most_decimals_, amount.decimals);
  }
  int decimals() const { return most_decimals_; }
  std::vector<graph::MinorUnits> minor_units(const std::string& path) const {
    std::vector<graph::MinorUnits> minor;
    minor.reserve(amounts_.size());
    for (const Decimal& amount : amounts_) {
      const auto scaled = rescaled(amount, most_decimals_);
      if (!scaled) {
        refuse_file(path, fmt::format("an amount does not fit: others need {} decimal places",
                                      most_decimals_));
      }
      minor.push_back(*scaled);
    }
    return minor;
  }

 private:
  std::vector<Decimal> amounts_;
  int most_decimals_ = 0;
};

}  // namespace

const TextColumn* VertexFile::find(std::string_view name) const {
  const auto found = std::ranges::find(columns, name, &TextColumn::name);
  return found == columns.end() ? nullptr : &*found;
}

VertexFile read_vertex_file(const std::string& path) {
  NamedColumns rows(path);
  const std::size_t id_column = rows.require("id");
  VertexFile file;
  const std::vector<std::size_t> others =
      other_columns(rows, std::array{std::optional(id_column)}, file.columns);
  VertexNumbers numbers(file.ids);
  while (rows.next()) {
    const std::string_view id = rows[id_column];
    if (id.empty()) rows.refuse_row("id is empty");
    const std::size_t before = file.ids.size();
    numbers.position_of(id);
    if (file.ids.size() == before) rows.refuse_row(fmt::format("id '{}' stands twice", id));
    append_others(rows, others, file.columns);
  }
  return file;
}

EdgeFile read_edge_file(const std::string& path, const VertexFile& vertices) {
  NamedColumns rows(path);
  const std::size_t src = rows.require("src");
  const std::size_t dst = rows.require("dst");
  const std::optional<std::size_t> time = rows.find("time");
  const std::optional<std::size_t> amount = rows.find("amount");
  EdgeFile file;
  file.has_time = time.has_value();
  file.has_amount = amount.has_value();
  file.transfers.vertex_keys = vertices.ids;
  file.transfers.type_names = {""};
  const std::vector<std::size_t> others = other_columns(
      rows, std::array{std::optional(src), std::optional(dst), time, amount}, file.columns);
  VertexNumbers numbers(file.transfers.vertex_keys);
  Amounts amounts;
  auto& transfers = file.transfers;
  while (rows.next()) {
    if (rows[src].empty() || rows[dst].empty()) rows.refuse_row("src or dst is empty");
    transfers.source.push_back(numbers.position_of(rows[src]));
    transfers.target.push_back(numbers.position_of(rows[dst]));
    const std::string_view time_text = time ? rows[*time] : "0";
    const auto at = parse_time(time_text);
    if (!at) {
      rows.refuse_row(fmt::format(
          "time '{}' is neither ISO 8601 nor seconds since 1970 (not milliseconds), to the "
          "microsecond, in the years 1 to 9999",
          time_text));
    }
    transfers.booked_at.push_back(*at);
    const std::string_view amount_text = amount ? rows[*amount] : "0";
    const auto money = parse_decimal(amount_text);
    if (!money)
      rows.refuse_row(fmt::format("amount '{}' is no decimal number, or has more digits than fit",
                                  amount_text));
    amounts.add(*money);
    transfers.transfer_keys.push_back(std::to_string(transfers.type.size()));
    transfers.type.push_back(0);
    append_others(rows, others, file.columns);
  }
  transfers.amount_minor = amounts.minor_units(path);
  file.amount_decimals = amounts.decimals();
  return file;
}

}  // namespace aml::store
