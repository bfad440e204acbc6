// SPDX-License-Identifier: Apache-2.0
#include "detect/sentences.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "detect/money_text.hpp"

namespace aml::detect {
namespace {

constexpr std::size_t kHubsNamed = 20;

std::size_t distinct(std::vector<graph::Vertex> vertices) {
  std::ranges::sort(vertices);
  return vertices.size() - std::ranges::unique(vertices).size();
}

std::string hub_sentence(const graph::TransferGraph& graph, graph::Vertex hub,
                         std::uint32_t max_counterparties) {
  std::vector<graph::Vertex> payers;
  for (const graph::Edge position : graph.in_edges(hub)) {
    payers.push_back(graph.in_source(position));
  }
  std::vector<graph::Vertex> payees;
  for (const graph::Edge e : graph.out_edges(hub)) payees.push_back(graph.target(e));
  std::erase(payers, hub);
  std::erase(payees, hub);
  return fmt::format("{} is a hub with {} and {}, more than {} on one side: left out.",
                     graph.key(hub), count_of(distinct(std::move(payers)), "payer"),
                     count_of(distinct(std::move(payees)), "payee"), max_counterparties);
}

/// Zeros at the end say nothing.
std::string without_trailing_zeros(std::string number) {
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return number;
}

}  // namespace

std::string list_of(const std::vector<std::string>& names, std::size_t at_most) {
  if (names.empty()) return "nobody";
  const std::size_t named = std::min(names.size(), at_most);
  const std::size_t rest = names.size() - named;
  std::string text = names.front();
  for (std::size_t i = 1; i < named; ++i) {
    text += (i + 1 == names.size() ? " and " : ", ") + names[i];
  }
  if (rest > 0) text += fmt::format(" and {} more", rest);
  return text;
}

std::string within(graph::Micros duration) {
  if (duration <= 0) return "at the same time";
  const auto rounded_up = [&](graph::Micros unit) {
    return static_cast<std::size_t>((duration - 1) / unit + 1);
  };
  if (duration > 2 * graph::kMicrosPerDay) {
    return "within " + count_of(rounded_up(graph::kMicrosPerDay), "day");
  }
  if (duration > 2 * graph::kMicrosPerHour) {
    return "within " + count_of(rounded_up(graph::kMicrosPerHour), "hour");
  }
  return "within " + count_of(rounded_up(60 * graph::kMicrosPerSecond), "minute");
}

std::string hours_text(graph::Micros duration) {
  const double hours = static_cast<double>(duration) / static_cast<double>(graph::kMicrosPerHour);
  return without_trailing_zeros(fmt::format("{:.2f}", hours));
}

std::string share_text(double share) {
  return without_trailing_zeros(fmt::format("{:.4f}", share));
}

std::string percent_text(double share) {
  return without_trailing_zeros(fmt::format("{:.1f}", share * 100)) + " %";
}

std::vector<std::string> hub_sentences(const graph::TransferGraph& graph,
                                       std::span<const graph::Vertex> hubs,
                                       std::uint32_t max_counterparties) {
  std::vector<std::string> sentences;
  for (const graph::Vertex hub : hubs.first(std::min(hubs.size(), kHubsNamed))) {
    sentences.push_back(hub_sentence(graph, hub, max_counterparties));
  }
  if (hubs.size() > kHubsNamed) {
    sentences.push_back(
        fmt::format("And {} left out.", count_of(hubs.size() - kHubsNamed, "more hub")));
  }
  return sentences;
}

}  // namespace aml::detect
