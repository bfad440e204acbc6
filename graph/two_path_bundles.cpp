// SPDX-License-Identifier: Apache-2.0
#include "graph/two_path_bundles.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "graph/hubs.hpp"
#include "graph/require.hpp"
#include "graph/root_search.hpp"

namespace aml::graph {
namespace {

void validate(const TwoPathBundleParams& params) {
  require(params.min_middles >= 2,
          "min_middles is " + std::to_string(params.min_middles) + ", must be at least 2");
  require(params.window > 0, "window is " + std::to_string(params.window) + ", must be above 0");
  require(params.time_order != TimeOrder::kNone, "time_order is none, must be strict or loose");
}

using Log = detail::SearchLog<std::vector<TwoPathBundle>>;

/// The windows of the paths from one source to one target. A window is known by its anchor, a time
/// at which a first leg was booked; a path lies in the windows of consecutive anchors.
class Windows {
 public:
  Windows(const TransferGraph& graph, std::span<const TwoPath> paths, Micros window,
          std::uint32_t min_middles)
      : paths_(paths) {
    for (const TwoPath& path : paths) {
      const Micros at = graph.booked_at(path.first);
      if (anchors_.empty() || anchors_.back() != at) anchors_.push_back(at);
      const Micros from = start_of_window(graph.booked_at(path.second), window);
      const auto first = std::ranges::lower_bound(anchors_, from) - anchors_.begin();
      spans_.push_back({static_cast<std::size_t>(first), anchors_.size() - 1});
      middles_.push_back(path.middle);
    }
    find_counting_anchors(min_middles);
  }

  /// The paths of each bundle: those of windows that count and share a path.
  std::vector<std::vector<TwoPath>> bundles() const {
    // Windows share a transfer only if they share a path, and then so do all windows between them.
    std::vector<std::size_t> reach(anchors_.size());  // the last anchor that shares a path with it
    std::iota(reach.begin(), reach.end(), std::size_t{0});
    for (const Span& span : spans_) {
      const auto [first, last] = counting_part(span);
      if (first <= last) reach[first] = std::max(reach[first], last);
    }
    std::vector<std::size_t> bundle_of(anchors_.size());
    std::size_t bundle = 0;
    std::size_t farthest = 0;
    for (std::size_t anchor = 0; anchor < anchors_.size(); ++anchor) {
      if (anchor > farthest) ++bundle;
      bundle_of[anchor] = bundle;
      farthest = std::max(farthest, reach[anchor]);
    }
    std::vector<std::vector<TwoPath>> bundles(bundle + 1);
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const auto [first, last] = counting_part(spans_[i]);
      if (first <= last) bundles[bundle_of[first]].push_back(paths_[i]);
    }
    std::erase_if(bundles, [](const auto& paths) { return paths.empty(); });
    return bundles;
  }

 private:
  /// First and last anchor.
  using Span = std::pair<std::size_t, std::size_t>;

  void find_counting_anchors(std::uint32_t min_middles) {
    std::ranges::sort(middles_);
    middles_.erase(std::ranges::unique(middles_).begin(), middles_.end());
    std::vector<std::vector<std::size_t>> entering(anchors_.size());
    std::vector<std::vector<std::size_t>> leaving(anchors_.size());
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const auto middle = std::ranges::lower_bound(middles_, paths_[i].middle) - middles_.begin();
      entering[spans_[i].first].push_back(static_cast<std::size_t>(middle));
      leaving[spans_[i].second].push_back(static_cast<std::size_t>(middle));
    }
    std::vector<std::size_t> paths_over(middles_.size());
    std::size_t distinct = 0;
    for (std::size_t anchor = 0; anchor < anchors_.size(); ++anchor) {
      for (const std::size_t middle : entering[anchor])
        distinct += paths_over[middle]++ == 0 ? 1 : 0;
      if (distinct >= min_middles) counting_.push_back(anchor);
      for (const std::size_t middle : leaving[anchor])
        distinct -= --paths_over[middle] == 0 ? 1 : 0;
    }
  }

  /// The counting anchors of a span, first and last; first > last if there are none.
  Span counting_part(const Span& span) const {
    const auto first = std::ranges::lower_bound(counting_, span.first);
    const auto end = std::ranges::upper_bound(counting_, span.second);
    if (first == end) return {1, 0};
    return {*first, *(end - 1)};
  }

  std::span<const TwoPath> paths_;
  std::vector<Micros> anchors_;  ///< ascending
  std::vector<Span> spans_;      ///< of each path: the anchors in whose windows it lies
  std::vector<Vertex> middles_;
  std::vector<std::size_t> counting_;  ///< anchors of windows that count, ascending
};

class BundleSearch {
 public:
  BundleSearch(const TransferGraph& graph, const TwoPathBundleParams& params,
               const std::vector<char>& is_hub)
      : graph_(graph), params_(params), is_hub_(is_hub) {}

  void operator()(std::uint64_t root, Log& log) {
    source_ = static_cast<Vertex>(root);
    if (is_hub_[source_]) return;
    paths_.clear();
    for (const Edge first : graph_.out_edges(source_)) {
      if (log.stopped()) return;
      log.count_step();
      if (is_leg(first, source_)) add_paths(first, log);
    }
    std::ranges::sort(paths_, {}, [](const PathTo& path) {
      return std::tuple(path.target, path.path.first, path.path.second);
    });
    for (std::size_t begin = 0; begin < paths_.size();) {
      std::size_t end = begin + 1;
      while (end < paths_.size() && paths_[end].target == paths_[begin].target) ++end;
      emit_bundles(begin, end, log);
      begin = end;
    }
  }

 private:
  struct PathTo {
    Vertex target;
    TwoPath path;
  };

  bool is_leg(Edge e, Vertex from) const {
    return graph_.target(e) != from && !is_hub_[graph_.target(e)] &&
           graph_.amount_minor(e) >= params_.leg_at_least_minor;
  }

  void add_paths(Edge first, Log& log) {
    const Vertex middle = graph_.target(first);
    const Micros at = graph_.booked_at(first);
    for (const Edge second : graph_.out_edges(middle, at, end_of_window(at, params_.window))) {
      if (log.stopped()) return;
      log.count_step();
      if (graph_.target(second) == source_ || !is_leg(second, middle)) continue;
      if (!graph_.may_follow(first, second, params_.time_order)) continue;
      if (!params_.pass_on.holds(graph_.amount_minor(first), graph_.amount_minor(second))) continue;
      paths_.push_back({graph_.target(second), {first, second, middle}});
    }
  }

  /// Of the paths [begin, end) to one target. First a quick look: most pairs have a path or two.
  void emit_bundles(std::size_t begin, std::size_t end, Log& log) {
    if (end - begin < params_.min_middles) return;
    to_target_.clear();
    for (std::size_t i = begin; i < end; ++i) to_target_.push_back(paths_[i].path);
    const Windows windows(graph_, to_target_, params_.window, params_.min_middles);
    for (std::vector<TwoPath>& paths : windows.bundles()) {
      const std::uint64_t size = paths.size();
      log.emit({source_, paths_[begin].target, std::move(paths)}, size);
    }
  }

  const TransferGraph& graph_;
  const TwoPathBundleParams& params_;
  const std::vector<char>& is_hub_;
  Vertex source_ = kNoVertex;
  std::vector<PathTo> paths_;
  std::vector<TwoPath> to_target_;
};

}  // namespace

TwoPathBundles find_two_path_bundles(const TransferGraph& graph,
                                     const TwoPathBundleParams& params) {
  validate(params);
  const std::vector<char> is_hub = hub_vertices(graph, params.max_counterparties);
  TwoPathBundles result;
  result.hubs = list_hubs(is_hub);
  auto found = detail::search_roots<std::vector<TwoPathBundle>>(
      graph.num_vertices(), {params.max_steps, params.max_paths, params.stop},
      [&] { return BundleSearch(graph, params, is_hub); });
  result.bundles = std::move(found.instances);
  result.steps = found.steps;
  result.truncated = found.truncated;
  return result;
}

}  // namespace aml::graph
