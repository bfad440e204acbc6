// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_symmetry.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>

namespace aml::graph {
namespace {

using Kind = Expression::Kind;

constexpr std::size_t kMostSymmetries = 5040;  // 7!: seven branches that look alike
constexpr std::size_t kStepsOfText = 8;        // to write one node of a condition

std::string literal_text(const Expression& node) {
  struct Printer {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(const Decimal& number) const { return to_string(number); }
    std::string operator()(const std::string& text) const {
      return std::to_string(text.size()) + "'" + text;
    }
    std::string operator()(const TimePoint& time) const {
      return "@" + to_string(Decimal{time.micros, 0});
    }
    std::string operator()(const TimeSpan& span) const {
      return "~" + to_string(Decimal{span.micros, 0});
    }
  };
  return std::visit(Printer(), node.literal);
}

/// The condition as a text that is the same for all orders of operands that mean the same.
/// element(is_edge, slot) says how an element is called.
template <typename ElementName>
std::string canonical(const Expression& node, const ElementName& element) {
  if (node.kind == Kind::kLiteral) return literal_text(node);
  if (node.kind == Kind::kColumn) {
    return element(node.is_edge, node.slot) + "." + std::to_string(int(node.column)) + "." +
           std::to_string(node.property);
  }
  std::vector<std::string> operands;
  for (const Expression& operand : node.operands) operands.push_back(canonical(operand, element));
  Kind kind = node.kind;
  switch (kind) {
    case Kind::kGreater:
    case Kind::kAtLeast:
      kind = kind == Kind::kGreater ? Kind::kLess : Kind::kAtMost;
      std::swap(operands[0], operands[1]);
      break;
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kEqual:
    case Kind::kNotEqual:
    case Kind::kAdd:
    case Kind::kMultiply:
      std::ranges::sort(operands);
      break;
    case Kind::kIn:
      std::sort(operands.begin() + 1, operands.end());
      break;
    default:
      break;
  }
  std::string text = "(" + std::to_string(int(kind));
  for (const std::string& operand : operands) text += " " + operand;
  return text + ")";
}

class Search {
 public:
  Search(const MotifPattern& pattern, const SymmetryConditions& conditions, SymmetryBudget& budget)
      : pattern_(pattern), conditions_(conditions), budget_(budget), identity_(identity()) {
    for (const Expression& condition : conditions.conditions) {
      steps_of_texts_ += kStepsOfText * condition.size;
    }
    spend(num_elements() * steps_of_texts_);
    color_elements();
    texts_ = texts_under(identity_);
    for (const auto& follows : conditions.follows) {
      follows_.emplace(follows.earlier, follows.later, follows.within);
    }
    image_.vertices.assign(pattern.vertices.size(), -1);
    image_.edges.assign(pattern.edges.size(), -1);
    vertex_used_.assign(pattern.vertices.size(), 0);
    edge_used_.assign(pattern.edges.size(), 0);
  }

  std::vector<Symmetry> run() && {
    place_edge(0);
    return std::move(found_);
  }

 private:
  Symmetry identity() const {
    Symmetry identity;
    for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
      identity.vertices.push_back(static_cast<int>(v));
    }
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      identity.edges.push_back(static_cast<int>(e));
    }
    return identity;
  }

  /// Elements of different colors cannot go to each other: a cheap test that leaves few to try.
  void color_elements() {
    const DroppedElements dropped = dropped_elements(pattern_);
    for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
      std::string color = pattern_.vertices[v].empty() ? "anonymous" : "named";
      if (dropped.vertices[v]) color += " dropped";
      if (conditions_.fixed_vertices[v]) color += " fixed " + std::to_string(v);
      vertex_colors_.push_back(color + texts_about(false, static_cast<int>(v)));
    }
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      std::string color = pattern_.edges[e].name.empty() ? "anonymous" : "named";
      if (pattern_.edges[e].negated) color += " negated";
      if (dropped.edges[e]) color += " dropped";
      if (conditions_.fixed_edges[e]) color += " fixed " + std::to_string(e);
      edge_colors_.push_back(color + follow_counts(static_cast<int>(e)) +
                             texts_about(true, static_cast<int>(e)));
    }
  }

  std::string follow_counts(int edge) const {
    const auto& follows = conditions_.follows;
    return " " +
           std::to_string(std::ranges::count(follows, edge, &MotifConstraints::Follows::earlier)) +
           " " +
           std::to_string(std::ranges::count(follows, edge, &MotifConstraints::Follows::later));
  }

  /// The conditions with this element marked and every other one blanked.
  std::string texts_about(bool is_edge, int slot) const {
    std::multiset<std::string> texts;
    for (const Expression& condition : conditions_.conditions) {
      texts.insert(canonical(condition, [&](bool edge, int other) {
        return std::string(edge == is_edge && other == slot ? "this" : edge ? "edge" : "vertex");
      }));
    }
    std::string all;
    for (const std::string& text : texts) all += " " + text;
    return all;
  }

  std::multiset<std::string> texts_under(const Symmetry& symmetry) const {
    std::multiset<std::string> texts;
    for (const Expression& condition : conditions_.conditions) {
      texts.insert(canonical(condition, [&](bool is_edge, int slot) {
        if (slot < 0) return std::string("missing");
        const auto& images = is_edge ? symmetry.edges : symmetry.vertices;
        return (is_edge ? "e" : "v") + std::to_string(images[static_cast<std::size_t>(slot)]);
      }));
    }
    return texts;
  }

  void place_edge(std::size_t edge) {
    if (edge == pattern_.edges.size()) return place_vertex(0);
    spend(num_elements());
    for (std::size_t image = 0; image < pattern_.edges.size(); ++image) {
      if (edge_used_[image] || edge_colors_[edge] != edge_colors_[image]) continue;
      spend(num_elements());
      const MotifEdge& from = pattern_.edges[edge];
      const MotifEdge& to = pattern_.edges[image];
      const Symmetry before = image_;
      const std::vector<char> used_before = vertex_used_;
      if (map_vertex(from.source, to.source) && map_vertex(from.target, to.target)) {
        edge_used_[image] = 1;
        image_.edges[edge] = static_cast<int>(image);
        place_edge(edge + 1);
        edge_used_[image] = 0;
      }
      image_ = before;
      vertex_used_ = used_before;
    }
  }

  /// Vertices without edges.
  void place_vertex(std::size_t vertex) {
    if (vertex == pattern_.vertices.size()) return check();
    if (image_.vertices[vertex] >= 0) return place_vertex(vertex + 1);
    spend(num_elements());
    for (std::size_t image = 0; image < pattern_.vertices.size(); ++image) {
      if (!map_vertex(static_cast<int>(vertex), static_cast<int>(image))) continue;
      place_vertex(vertex + 1);
      image_.vertices[vertex] = -1;
      vertex_used_[image] = 0;
    }
  }

  bool map_vertex(int vertex, int image) {
    const auto from = static_cast<std::size_t>(vertex);
    const auto to = static_cast<std::size_t>(image);
    if (image_.vertices[from] >= 0) return image_.vertices[from] == image;
    if (vertex_used_[to] || vertex_colors_[from] != vertex_colors_[to]) return false;
    image_.vertices[from] = image;
    vertex_used_[to] = 1;
    return true;
  }

  void check() {
    if (image_.edges == identity_.edges && image_.vertices == identity_.vertices) return;
    spend(steps_of_texts_);
    const auto image = [&](int edge) { return image_.edges[static_cast<std::size_t>(edge)]; };
    for (const auto& [earlier, later, within] : follows_) {
      if (!follows_.contains({image(earlier), image(later), within})) return;
    }
    if (texts_under(image_) != texts_) return;
    found_.push_back(image_);
    if (found_.size() > kMostSymmetries) {
      throw std::invalid_argument("the motif has more than 5040 symmetric arrangements");
    }
  }

  std::size_t num_elements() const { return pattern_.vertices.size() + pattern_.edges.size(); }

  void spend(std::size_t steps) {
    if (steps > budget_.steps) {
      throw std::invalid_argument("the motif has too many parts that look alike");
    }
    budget_.steps -= steps;
  }

  const MotifPattern& pattern_;
  const SymmetryConditions& conditions_;
  SymmetryBudget& budget_;
  std::size_t steps_of_texts_ = 0;  ///< to write all conditions once
  const Symmetry identity_;
  std::vector<std::string> vertex_colors_;
  std::vector<std::string> edge_colors_;
  std::multiset<std::string> texts_;
  std::set<std::tuple<int, int, Micros>> follows_;

  Symmetry image_;  ///< -1: not placed yet
  std::vector<char> vertex_used_;
  std::vector<char> edge_used_;
  std::vector<Symmetry> found_;
};

}  // namespace

std::vector<Symmetry> symmetries_of(const MotifPattern& pattern,
                                    const SymmetryConditions& conditions, SymmetryBudget& budget) {
  return Search(pattern, conditions, budget).run();
}

}  // namespace aml::graph
