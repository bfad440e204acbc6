// SPDX-License-Identifier: Apache-2.0
#include "scenarios/locality.hpp"

#include <limits>
#include <variant>

namespace aml::scenarios {
namespace {

/// No data reach so far; and twice of it before any moment is still a moment.
constexpr graph::Micros kLongestSpan = std::numeric_limits<graph::Micros>::max() / 8;

struct LocalityOf {
  static Locality account(const auto& params) {
    return {Reach::kAccount, 0, params.max_counterparties};
  }
  static Locality window(graph::Micros span, const auto& params) {
    return {Reach::kWindow, span, params.max_counterparties};
  }
  Locality operator()(const detect::AggregationParams& params) const { return account(params); }
  Locality operator()(const detect::FlowThroughParams& params) const { return account(params); }
  Locality operator()(const detect::DormantReactivationParams& params) const {
    return account(params);
  }
  Locality operator()(const detect::CyclesParams& params) const {
    return window(params.window, params);
  }
  Locality operator()(const detect::StructuringParams& params) const {
    return window(params.window, params);
  }
  Locality operator()(const detect::ScatterGatherParams& params) const {
    return window(params.window, params);
  }
  Locality operator()(const detect::BipartiteParams& params) const {
    return window(params.window, params);
  }
  Locality operator()(const detect::StackParams& params) const {
    return window(params.window, params);
  }
  Locality operator()(const detect::ChainsParams& params) const {
    graph::Micros span = 0;
    if (__builtin_mul_overflow(params.hop_within, params.min_length, &span) || span > kLongestSpan)
      span = kLongestSpan;
    return window(span, params);
  }
  Locality operator()(const auto& /*of all data*/) const { return {}; }
};

struct DetectOnAccounts {
  const graph::TransferGraph& accounts;
  const detect::AccountFacts& facts;
  const detect::BaseCurrency& currency;
  const std::stop_token& stop;

  using Found = std::optional<detect::Detection>;
  Found operator()(const detect::CyclesParams& params) const {
    return detect::detect_cycles(accounts, params, currency, stop);
  }
  Found operator()(const detect::StructuringParams& params) const {
    return detect::detect_structuring(accounts, params, currency, stop);
  }
  Found operator()(const detect::AggregationParams& params) const {
    return detect::detect_aggregation(accounts, params, currency, stop);
  }
  Found operator()(const detect::FlowThroughParams& params) const {
    return detect::detect_flow_through(accounts, facts, params, currency, stop);
  }
  Found operator()(const detect::DormantReactivationParams& params) const {
    return detect::detect_dormant_reactivation(accounts, facts, params, currency, stop);
  }
  Found operator()(const detect::ScatterGatherParams& params) const {
    return detect::detect_scatter_gather(accounts, params, currency, stop);
  }
  Found operator()(const detect::BipartiteParams& params) const {
    return detect::detect_bipartite(accounts, params, currency, stop);
  }
  Found operator()(const detect::StackParams& params) const {
    return detect::detect_stack(accounts, params, currency, stop);
  }
  Found operator()(const detect::ChainsParams& params) const {
    return detect::detect_chains(accounts, params, currency, stop);
  }
  Found operator()(const auto& /*of all data*/) const { return std::nullopt; }
};

}  // namespace

Locality locality_of(const DetectorParams& params) {
  return std::visit(LocalityOf{}, params);
}

std::optional<detect::Detection> detect_on_accounts(const graph::TransferGraph& accounts,
                                                    const detect::AccountFacts& facts,
                                                    const DetectorParams& params,
                                                    const detect::BaseCurrency& currency,
                                                    const std::stop_token& stop) {
  return std::visit(DetectOnAccounts{accounts, facts, currency, stop}, params);
}

}  // namespace aml::scenarios
