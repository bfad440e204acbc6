// SPDX-License-Identifier: Apache-2.0
// aml features: accounts and transfers as numbers, for models and notebooks.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "cli/asked_time.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/graph_files.hpp"
#include "cli/target.hpp"
#include "detect/features.hpp"
#include "detect/money_text.hpp"
#include "detect/transfer_features.hpp"
#include "reports/private_file.hpp"
#include "scenarios/runner.hpp"
#include "store/migrations.hpp"
#include "store/snapshot.hpp"
#include "store/value_text.hpp"

namespace aml::cli {
namespace {

/// What the features are made of.
struct Source {
  graph::TransferGraph accounts;
  detect::BaseCurrency currency;
};

Source read_source(const GlobalOptions& global, const FeatureOptions& options) {
  if (!options.edges.empty()) {
    if (options.as_of) throw std::invalid_argument("--as-of is for a database, not for --edges");
    LoadedGraph loaded = load_graph({options.edges, {}});
    if (!loaded.edges.has_time || !loaded.edges.has_amount) {
      throw std::invalid_argument(
          fmt::format("{} has no column '{}'\n  features need src, dst, time and amount",
                      options.edges, loaded.edges.has_time ? "amount" : "time"));
    }
    return {std::move(loaded.graph), {"", loaded.edges.amount_decimals}};
  }
  auto connection = connect_ready(global);
  const auto setting = store::base_currency(connection);
  Stage stage("read snapshot");
  auto snapshot = store::read_snapshot(connection, {as_of_time(options.as_of), {}});
  stage.done(human_count(snapshot.transfers.source.size()) + " transfers");
  return {graph::TransferGraph(std::move(snapshot.transfers)), {setting.code, setting.exponent}};
}

/// Where the lines go: a file that its owner alone may read, or stdout.
class Lines {
 public:
  explicit Lines(const std::string& out) {
    if (!out.empty()) file_ = std::make_unique<reports::PrivateFileWriter>(out);
  }

  void write(const std::string& text) {
    if (file_) {
      file_->write(text);
    } else if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
      throw std::system_error(errno, std::generic_category(), "cannot write to stdout");
    }
  }
  void close() {
    if (file_) {
      file_->close();
    } else {
      flush_stdout();
    }
  }

 private:
  std::unique_ptr<reports::PrivateFileWriter> file_;
};

std::string header(std::initializer_list<const char*> keys,
                   std::span<const detect::FeatureDefinition> features) {
  std::string line = fmt::format("{}", fmt::join(keys, ","));
  for (const auto& feature : features) line += fmt::format(",{}", feature.name);
  return line + '\n';
}

void tell(const std::vector<std::string>& notes, bool truncated) {
  for (const std::string& note : notes) detail("  " + note);
  if (truncated) warn(notes.back());
}

/// False if a budget was reached.
bool write_accounts(const Source& source, Lines& lines) {
  Stage stage("account features");
  const auto features = detect::account_feature_set(source.accounts, source.currency.exponent);
  stage.done(human_count(source.accounts.num_vertices()) + " accounts");
  tell(features.notes, features.truncated);
  lines.write(header({"account_id"}, detect::feature_set_definitions()));
  std::string text;
  constexpr std::size_t kChunk = 1 << 20;
  for (graph::Vertex v = 0; v < source.accounts.num_vertices(); ++v) {
    text += csv_text(std::string(source.accounts.key(v)));
    for (const double value : features.row(v)) {
      text += ',';
      text += store::number_text(value);
    }
    text += '\n';
    if (text.size() < kChunk) continue;
    lines.write(text);
    text.clear();
  }
  lines.write(text);
  return !features.truncated;
}

/// NaN becomes nothing.
void append_number(std::string& text, float value) {
  text += ',';
  if (std::isnan(value)) return;
  text += std::trunc(value) == value ? store::number_text(value) : fmt::format("{}", value);
}

bool write_transfers(const Source& source, Lines& lines) {
  const graph::TransferGraph& graph = source.accounts;
  Stage stage("transfer features");
  const detect::TransferFeatures features(graph, source.currency.exponent);
  lines.write(header({"transfer_id", "from_account_id", "to_account_id", "booked_at", "amount"},
                     detect::transfer_feature_definitions()));
  const std::size_t columns = detect::transfer_feature_definitions().size();
  std::string text;
  features.for_each_block([&](graph::Edge first, std::span<const float> values) {
    text.clear();
    for (std::size_t row = 0; row < values.size() / columns; ++row) {
      const graph::Edge edge = first + static_cast<graph::Edge>(row);
      text += fmt::format("{},{},{},{},{}", csv_text(std::string(graph.transfer_key(edge))),
                          csv_text(std::string(graph.key(graph.source(edge)))),
                          csv_text(std::string(graph.key(graph.target(edge)))),
                          detect::iso_time(graph.booked_at(edge)),
                          detect::plain_money(graph.amount_minor(edge), source.currency));
      for (const float value : values.subspan(row * columns, columns)) append_number(text, value);
      text += '\n';
    }
    lines.write(text);
  });
  stage.done(human_count(graph.num_edges()) + " transfers");
  tell(features.notes(), features.truncated());
  return !features.truncated();
}

Table definitions_table(std::span<const detect::FeatureDefinition> definitions) {
  Table table{{"name", "unit", "window", "description"}, {}};
  for (const auto& feature : definitions) {
    table.rows.push_back({std::string(feature.name), std::string(feature.unit),
                          std::string(feature.window), std::string(feature.description)});
  }
  return table;
}

}  // namespace

int run_features(const GlobalOptions& global, const FeatureOptions& options) {
  if (options.list) {
    print(definitions_table(options.transfers ? detect::transfer_feature_definitions()
                                              : detect::feature_set_definitions()),
          effective_format(global.format));
    return kOk;
  }
  if (global.format && *global.format != Format::kCsv) {
    throw std::invalid_argument("features are written as CSV; --format is for --list");
  }
  const Source source = read_source(global, options);
  Lines lines(options.out);
  const bool complete =
      options.transfers ? write_transfers(source, lines) : write_accounts(source, lines);
  lines.close();
  return complete ? kOk : kFailed;
}

}  // namespace aml::cli
