// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/two_paths_oracle.hpp"

#include <map>
#include <string>

namespace aml::oracle {
namespace {

bool is_path(const Transfer& in, const Transfer& out, const graph::TwoPathBundleParams& params) {
  return in.target == out.source && in.source != in.target && out.source != out.target &&
         in.source != out.target && may_follow(in, out, params.time_order) &&
         in.amount >= params.leg_at_least_minor && out.amount >= params.leg_at_least_minor &&
         out.amount * 1000 >= in.amount * params.pass_on.at_least_permille &&
         out.amount * 1000 <= in.amount * params.pass_on.at_most_permille;
}

}  // namespace

std::set<Piece> two_path_bundles(const std::vector<Transfer>& transfers,
                                 const graph::TwoPathBundleParams& params) {
  std::vector<Piece> pieces;
  for (const Transfer& anchor : transfers) {
    const graph::Micros begin = anchor.booked_at;
    std::map<std::string, std::set<std::string>> middles;
    std::map<std::string, std::set<std::string>> keys;
    for (const Transfer& in : transfers) {
      if (in.source != anchor.source || in.booked_at < begin) continue;
      for (const Transfer& out : transfers) {
        if (out.booked_at - begin > params.window || !is_path(in, out, params)) continue;
        const std::string ends = in.source + ">" + out.target;
        middles[ends].insert(in.target);
        keys[ends].insert({in.key, out.key});
      }
    }
    for (const auto& [ends, over] : middles) {
      if (over.size() >= params.min_middles) pieces.push_back({ends, keys[ends]});
    }
  }
  return merge_sharing(std::move(pieces));
}

}  // namespace aml::oracle
