// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/structuring_oracle.hpp"

#include <cmath>
#include <map>

namespace aml::oracle {
namespace {

using detect::StructuringParams;
using graph::MinorSum;

struct Branch {
  const Transfer* first;
  const Transfer* second;
};

std::vector<Transfer> without_hubs(const std::vector<Transfer>& transfers, std::size_t cap) {
  std::map<std::string, std::set<std::string>> payers;
  std::map<std::string, std::set<std::string>> payees;
  for (const Transfer& transfer : transfers) {
    if (transfer.source == transfer.target) continue;
    payers[transfer.target].insert(transfer.source);
    payees[transfer.source].insert(transfer.target);
  }
  const auto is_hub = [&](const std::string& account) {
    return cap != 0 && (payers[account].size() > cap || payees[account].size() > cap);
  };
  std::vector<Transfer> kept;
  for (const Transfer& transfer : transfers) {
    if (!is_hub(transfer.source) && !is_hub(transfer.target)) kept.push_back(transfer);
  }
  return kept;
}

bool is_branch(const Transfer& first, const Transfer& second, const StructuringParams& params) {
  const auto is_leg = [&](const Transfer& transfer) {
    return transfer.amount >= params.leg_at_least_minor && transfer.amount < params.threshold_minor;
  };
  const std::set<std::string> accounts = {first.source, first.target, second.target};
  const auto share_is_at_least = [&](double share) {
    return MinorSum{1000} * second.amount >= MinorSum{std::lround(1000 * share)} * first.amount;
  };
  const auto share_is_at_most = [&](double share) {
    return MinorSum{1000} * second.amount <= MinorSum{std::lround(1000 * share)} * first.amount;
  };
  return first.target == second.source && accounts.size() == 3 && is_leg(first) && is_leg(second) &&
         may_follow(first, second, params.time_order) &&
         share_is_at_least(params.pass_on_at_least) && share_is_at_most(params.pass_on_at_most);
}

bool can_choose(const std::vector<Branch>& branches, std::size_t from, int required,
                const std::set<std::string>& taken) {
  if (required == 0) return true;
  for (std::size_t i = from; i < branches.size(); ++i) {
    std::set<std::string> accounts = taken;
    const bool is_new = accounts.insert(branches[i].first->source).second &&
                        accounts.insert(branches[i].first->target).second;
    if (is_new && can_choose(branches, i + 1, required - 1, accounts)) return true;
  }
  return false;
}

/// What one exit sees when it looks back.
struct Window {
  std::vector<Branch> branches;
  std::vector<const Transfer*> exits;
};

Window window_of(const Transfer& anchor, const std::vector<Transfer>& transfers,
                 const std::vector<Branch>& branches, const StructuringParams& params) {
  Window window;
  for (const Branch& branch : branches) {
    if (branch.second->target == anchor.source &&
        may_follow(*branch.second, anchor, params.time_order) &&
        branch.first->booked_at >= anchor.booked_at - params.window &&
        branch.first->source != anchor.target && branch.first->target != anchor.target) {
      window.branches.push_back(branch);
    }
  }
  for (const Transfer& exit : transfers) {
    const bool leaves = exit.source == anchor.source && exit.target != anchor.source;
    const bool in_time =
        exit.key == anchor.key || may_follow(exit, anchor, graph::TimeOrder::kLoose);
    if (!leaves || !in_time) continue;
    for (const Branch& branch : window.branches) {
      if (may_follow(*branch.second, exit, params.time_order)) {
        window.exits.push_back(&exit);
        break;
      }
    }
  }
  return window;
}

bool sums_hold(const Window& window, const StructuringParams& params) {
  std::map<std::string, graph::MinorUnits> second_legs;
  for (const Branch& branch : window.branches) {
    second_legs[branch.second->key] = branch.second->amount;
  }
  MinorSum inflow = 0;
  for (const auto& [key, amount] : second_legs) inflow += amount;
  MinorSum exits = 0;
  for (const Transfer* exit : window.exits) exits += exit->amount;
  return inflow > params.threshold_minor && std::min(inflow, exits) > params.threshold_minor &&
         1000 * exits >= std::lround(1000 * params.forwarded_at_least) * inflow;
}

Piece piece_of(const Transfer& anchor, const Window& window) {
  Piece piece{.subject = anchor.source, .transfers = {}};
  for (const Branch& branch : window.branches) {
    piece.transfers.insert(branch.first->key);
    piece.transfers.insert(branch.second->key);
  }
  for (const Transfer* exit : window.exits) piece.transfers.insert(exit->key);
  return piece;
}

}  // namespace

StructuringAnswer structuring(const std::vector<Transfer>& all, const StructuringParams& params,
                              int required_branches) {
  const std::vector<Transfer> transfers = without_hubs(all, params.max_counterparties);
  std::vector<Branch> branches;
  for (const Transfer& first : transfers) {
    for (const Transfer& second : transfers) {
      if (is_branch(first, second, params)) branches.push_back({&first, &second});
    }
  }
  StructuringAnswer answer;
  std::vector<Piece> pieces;
  for (const Transfer& anchor : transfers) {
    if (anchor.source == anchor.target) continue;
    const Window window = window_of(anchor, transfers, branches, params);
    if (!can_choose(window.branches, 0, required_branches, {})) continue;
    answer.closing_exits.insert(anchor.key);
    if (!sums_hold(window, params)) continue;
    answer.anchors.insert(anchor.key);
    pieces.push_back(piece_of(anchor, window));
  }
  answer.networks = merge_sharing(std::move(pieces));
  return answer;
}

}  // namespace aml::oracle
