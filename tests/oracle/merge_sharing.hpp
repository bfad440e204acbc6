// SPDX-License-Identifier: Apache-2.0
// Pieces of evidence that share a transfer become one, by trying every pair until nothing changes.
#pragma once

#include <algorithm>
#include <compare>
#include <set>
#include <string>
#include <vector>

namespace aml::oracle {

/// Transfers found about one subject.
struct Piece {
  std::string subject;
  std::set<std::string> transfers;
  auto operator<=>(const Piece&) const = default;
};

inline bool share_a_transfer(const Piece& a, const Piece& b) {
  return a.subject == b.subject && std::ranges::any_of(a.transfers, [&](const std::string& key) {
           return b.transfers.contains(key);
         });
}

/// The pieces, those of one subject that hang together by shared transfers made one.
inline std::set<Piece> merge_sharing(std::vector<Piece> pieces) {
  for (std::size_t i = 0; i < pieces.size();) {
    bool changed = false;
    for (std::size_t j = pieces.size(); j-- > i + 1;) {
      if (!share_a_transfer(pieces[i], pieces[j])) continue;
      pieces[i].transfers.insert(pieces[j].transfers.begin(), pieces[j].transfers.end());
      pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(j));
      changed = true;
    }
    if (!changed) ++i;
  }
  return {pieces.begin(), pieces.end()};
}

}  // namespace aml::oracle
