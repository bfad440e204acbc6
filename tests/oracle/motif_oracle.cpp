// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/motif_oracle.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace aml::oracle {
namespace {

class Enumeration {
 public:
  Enumeration(const std::vector<std::string>& vertices, const std::vector<Transfer>& transfers,
              const graph::MotifPattern& pattern, const graph::MotifConstraints& constraints)
      : all_vertices_(vertices),
        transfers_(transfers),
        pattern_(pattern),
        constraints_(constraints),
        vertex_(pattern.vertices.size(), nullptr),
        edge_(pattern.edges.size(), nullptr) {
    for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
      if (pattern.edges[e].negated) last_negated_ = static_cast<int>(e);
    }
  }

  std::vector<std::vector<std::string>> rows() {
    if (!pattern_.vertices.empty()) choose_edge(0);
    std::vector<std::vector<std::string>> rows;
    for (const auto& [tuple, row] : found_) {
      if (tuple == smallest_of_orbit(tuple)) rows.push_back(row);
    }
    std::ranges::sort(rows);
    return rows;
  }

 private:
  void choose_edge(std::size_t e) {
    if (e == pattern_.edges.size()) return choose_vertex(0);
    if (pattern_.edges[e].negated) return choose_edge(e + 1);
    for (const Transfer& transfer : transfers_) {
      edge_[e] = &transfer;
      choose_edge(e + 1);
    }
  }

  /// Vertices at the ends of chosen transfers are given; others named range over all; others
  /// unnamed stay open.
  void choose_vertex(std::size_t v) {
    if (v == pattern_.vertices.size()) return check();
    vertex_[v] = nullptr;
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      if (edge_[e] == nullptr) continue;
      if (pattern_.edges[e].source == static_cast<int>(v)) vertex_[v] = &edge_[e]->source;
      if (pattern_.edges[e].target == static_cast<int>(v)) vertex_[v] = &edge_[e]->target;
    }
    if (vertex_[v] != nullptr || pattern_.vertices[v].empty()) return choose_vertex(v + 1);
    for (const std::string& key : all_vertices_) {
      vertex_[v] = &key;
      choose_vertex(v + 1);
    }
  }

  void check() {
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      const bool holds =
          pattern_.edges[e].negated
              ? std::ranges::none_of(transfers_, [&](const Transfer& t) { return fits(e, t); })
              : fits(e, *edge_[e]);
      if (!holds) return;
    }
    if (masks_allow() && distinct() && in_window() && amounts_hold() && order_holds() && where()) {
      add_row();
    }
  }

  bool fits(std::size_t e, const Transfer& transfer) const {
    const std::string* source = vertex_[static_cast<std::size_t>(pattern_.edges[e].source)];
    const std::string* target = vertex_[static_cast<std::size_t>(pattern_.edges[e].target)];
    return (source == nullptr || *source == transfer.source) &&
           (target == nullptr || *target == transfer.target);
  }

  bool masks_allow() const {
    const auto allows = [](const auto& masks, std::size_t i, std::uint32_t number) {
      return masks.empty() || masks[i].empty() || masks[i][number] != 0;
    };
    for (std::size_t v = 0; v < vertex_.size(); ++v) {
      if (vertex_[v] != nullptr && !allows(constraints_.allowed_vertices, v, vertex_number(v))) {
        return false;
      }
    }
    for (std::size_t e = 0; e < edge_.size(); ++e) {
      if (edge_[e] != nullptr && !allows(constraints_.allowed_edges, e, edge_number(e))) {
        return false;
      }
    }
    return true;
  }

  /// Graphs number vertices by key, and transfers by source, time and key.
  graph::Vertex vertex_number(std::size_t v) const {
    if (vertex_[v] == nullptr) return graph::kNoVertex;
    return static_cast<graph::Vertex>(std::ranges::count_if(
        all_vertices_, [&](const std::string& key) { return graph::key_less(key, *vertex_[v]); }));
  }
  graph::Edge edge_number(std::size_t e) const {
    if (edge_[e] == nullptr) return graph::kNoEdge;
    return static_cast<graph::Edge>(std::ranges::count_if(
        transfers_, [&](const Transfer& transfer) { return stored_before(transfer, *edge_[e]); }));
  }
  static bool stored_before(const Transfer& a, const Transfer& b) {
    if (a.source != b.source) return graph::key_less(a.source, b.source);
    return a.booked_at != b.booked_at ? a.booked_at < b.booked_at : graph::key_less(a.key, b.key);
  }

  bool where() const {
    if (!constraints_.where) return true;
    std::vector<graph::Vertex> vertices;
    for (std::size_t v = 0; v < vertex_.size(); ++v) vertices.push_back(vertex_number(v));
    std::vector<graph::Edge> edges;
    for (std::size_t e = 0; e < edge_.size(); ++e) edges.push_back(edge_number(e));
    return constraints_.where({vertices, edges});
  }

  bool distinct() const {
    std::multiset<std::string> vertices;
    for (const std::string* v : vertex_) {
      if (v != nullptr) vertices.insert(*v);
    }
    std::multiset<std::string> edges;
    for (const Transfer* t : edge_) {
      if (t != nullptr) edges.insert(t->key);
    }
    const auto unique = [](const std::multiset<std::string>& keys) {
      return std::set<std::string>(keys.begin(), keys.end()).size() == keys.size();
    };
    return (!constraints_.distinct_vertices || unique(vertices)) &&
           (!constraints_.distinct_edges || unique(edges));
  }

  bool in_window() const {
    for (const Transfer* a : edge_) {
      for (const Transfer* b : edge_) {
        if (a != nullptr && b != nullptr && b->booked_at - a->booked_at > constraints_.window) {
          return false;
        }
      }
    }
    return true;
  }

  bool amounts_hold() const {
    for (std::size_t e = 0; e < constraints_.amounts.size(); ++e) {
      if (edge_[e] == nullptr) continue;
      if (edge_[e]->amount < constraints_.amounts[e].at_least) return false;
      if (edge_[e]->amount >= constraints_.amounts[e].below) return false;
    }
    return std::ranges::all_of(constraints_.ratios, [&](const auto& ratio) {
      const graph::MinorUnits earlier = edge_[static_cast<std::size_t>(ratio.earlier)]->amount;
      const graph::MinorUnits later = edge_[static_cast<std::size_t>(ratio.later)]->amount;
      const graph::MotifConstraints::AmountRatio open;
      return (ratio.at_least_permille == open.at_least_permille ||
              ratio.at_least_permille * earlier <= 1000 * later) &&
             (ratio.at_most_permille == open.at_most_permille ||
              1000 * later <= ratio.at_most_permille * earlier);
    });
  }

  bool order_holds() const {
    return std::ranges::all_of(constraints_.follows, [&](const auto& follows) {
      const Transfer& earlier = *edge_[static_cast<std::size_t>(follows.earlier)];
      const Transfer& later = *edge_[static_cast<std::size_t>(follows.later)];
      return may_follow(earlier, later, constraints_.time_order) &&
             later.booked_at - earlier.booked_at <= follows.within;
    });
  }

  /// A match as numbers: its edges, then its vertices. What a negated term drops is left at 0: it
  /// keeps no rows apart.
  using Tuple = std::vector<std::uint32_t>;

  void add_row() {
    std::vector<std::string> row;
    for (std::size_t v = 0; v < vertex_.size(); ++v) {
      if (!pattern_.vertices[v].empty()) row.push_back(*vertex_[v]);
    }
    Tuple tuple;
    for (std::size_t e = 0; e < edge_.size(); ++e) {
      const bool is_named = !pattern_.edges[e].name.empty();
      if (is_named) row.push_back(edge_[e]->key);
      const bool is_kept = is_named || static_cast<int>(e) > last_negated_;
      tuple.push_back(is_kept ? edge_number(e) : 0);
    }
    for (std::size_t v = 0; v < vertex_.size(); ++v) {
      tuple.push_back(is_kept(static_cast<int>(v)) ? vertex_number(v) : 0);
    }
    found_.emplace(tuple, row);
  }

  bool is_kept(int vertex) const {
    if (!pattern_.vertices[static_cast<std::size_t>(vertex)].empty()) return true;
    for (int e = 0; e < last_negated_; ++e) {
      const graph::MotifEdge& edge = pattern_.edges[static_cast<std::size_t>(e)];
      if (edge.source == vertex || edge.target == vertex) return false;
    }
    return true;
  }

  /// The smallest tuple that symmetries, applied again and again, make of this one.
  Tuple smallest_of_orbit(const Tuple& tuple) const {
    std::set<Tuple> orbit{tuple};
    std::vector<Tuple> to_do{tuple};
    while (!to_do.empty()) {
      const Tuple from = to_do.back();
      to_do.pop_back();
      for (const graph::Symmetry& symmetry : constraints_.symmetries) {
        Tuple image;
        for (const int e : symmetry.edges) image.push_back(from[static_cast<std::size_t>(e)]);
        for (const int v : symmetry.vertices) {
          image.push_back(from[edge_.size() + static_cast<std::size_t>(v)]);
        }
        if (orbit.insert(image).second) to_do.push_back(image);
      }
    }
    return *orbit.begin();
  }

  const std::vector<std::string>& all_vertices_;
  const std::vector<Transfer>& transfers_;
  const graph::MotifPattern& pattern_;
  const graph::MotifConstraints& constraints_;
  int last_negated_ = -1;
  std::vector<const std::string*> vertex_;
  std::vector<const Transfer*> edge_;
  std::map<Tuple, std::vector<std::string>> found_;
};

}  // namespace

std::vector<std::vector<std::string>> motif_rows(const std::vector<std::string>& vertices,
                                                 const std::vector<Transfer>& transfers,
                                                 const graph::MotifPattern& pattern,
                                                 const graph::MotifConstraints& constraints) {
  return Enumeration(vertices, transfers, pattern, constraints).rows();
}

}  // namespace aml::oracle
