// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/common_counterparties_oracle.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>

namespace aml::oracle {
namespace {

using Names = std::set<std::string>;
using Used = std::function<bool(const Transfer&)>;

Names payees_of(const std::string& payer, const std::vector<Transfer>& transfers,
                const Used& used) {
  Names names;
  for (const Transfer& t : transfers) {
    if (t.source == payer && t.target != payer && used(t)) names.insert(t.target);
  }
  return names;
}

Names payers_of(const std::string& payee, const std::vector<Transfer>& transfers,
                const Used& used) {
  Names names;
  for (const Transfer& t : transfers) {
    if (t.target == payee && t.source != payee && used(t)) names.insert(t.source);
  }
  return names;
}

Names both(const Names& a, const Names& b) {
  Names names;
  std::ranges::set_intersection(a, b, std::inserter(names, names.end()));
  return names;
}

struct Pair {
  std::string first;
  std::string second;
  bool holds(const std::string& name) const { return name == first || name == second; }
};

/// The transfers that the pair has in common, given which of them may be used going in and out.
Names in_common(const Pair& pair, const std::vector<Transfer>& transfers, const Used& used_in,
                const Used& used_out, const graph::CommonCounterpartiesParams& params) {
  const Names payees =
      both(payees_of(pair.first, transfers, used_out), payees_of(pair.second, transfers, used_out));
  Names payers;
  if (params.min_payers > 0) {
    payers =
        both(payers_of(pair.first, transfers, used_in), payers_of(pair.second, transfers, used_in));
  }
  if (payees.size() < params.min_payees || payers.size() < params.min_payers) return {};
  Names either = payees;
  either.insert(payers.begin(), payers.end());
  if (either.size() < params.min_payees + params.min_payers) return {};
  Names keys;
  for (const Transfer& t : transfers) {
    const bool goes_out = pair.holds(t.source) && payees.contains(t.target) && used_out(t);
    const bool comes_in = pair.holds(t.target) && payers.contains(t.source) && used_in(t);
    if (goes_out || comes_in) keys.insert(t.key);
  }
  return keys;
}

}  // namespace

std::set<Piece> bicliques_put_together(const std::vector<Transfer>& all,
                                       const graph::CommonCounterpartiesParams& params) {
  std::vector<Transfer> transfers;
  Names accounts;
  for (const Transfer& t : all) {
    if (t.amount >= params.leg_at_least_minor) transfers.push_back(t);
    accounts.insert({t.source, t.target});
  }
  std::vector<Piece> pieces;
  for (const std::string& first : accounts) {
    for (const std::string& second : accounts) {
      if (first >= second) continue;
      for (const Transfer& begin : transfers) {
        const Used in_window = [&](const Transfer& t) {
          return t.booked_at >= begin.booked_at && t.booked_at - begin.booked_at <= params.window;
        };
        const auto add = [&](const Used& used_in, const Used& used_out) {
          const Names keys = in_common({first, second}, transfers, used_in, used_out, params);
          if (!keys.empty()) pieces.push_back({"", keys});
        };
        if (params.time_order == graph::TimeOrder::kNone) {
          add(in_window, in_window);
          continue;
        }
        for (const Transfer& parting : transfers) {
          const Used before = [&](const Transfer& t) {
            return in_window(t) && may_follow(t, parting, graph::TimeOrder::kLoose);
          };
          const Used from_then_on = [&](const Transfer& t) {
            return in_window(t) && !may_follow(t, parting, graph::TimeOrder::kLoose);
          };
          add(before, from_then_on);
        }
      }
    }
  }
  std::ranges::sort(pieces);
  pieces.erase(std::ranges::unique(pieces).begin(), pieces.end());
  return merge_sharing(std::move(pieces));
}

}  // namespace aml::oracle
