// SPDX-License-Identifier: Apache-2.0
#include "scenarios/detector_params.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

#include "scenarios/param_fields.hpp"

namespace aml::scenarios {
namespace {

/// The largest integer that every reader of JSON holds exactly (2^53 - 1).
constexpr std::int64_t kLargestInteger = 9'007'199'254'740'991;
constexpr std::int64_t kLargestCount = std::numeric_limits<std::uint32_t>::max();

constexpr Choices<graph::TimeOrder, 2> kTimeOrders{
    {{"strict", graph::TimeOrder::kStrict}, {"loose", graph::TimeOrder::kLoose}}};
constexpr Choices<graph::TimeOrder, 2> kLayerOrders{
    {{"loose", graph::TimeOrder::kLoose}, {"none", graph::TimeOrder::kNone}}};
constexpr Choices<detect::PropagationMode, 4> kModes{
    {{"literal", detect::PropagationMode::kLiteral},
     {"distinct", detect::PropagationMode::kDistinct},
     {"normalised", detect::PropagationMode::kNormalised},
     {"amount_weighted", detect::PropagationMode::kAmountWeighted}}};

constexpr Choices<detect::Direction, 2> kDirections{
    {{"in", detect::Direction::kIn}, {"out", detect::Direction::kOut}}};
constexpr Choices<detect::Counterparties, 2> kCounterparties{
    {{"any", detect::Counterparties::kAny}, {"occasional", detect::Counterparties::kOccasional}}};
constexpr Choices<detect::AccountAge, 2> kAccountAges{
    {{"any", detect::AccountAge::kAny}, {"new", detect::AccountAge::kNew}}};
constexpr Choices<graph::MotifMode, 2> kMotifModes{
    {{"money", graph::MotifMode::kMoney}, {"graphframes", graph::MotifMode::kGraphFrames}}};
constexpr Choices<graph::TimeOrder, 3> kMotifOrders{{{"strict", graph::TimeOrder::kStrict},
                                                     {"loose", graph::TimeOrder::kLoose},
                                                     {"none", graph::TimeOrder::kNone}}};
constexpr Choices<graph::Distinct, 3> kDistinct{{{"vertices", graph::Distinct::kVertices},
                                                 {"edges", graph::Distinct::kEdges},
                                                 {"none", graph::Distinct::kNone}}};
constexpr RealRange kPassOn{.low = 0, .high = 1000};

// One list for each detector of what a file may say, in the order of the documentation. Reading and
// writing both walk over it, so that neither can know a parameter the other does not. Ranges are
// those of the headers in detect/.

template <typename Fields>
void each_param(Fields& fields, detect::CyclesParams& params) {
  fields.integer("min_length", params.min_length, 2, 12);
  fields.integer("max_length", params.max_length, 2, 12);
  fields.duration("window", params.window);
  fields.choice("time_order", params.time_order, kTimeOrders);
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
  fields.integer("max_cycles", params.max_cycles, 1, kLargestInteger);
}

constexpr std::size_t kLongestMotif = 1000;

template <typename Fields>
void each_param(Fields& fields, detect::StructuringParams& params) {
  fields.line("motif", params.motif, kLongestMotif);
  fields.money("threshold", params.threshold_minor, MoneyRange::kAboveZero);
  fields.money("leg_at_least", params.leg_at_least_minor, MoneyRange::kAtLeastZero);
  fields.duration("window", params.window);
  fields.choice("time_order", params.time_order, kTimeOrders);
  fields.real("pass_on_at_least", params.pass_on_at_least, {.low = 0});
  fields.real("pass_on_at_most", params.pass_on_at_most, {.low = 0});
  fields.real("forwarded_at_least", params.forwarded_at_least, {.low = 0, .high = 1});
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
}

template <typename Fields>
void each_param(Fields& fields, detect::SyntheticIdentityParams& params) {
  fields.integer("max_parties_per_attribute", params.max_parties_per_attribute, 2, kLargestCount);
  fields.integer("min_parties", params.min_parties, 2, kLargestCount);
  fields.integer("min_kinds", params.min_kinds, 1, 3);
}

template <typename Fields>
void each_param(Fields& fields, detect::RiskPropagationParams& params) {
  fields.choice("mode", params.mode, kModes);
  fields.integer("rounds", params.rounds, 1, 100);
  fields.real("decay", params.decay,
              {.low = 0, .low_included = false, .high = 1, .high_included = false});
  fields.real("max_risk", params.max_risk,
              {.low = 0, .low_included = false, .high = detect::kLargestRisk});
  fields.real("score_cap", params.score_cap, {.low = 0, .low_included = false});
  fields.real("alert_at", params.alert_at, {.low = 0, .low_included = false});
  fields.integer("top_payers", params.top_payers, 1, 50);
}

template <typename Fields>
void each_param(Fields& fields, detect::AnomaliesParams& params) {
  fields.name("model", params.model);
  fields.integer("trees", params.forest.trees, 1, 10'000);
  fields.integer("sample_size", params.forest.sample_size, 2, 65'536);
  fields.integer("seed", params.forest.seed, 0, kLargestInteger);
  fields.real("alert_at", params.alert_at, {.low = 0.5, .low_included = false, .high = 1});
  fields.integer("max_alerts", params.max_alerts, 1, kLargestCount);
  fields.integer("top_reasons", params.top_reasons, 1, 20);
}

template <typename Fields>
void each_param(Fields& fields, detect::AggregationParams& params) {
  constexpr std::size_t kMostTypes = 100;
  constexpr std::size_t kLongestType = 100;
  fields.choice("direction", params.direction, kDirections);
  fields.money("leg_at_least", params.leg_at_least_minor, MoneyRange::kAtLeastZero);
  fields.money("leg_below", params.leg_below_minor, MoneyRange::kAtLeastZero);
  fields.money("multiples_of", params.multiples_of_minor, MoneyRange::kAtLeastZero);
  fields.lines("types", params.types, kMostTypes, kLongestType);
  fields.choice("counterparties", params.counterparties, kCounterparties);
  fields.duration("standing_after", params.standing_after);
  fields.duration("window", params.window);
  fields.integer("min_transfers", params.min_transfers, 1, kLargestCount);
  fields.integer("min_counterparties", params.min_counterparties, 1, kLargestCount);
  fields.money("total_above", params.total_above_minor, MoneyRange::kAtLeastZero);
  fields.real("min_share", params.min_share, {.low = 0, .high = 1});
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
}

template <typename Fields>
void each_param(Fields& fields, detect::FlowThroughParams& params) {
  fields.money("leg_at_least", params.leg_at_least_minor, MoneyRange::kAtLeastZero);
  fields.money("deposit_below", params.deposit_below_minor, MoneyRange::kAtLeastZero);
  fields.duration("window", params.window);
  fields.duration("holding", params.holding);
  fields.money("in_at_least", params.in_at_least_minor, MoneyRange::kAboveZero);
  fields.real("out_in_at_least", params.out_in_at_least, {.low = 0});
  fields.real("out_in_at_most", params.out_in_at_most, {.low = 0});
  fields.real("gathered_first", params.gathered_first, {.low = 0, .high = 1});
  fields.integer("min_deposits", params.min_deposits, 1, kLargestCount);
  fields.integer("min_senders", params.min_senders, 1, kLargestCount);
  fields.integer("min_receivers", params.min_receivers, 1, kLargestCount);
  fields.integer("min_other_countries", params.min_other_countries, 0, kLargestCount);
  fields.choice("accounts", params.accounts, kAccountAges);
  fields.duration("new_within", params.new_within);
  fields.duration("dormant_for", params.dormant_for);
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
}

template <typename Fields>
void each_param(Fields& fields, detect::DormantReactivationParams& params) {
  fields.duration("silence", params.silence);
  fields.duration("window", params.window);
  fields.money("moved_at_least", params.moved_at_least_minor, MoneyRange::kAboveZero);
  fields.integer("times_earlier_mean", params.times_earlier_mean, 1, 1000);
  fields.money("grown_at_least", params.grown_at_least_minor, MoneyRange::kAtLeastZero);
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
}

template <typename Fields>
void each_param(Fields& fields, detect::ScatterGatherParams& params) {
  fields.integer("min_middles", params.min_middles, 2, kLargestCount);
  fields.duration("window", params.window);
  fields.choice("time_order", params.time_order, kTimeOrders);
  fields.real("pass_on_at_least", params.pass_on_at_least, kPassOn);
  fields.real("pass_on_at_most", params.pass_on_at_most, kPassOn);
  fields.money("leg_at_least", params.leg_at_least_minor, MoneyRange::kAtLeastZero);
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
  fields.integer("max_paths", params.max_paths, 1, kLargestInteger);
}

template <typename Fields>
void each_param(Fields& fields, detect::BipartiteParams& params) {
  fields.integer("min_sources", params.min_sources, 2, kLargestCount);
  fields.integer("min_sinks", params.min_sinks, 2, kLargestCount);
  fields.duration("window", params.window);
  fields.money("leg_at_least", params.leg_at_least_minor, MoneyRange::kAtLeastZero);
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
  fields.integer("max_transfers", params.max_transfers, 1, kLargestInteger);
}

template <typename Fields>
void each_param(Fields& fields, detect::StackParams& params) {
  fields.integer("min_per_layer", params.min_per_layer, 2, kLargestCount);
  fields.duration("window", params.window);
  fields.choice("time_order", params.time_order, kLayerOrders);
  fields.money("leg_at_least", params.leg_at_least_minor, MoneyRange::kAtLeastZero);
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
  fields.integer("max_transfers", params.max_transfers, 1, kLargestInteger);
}

template <typename Fields>
void each_param(Fields& fields, detect::ChainsParams& params) {
  fields.integer("min_length", params.min_length, 2, kLargestCount);
  fields.duration("hop_within", params.hop_within);
  fields.choice("time_order", params.time_order, kTimeOrders);
  fields.real("pass_on_at_least", params.pass_on_at_least, kPassOn);
  fields.real("pass_on_at_most", params.pass_on_at_most, kPassOn);
  fields.money("leg_at_least", params.leg_at_least_minor, MoneyRange::kAtLeastZero);
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
  fields.integer("max_transfers", params.max_transfers, 1, kLargestInteger);
}

template <typename Fields>
void each_param(Fields& fields, detect::MotifMatchesParams& params) {
  constexpr std::size_t kLongestCondition = 4000;
  constexpr std::size_t kLongestName = 100;
  constexpr std::size_t kMostAggregates = 50;
  fields.line("motif", params.motif, kLongestMotif);
  fields.choice("mode", params.mode, kMotifModes);
  fields.line("where", params.where, kLongestCondition);
  fields.choice("time_order", params.time_order, kMotifOrders);
  fields.duration("window", params.window);
  fields.duration("hop_window", params.hop_window);
  fields.choice("distinct", params.distinct, kDistinct);
  fields.line("group_by", params.group_by, kLongestName);
  fields.named_lines("aggregates", params.aggregates, kMostAggregates, kLongestCondition);
  fields.line("having", params.having, kLongestCondition);
  fields.line("subject_vertex", params.subject_vertex, kLongestName);
  fields.money("score_half_at", params.score_half_at_minor, MoneyRange::kAboveZero);
  fields.integer("max_rows", params.max_rows, 1, kLargestInteger);
  fields.integer("max_steps", params.max_steps, 1, kLargestInteger);
}

/// What stands under `hubs`: nothing for detectors without hubs.
template <typename Fields, typename Params>
void each_hub_param(Fields& fields, Params& params) {
  if constexpr (requires { params.max_counterparties; })
    fields.integer("max_counterparties", params.max_counterparties, 0, kLargestCount);
}

/// Collects what each parameter is called and how it is written.
class ParamNames {
 public:
  std::vector<NamedParam> found;

  void integer(std::string_view key, auto&&...) { add(key, ParamForm::kNumber); }
  void real(std::string_view key, double, const RealRange&) { add(key, ParamForm::kNumber); }
  void line(std::string_view key, auto&&...) { add(key, ParamForm::kText); }
  void name(std::string_view key, auto&&...) { add(key, ParamForm::kText); }
  void lines(std::string_view key, auto&&...) { add(key, ParamForm::kLines); }
  void named_lines(std::string_view key, auto&&...) { add(key, ParamForm::kObject); }
  void duration(std::string_view key, auto&&...) { add(key, ParamForm::kText); }
  void money(std::string_view key, auto&&...) { add(key, ParamForm::kText); }
  void choice(std::string_view key, auto&&...) { add(key, ParamForm::kText); }

 private:
  void add(std::string_view key, ParamForm form) { found.push_back({std::string(key), form}); }
};

/// Where a text of a motif query stands in a file: "where", or "aggregate payers".
std::string pointer_of(const graph::MotifError& error) {
  constexpr std::string_view kAggregate = "aggregate ";
  if (!error.subject().starts_with(kAggregate)) return "/params/" + error.subject();
  return "/params/aggregates/" + error.subject().substr(kAggregate.size());
}

/// detect::validate() speaks of one parameter by name; the pointer is that of the parameter it
/// names first.
[[noreturn]] void refuse_as_validated(const std::string& message,
                                      std::span<const std::string_view> params,
                                      std::span<const std::string_view> hubs,
                                      const std::string& file) {
  std::string pointer = "/params";
  auto first = std::string::npos;
  const auto look_for = [&](std::span<const std::string_view> keys, const std::string& parent) {
    for (const std::string_view key : keys) {
      const auto at = message.find(key);
      if (at >= first) continue;  // npos included
      first = at;
      pointer = parent + std::string(key);
    }
  };
  look_for(params, "/params/");
  look_for(hubs, "/hubs/");
  throw ScenarioError(file, pointer, message);
}

template <typename Params>
void read_into(Params& params, const Json* params_json, const Json* hubs_json,
               const std::string& file, const detect::BaseCurrency& currency) {
  ParamWriter known_params(currency);
  each_param(known_params, params);
  ParamWriter known_hubs(currency);
  each_hub_param(known_hubs, params);
  const auto& param_keys = known_params.keys;
  const auto& hub_keys = known_hubs.keys;

  if (hubs_json && hub_keys.empty())
    throw ScenarioError(file, "/hubs", "unknown key  hint: this detector leaves no hubs out");

  const Json nothing = Json::object();
  const JsonObject params_object(params_json ? *params_json : nothing, file, "/params", param_keys);
  const JsonObject hubs_object(hubs_json ? *hubs_json : nothing, file, "/hubs", hub_keys);
  const ParamReader params_reader(params_object, currency);
  each_param(params_reader, params);
  const ParamReader hubs_reader(hubs_object, currency);
  each_hub_param(hubs_reader, params);
  try {
    detect::validate(params);
  } catch (const graph::MotifError& error) {
    throw ScenarioError(file, pointer_of(error), error.what());
  } catch (const std::invalid_argument& error) {
    refuse_as_validated(error.what(), param_keys, hub_keys, file);
  }
}

}  // namespace

std::span<const DetectorKind> detector_kinds() {
  static const std::array<DetectorKind, 13> kKinds{
      {{"cycles", "account", {"round_tripping"}, detect::CyclesParams{}},
       {"structuring", "account", {"structuring"}, detect::StructuringParams{}},
       {"synthetic_identity", "party", {"synthetic_identity"}, detect::SyntheticIdentityParams{}},
       {"risk_propagation", "party", {"risk_exposure"}, detect::RiskPropagationParams{}},
       {"anomalies", "account", {"anomalous_behaviour"}, detect::AnomaliesParams{}},
       {"aggregation",
        "account",
        {"account_structuring", "smurfing", "fan_in", "fan_out", "round_amounts"},
        detect::AggregationParams{}},
       {"flow_through",
        "account",
        {"pass_through", "gather_scatter", "funnel_account", "mule"},
        detect::FlowThroughParams{}},
       {"dormant_reactivation",
        "account",
        {"dormant_reactivation"},
        detect::DormantReactivationParams{}},
       {"scatter_gather", "account", {"scatter_gather"}, detect::ScatterGatherParams{}},
       {"bipartite", "account", {"bipartite"}, detect::BipartiteParams{}},
       {"stack", "account", {"stack"}, detect::StackParams{}},
       {"chains", "account", {"chain_layering"}, detect::ChainsParams{}},
       {"motif", "account", {}, detect::MotifMatchesParams{}}}};
  return kKinds;
}

DetectorParams read_params(const DetectorKind& kind, const Json* params, const Json* hubs,
                           const std::string& file, const detect::BaseCurrency& currency) {
  DetectorParams read = kind.defaults;
  std::visit(
      [&](auto& detector_params) { read_into(detector_params, params, hubs, file, currency); },
      read);
  return read;
}

Json effective_params(const DetectorParams& params, const detect::BaseCurrency& currency) {
  ParamWriter writer(currency);
  std::visit(
      [&](auto detector_params) {
        each_param(writer, detector_params);
        each_hub_param(writer, detector_params);
      },
      params);
  return std::move(writer.written);
}

std::vector<NamedParam> named_params(const DetectorKind& kind) {
  ParamNames params;
  ParamNames hubs;
  std::visit(
      [&](auto defaults) {
        each_param(params, defaults);
        each_hub_param(hubs, defaults);
      },
      kind.defaults);
  for (const NamedParam& hub : hubs.found)
    params.found.push_back({fmt::format("hubs.{}", hub.name), hub.form});
  return std::move(params.found);
}

}  // namespace aml::scenarios
