// SPDX-License-Identifier: Apache-2.0
#include "reports/network_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/circle_layout.hpp>
#include <boost/graph/connected_components.hpp>
#include <boost/graph/kamada_kawai_spring_layout.hpp>
#include <boost/graph/topology.hpp>
#include <cmath>
#include <map>
#include <utility>

#include "reports/html.hpp"

namespace aml::reports {
namespace {

constexpr std::size_t kMostNodes =
    40;  // more cannot be read in a picture of this size; the tables have them all
constexpr double kWidth = 760;
constexpr double kMargin = 78;  // room for labels beside the outermost nodes
constexpr double kRadius = 13;

struct Point {
  double x = 0;
  double y = 0;
};

/// Collects nodes and links under their ids, in order of first appearance.
class PictureBuilder {
 public:
  /// Position of the node, or -1 if the picture is full.
  int node(const PictureNode& wanted) {
    if (const auto known = positions_.find(wanted.id); known != positions_.end())
      return known->second;
    if (picture_.nodes.size() == kMostNodes) {
      picture_.left_out += left_out_.insert({wanted.id, 0}).second ? 1 : 0;
      return -1;
    }
    const int position = static_cast<int>(picture_.nodes.size());
    positions_.emplace(wanted.id, position);
    picture_.nodes.push_back(wanted);
    return position;
  }

  std::vector<std::string>& labels_between(int from, int to) { return links_[{from, to}]; }

  Picture finish(bool arrows) {
    for (const auto& [ends, labels] : links_) {
      const auto shown = labels.size() > 2
                             ? fmt::format("{} (+{})", labels.front(), labels.size() - 1)
                             : fmt::format("{}", fmt::join(labels, " + "));
      picture_.links.push_back({ends.first, ends.second, shown, arrows});
    }
    return std::move(picture_);
  }

 private:
  Picture picture_;
  std::map<std::string, int> positions_;
  std::map<std::string, int> left_out_;
  std::map<std::pair<int, int>, std::vector<std::string>> links_;
};

std::map<std::string, std::string> roles_of(const store::AlertStory& story) {
  std::map<std::string, std::string> roles;
  for (const auto& entity : story.entities) roles.emplace(entity.id, entity.role);
  return roles;
}

std::string role_of(const std::map<std::string, std::string>& roles, const std::string& id) {
  const auto found = roles.find(id);
  return found == roles.end() ? std::string{} : found->second;
}

Picture transfers_picture(const store::AlertStory& story) {
  const bool of_parties = story.alert.subject_kind == "party";
  const auto roles = roles_of(story);
  PictureBuilder builder;
  const auto add = [&](const std::string& account, const std::string& party) {
    const std::string& id = of_parties && !party.empty() ? party : account;
    return builder.node({id, id, role_of(roles, id),
                         of_parties ? NodeShape::kParty : NodeShape::kAccount,
                         id == story.alert.subject});
  };
  for (const auto& transfer : story.transfers) {
    const int from = add(transfer.from_account, transfer.from_party);
    const int to = add(transfer.to_account, transfer.to_party);
    if (from < 0 || to < 0 || from == to) continue;
    builder.labels_between(from, to).push_back(
        fmt::format("{}: {}", transfer.step, group_thousands(transfer.amount_base)));
  }
  return builder.finish(true);
}

Picture attributes_picture(const store::AlertStory& story) {
  const auto roles = roles_of(story);
  PictureBuilder builder;
  for (const auto& shared : story.shared_attributes) {
    const int party = builder.node({shared.party, shared.party, role_of(roles, shared.party),
                                    NodeShape::kParty, shared.party == story.alert.subject});
    const int attribute = builder.node({shared.kind + ' ' + shared.value, shared.value, shared.kind,
                                        NodeShape::kAttribute, false});
    if (party >= 0 && attribute >= 0)
      builder.labels_between(party, attribute).assign({std::string{}});
  }
  return builder.finish(false);
}

using Topology = boost::square_topology<>;
using LayoutGraph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                          boost::property<boost::edge_weight_t, double>>;

LayoutGraph layout_graph(const Picture& picture) {
  LayoutGraph graph(picture.nodes.size());
  for (const auto& link : picture.links) {
    const auto from = static_cast<std::size_t>(link.from);
    const auto to = static_cast<std::size_t>(link.to);
    if (!boost::edge(from, to, graph).second) boost::add_edge(from, to, 1.0, graph);
  }
  // Kamada and Kawai need one component: the others hang on the first one by long invisible
  // springs.
  std::vector<int> component(picture.nodes.size());
  const auto component_map =
      boost::make_iterator_property_map(component.begin(), boost::get(boost::vertex_index, graph));
  const int components = boost::connected_components(graph, component_map);
  for (int other = 1; other < components; ++other) {
    const auto first = std::ranges::find(component, other) - component.begin();
    boost::add_edge(0, static_cast<std::size_t>(first), 2.0, graph);
  }
  return graph;
}

/// Ends the relaxation when it no longer moves, and after a fixed number of steps when it swings
/// between two states for ever.
class BoundedTolerance {
 public:
  template <typename Graph>
  bool operator()(double delta, typename boost::graph_traits<Graph>::vertex_descriptor vertex,
                  const Graph& graph, bool is_global) {
    return --steps_left_ < 0 || tolerance_(delta, vertex, graph, is_global);
  }

 private:
  boost::layout_tolerance<double> tolerance_{0.001};
  int steps_left_ = 20'000;
};

std::vector<Point> spring_layout(const Picture& picture) {
  const auto graph = layout_graph(picture);
  std::vector<Topology::point_type> positions(picture.nodes.size());
  const auto index = boost::get(boost::vertex_index, graph);
  const auto position_map = boost::make_iterator_property_map(positions.begin(), index);
  boost::circle_graph_layout(graph, position_map, 50.0);
  boost::kamada_kawai_spring_layout(graph, position_map, boost::get(boost::edge_weight, graph),
                                    Topology(), boost::side_length(100.0), BoundedTolerance());
  std::vector<Point> result;
  result.reserve(positions.size());
  for (const auto& position : positions) result.push_back({position[0], position[1]});
  return result;
}

/// For each node its distance from the first payers along the longest way; empty if the money goes
/// in circles.
std::vector<int> flow_ranks(const Picture& picture) {
  const std::size_t n = picture.nodes.size();
  std::vector<int> ranks(n, 0);
  for (std::size_t round = 0; round <= n; ++round) {
    bool changed = false;
    for (const auto& link : picture.links) {
      int& rank = ranks[static_cast<std::size_t>(link.to)];
      const int wanted = ranks[static_cast<std::size_t>(link.from)] + 1;
      changed = changed || rank < wanted;
      rank = std::max(rank, wanted);
    }
    if (!changed) return ranks;
  }
  return {};
}

/// Money that only goes forward is drawn from left to right, a column for each rank, in order of
/// first appearance.
std::vector<Point> column_layout(const std::vector<int>& ranks) {
  std::map<int, int> size;
  for (const int rank : ranks) ++size[rank];
  std::map<int, int> used;
  std::vector<Point> points;
  points.reserve(ranks.size());
  for (const int rank : ranks) {
    points.push_back({static_cast<double>(rank), (used[rank]++ + 0.5) / size[rank]});
  }
  return points;
}

constexpr double kColumnRowHeight = 52;

/// Fits columns into the width and returns the height needed.
double fit_columns(std::vector<Point>& points, const std::vector<int>& ranks) {
  std::map<int, int> size;
  for (const int rank : ranks) ++size[rank];
  int tallest = 1;
  for (const auto& [rank, nodes] : size) tallest = std::max(tallest, nodes);
  const double height = std::max(2, tallest) * kColumnRowHeight;
  const double step =
      (kWidth - 2 * kMargin) / std::max<double>(static_cast<double>(size.size()) - 1, 1);
  for (auto& point : points) point = {kMargin + point.x * step, point.y * height};
  return height + 24;
}

/// Turns the longer side into the horizontal one, fits all into the width and returns the height
/// needed.
double fit(std::vector<Point>& points) {
  const auto range = [&](auto member) {
    const auto [low, high] = std::ranges::minmax_element(points, {}, member);
    return std::pair{(*low).*member, (*high).*member};
  };
  auto [left, right] = range(&Point::x);
  auto [top, bottom] = range(&Point::y);
  if (bottom - top > right - left) {
    for (auto& point : points) std::swap(point.x, point.y);
    std::swap(left, top);
    std::swap(right, bottom);
  }
  const double room = kWidth - 2 * kMargin;
  const double scale = room / std::max(right - left, 1e-9);
  const double height = std::clamp((bottom - top) * scale, 60.0, 420.0);
  const double vertical_scale = height / std::max(bottom - top, 1e-9);
  for (auto& point : points) {
    point.x = kMargin + (right - left < 1e-9 ? room / 2 : (point.x - left) * scale);
    point.y = kMargin / 2 + (bottom - top < 1e-9 ? height / 2 : (point.y - top) * vertical_scale);
  }
  return height + kMargin + 10;
}

std::string shape_of(const PictureNode& node, Point at) {
  const char* css = node.is_subject ? "node subject" : "node";
  switch (node.shape) {
    case NodeShape::kAccount:
      return fmt::format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"/>)", css, at.x, at.y,
                         kRadius);
    case NodeShape::kParty:
      return fmt::format(
          R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{}" height="{}" rx="4"/>)", css,
          at.x - kRadius, at.y - kRadius, 2 * kRadius, 2 * kRadius);
    case NodeShape::kAttribute:
      return fmt::format(
          R"(<path class="node attribute" d="M{:.1f} {:.1f}l{r} {r}l-{r} {r}l-{r} -{r}z"/>)", at.x,
          at.y - kRadius, fmt::arg("r", kRadius));
  }
  return {};
}

std::string draw_node(const PictureNode& node, Point at) {
  const double label_y = at.y + kRadius + 11;
  const double role_y = label_y + 11;
  return fmt::format(R"(<g><title>{}</title>{}<text class="label" x="{:.1f}" y="{:.1f}">{}</text>)"
                     R"(<text class="role" x="{:.1f}" y="{:.1f}">{}</text></g>)",
                     escape(node.label + (node.role.empty() ? "" : " - " + node.role)),
                     shape_of(node, at), at.x, label_y, escape(shortened(node.label, 20)), at.x,
                     role_y, escape(shortened(node.role, 20)));
}

/// A slightly bent line that ends at the rims of its nodes, so that payments back and forth do not
/// cover each other.
std::string draw_link(const PictureLink& link, Point from, Point to, const std::string& arrow_id) {
  const double dx = to.x - from.x;
  const double dy = to.y - from.y;
  const double length = std::max(std::hypot(dx, dy), 1.0);
  const double bend = link.is_arrow ? std::min(20.0, length / 8) : 0;
  const Point middle{(from.x + to.x) / 2 - dy / length * bend,
                     (from.y + to.y) / 2 + dx / length * bend};
  const auto rim = [&](Point end, double radius) {
    const double away = std::max(std::hypot(middle.x - end.x, middle.y - end.y), 1.0);
    return Point{end.x + (middle.x - end.x) / away * radius,
                 end.y + (middle.y - end.y) / away * radius};
  };
  const Point start = rim(from, kRadius + 1);
  const Point stop = rim(to, kRadius + (link.is_arrow ? 7 : 1));
  std::string svg = fmt::format(
      R"(<path class="link" d="M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}"{}/>)", start.x, start.y,
      middle.x, middle.y, stop.x, stop.y,
      link.is_arrow ? fmt::format(R"~( marker-end="url(#{})")~", arrow_id) : std::string{});
  if (!link.label.empty()) {
    const Point label{(start.x + 2 * middle.x + stop.x) / 4, (start.y + 2 * middle.y + stop.y) / 4};
    svg += fmt::format(R"(<text class="amount" x="{:.1f}" y="{:.1f}">{}</text>)", label.x,
                       label.y + 3, escape(link.label));
  }
  return svg;
}

std::string describe(const Picture& picture) {
  std::string text;
  for (const auto& link : picture.links) {
    const auto& from = picture.nodes[static_cast<std::size_t>(link.from)].label;
    const auto& to = picture.nodes[static_cast<std::size_t>(link.to)].label;
    text += link.is_arrow ? fmt::format("{} pays {} ({}). ", from, to, link.label)
                          : fmt::format("{} gave {}. ", from, to);
  }
  return text;
}

}  // namespace

Picture picture_of(const store::AlertStory& story) {
  return story.transfers.empty() ? attributes_picture(story) : transfers_picture(story);
}

std::string draw(const Picture& picture, const std::string& title, const std::string& element_id) {
  const bool is_flow = std::ranges::all_of(picture.links, &PictureLink::is_arrow);
  const auto ranks = is_flow ? flow_ranks(picture) : std::vector<int>{};
  auto points = ranks.empty() ? spring_layout(picture) : column_layout(ranks);
  const double height = ranks.empty() ? fit(points) : fit_columns(points, ranks);
  const std::string arrow = element_id + "-arrow";
  std::string svg = fmt::format(
      R"(<svg role="img" viewBox="0 0 {:.0f} {:.0f}" aria-labelledby="{id}-title {id}-desc"><title id="{id}-title">{}</title>)"
      R"(<desc id="{id}-desc">{}</desc><defs><marker id="{arrow}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="7" )"
      R"(markerHeight="7" orient="auto-start-reverse"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>)",
      kWidth, height, escape(title), escape(describe(picture)), fmt::arg("id", element_id),
      fmt::arg("arrow", arrow));
  for (const auto& link : picture.links) {
    svg += draw_link(link, points[static_cast<std::size_t>(link.from)],
                     points[static_cast<std::size_t>(link.to)], arrow);
  }
  for (std::size_t i = 0; i < picture.nodes.size(); ++i)
    svg += draw_node(picture.nodes[i], points[i]);
  return svg + "</svg>";
}

}  // namespace aml::reports
