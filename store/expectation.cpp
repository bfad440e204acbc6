// SPDX-License-Identifier: Apache-2.0
#include "store/expectation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <utility>

#include "store/input_format.hpp"

namespace aml::store {
namespace {

constexpr std::array<Dataset, 4> kDatasets{Dataset::kFxRates, Dataset::kParties, Dataset::kAccounts,
                                           Dataset::kTransfers};

/// The identifiers that become part of a statement.
std::vector<std::string> identifiers(const Condition& condition) {
  if (const auto* reference = std::get_if<Reference>(&condition))
    return {reference->column, reference->schema, reference->table, reference->key};
  if (const auto* unique = std::get_if<Uniqueness>(&condition)) return unique->columns;
  if (const auto* control = std::get_if<ControlTotal>(&condition)) return {control->total};
  if (const auto* freshness = std::get_if<Freshness>(&condition)) return {freshness->column};
  if (const auto* share = std::get_if<NullShare>(&condition)) return {share->column};
  return {};
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void validate(const Expectation& expectation) {
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument(fmt::format("expectation {}: {}", expectation.name, why));
  };
  if (std::ranges::none_of(kDatasets,
                           [&](Dataset d) { return name_of(d) == expectation.dataset; })) {
    refuse(fmt::format("dataset \"{}\" is none of fx_rates, parties, accounts, transfers",
                       expectation.dataset));
  }
  if (!names_rows(expectation.condition) && expectation.policy == ExpectationPolicy::kQuarantine) {
    refuse("it is about a whole file, so there are no rows to quarantine");
  }
  for (const auto& name : identifiers(expectation.condition))
    if (!is_plain_name(name)) refuse(fmt::format("\"{}\" is no plain name", name));
}

}  // namespace

std::string_view name_of(ExpectationPolicy policy) {
  switch (policy) {
    case ExpectationPolicy::kWarn:
      return "warn";
    case ExpectationPolicy::kQuarantine:
      return "quarantine";
    case ExpectationPolicy::kFail:
      return "fail";
  }
  return "unknown";
}

void validate(const std::vector<Expectation>& expectations) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& expectation : expectations) {
    validate(expectation);
    if (!seen.emplace(expectation.dataset, expectation.name).second) {
      throw std::invalid_argument(fmt::format("expectation {} of {} is there twice",
                                              expectation.name, expectation.dataset));
    }
  }
}

}  // namespace aml::store
