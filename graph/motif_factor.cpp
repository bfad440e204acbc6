// SPDX-License-Identifier: Apache-2.0
// Every node of the tree sends one message to what it hangs at: for each vertex, how often the part
// of the tree from this node on can be bound when the node hangs there. A node that is linked in
// time is asked for ranges of its candidates instead, so it sends running sums over its positions:
// the sum over a range is the difference of two.
#include "graph/motif_factor.hpp"

#include <algorithm>
#include <limits>
#include <memory>

namespace aml::graph {
namespace {

constexpr MinorSum kSumMax = static_cast<MinorSum>(kRowsMax >> 1);

template <typename Value>
Value one();
template <>
std::uint64_t one<std::uint64_t>() {
  return 1;
}
template <>
RowCount one<RowCount>() {
  return 1;
}
template <>
RowsAndSum one<RowsAndSum>() {
  return {1, 0};
}

template <typename Value>
bool is_zero(const Value& value) {
  if constexpr (std::is_same_v<Value, RowsAndSum>) {
    return value.rows == 0;
  } else {
    return value == 0;
  }
}

template <typename Value>
Value times_count(Edge count) {
  if constexpr (std::is_same_v<Value, RowsAndSum>) {
    return {count, 0};
  } else {
    return count;
  }
}

template <typename Value>
class Messages {
 public:
  Messages(const TransferGraph& graph, const MotifCandidates& candidates, const MotifTree& tree,
           CheckedArithmetic& arithmetic)
      : graph_(graph),
        candidates_(candidates),
        tree_(tree),
        arithmetic_(arithmetic),
        sent_(tree.nodes.size()) {}

  void sum_amounts_of(std::size_t edge) { summed_edge_ = edge; }
  void note_alive() { alive_.resize(tree_.nodes.size()); }

  /// Children come before their parents in tree.nodes.
  void send_all() {
    for (std::size_t node = 0; node < tree_.nodes.size(); ++node) {
      for (std::size_t other = 0; other < node && sent_[node] == nullptr; ++other) {
        if (alive_.empty() && is_same(node, other)) sent_[node] = sent_[other];
      }
      if (sent_[node] == nullptr) send(node);
    }
  }

  std::vector<Value> at_root() {
    const VertexSet& set = candidates_.vertex(tree_.root);
    std::vector<Value> values(graph_.num_vertices(), one<Value>());
    for (const std::size_t child : tree_.root_children) multiply_into(values, *sent_[child]);
    for (Vertex v = 0; v < values.size(); ++v) {
      if (!set.holds(v)) values[v] = Value{};
    }
    return values;
  }

  std::vector<std::vector<char>> take_alive() { return std::move(alive_); }

 private:
  using Message = std::vector<Value>;

  /// A child that is linked in time, while the candidates of one vertex are gone through.
  struct LinkedChild {
    const CandidateEdges& edges;
    End near;
    const TimeLink& link;
    const Message* sums;  ///< null: each candidate counts once
    Edge first = 0;       ///< the window of its candidates; moves forward only
    Edge last = 0;
    Edge end = 0;
  };

  const CandidateEdges& list(std::size_t node) const {
    return candidates_.edge(tree_.nodes[node].edge);
  }

  std::vector<LinkedChild> linked_ones(const std::vector<std::size_t>& children) const {
    std::vector<LinkedChild> linked;
    for (const std::size_t child : children) {
      const MotifTreeNode& node = tree_.nodes[child];
      if (node.linked) linked.push_back({list(child), node.near, node.link, sent_[child].get()});
    }
    return linked;
  }

  /// Whether two nodes send the same message.
  bool is_same(std::size_t a, std::size_t b) const {
    const MotifTreeNode& one = tree_.nodes[a];
    const MotifTreeNode& two = tree_.nodes[b];
    const auto same_children = [&](const auto& x, const auto& y) {
      return std::ranges::equal(x, y, [&](std::size_t i, std::size_t j) {
        return is_same(i, j) && tree_.nodes[i].link == tree_.nodes[j].link;
      });
    };
    return &list(a) == &list(b) && one.near == two.near && one.linked == two.linked &&
           (one.edge == summed_edge_) == (two.edge == summed_edge_) &&
           same_children(one.near_children, two.near_children) &&
           same_children(one.far_children, two.far_children);
  }

  void multiply_into(Message& values, const Message& factors) {
    for (std::size_t v = 0; v < values.size(); ++v) {
      values[v] = arithmetic_.multiply(values[v], factors[v]);
    }
  }

  /// The product of the messages that hang at the far vertex by that vertex alone; null: all one.
  std::shared_ptr<const Message> far_factor(const MotifTreeNode& node) {
    std::shared_ptr<const Message> product;
    for (const std::size_t child : node.far_children) {
      if (tree_.nodes[child].linked) continue;
      if (product == nullptr) {
        product = sent_[child];
        continue;
      }
      auto values = std::make_shared<Message>(*product);
      multiply_into(*values, *sent_[child]);
      product = std::move(values);
    }
    return product;
  }

  void send(std::size_t index) {
    const MotifTreeNode& node = tree_.nodes[index];
    const std::shared_ptr<const Message> far = far_factor(node);
    std::vector<LinkedChild> near_linked = linked_ones(node.near_children);
    std::vector<LinkedChild> far_linked = linked_ones(node.far_children);
    const bool counts_only = far == nullptr && near_linked.empty() && far_linked.empty() &&
                             node.edge != summed_edge_ && alive_.empty();
    if (!counts_only) {
      sent_[index] = weigh(index, far.get(), near_linked, far_weights(node, far_linked));
    } else if (!node.linked) {
      sent_[index] = degrees(index);
    }
  }

  std::shared_ptr<const Message> degrees(std::size_t index) const {
    auto message = std::make_shared<Message>();
    message->reserve(graph_.num_vertices());
    for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
      message->push_back(
          times_count<Value>(static_cast<Edge>(list(index).at(tree_.nodes[index].near, v).size())));
    }
    return message;
  }

  std::shared_ptr<const Message> weigh(std::size_t index, const Message* far,
                                       std::vector<LinkedChild>& near_linked,
                                       const Message& far_weights) {
    const MotifTreeNode& node = tree_.nodes[index];
    const CandidateEdges& edges = list(index);
    if (!alive_.empty()) alive_[index].assign(edges.size(), 0);
    auto message = std::make_shared<Message>(
        node.linked ? std::size_t{edges.size()} + 1 : graph_.num_vertices(), Value{});
    Value running{};
    for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
      if (!node.linked) running = Value{};
      start_windows(near_linked, v);
      for (const Edge position : edges.at(node.near, v)) {
        Value value = far == nullptr ? one<Value>() : (*far)[edges.other(node.near, position)];
        const BookedEdge e{edges.edge(node.near, position), edges.booked_at(node.near, position)};
        if (node.edge == summed_edge_) value = with_amount(value, e.edge);
        if (!far_weights.empty()) value = arithmetic_.multiply(value, far_weights[e.edge]);
        for (LinkedChild& child : near_linked) {
          value = arithmetic_.multiply(value, sum_in_window(child, e));
        }
        if (!alive_.empty()) alive_[index][position] = !is_zero(value);
        running = arithmetic_.add(running, value);
        if (node.linked) (*message)[std::size_t{position} + 1] = running;
      }
      if (!node.linked) (*message)[v] = running;
    }
    return message;
  }

  Value with_amount(const Value& value, Edge e) {
    if constexpr (std::is_same_v<Value, RowsAndSum>) {
      return arithmetic_.multiply(value, RowsAndSum{1, graph_.amount_minor(e)});
    } else {
      return value;
    }
  }

  /// For each candidate, by its transfer, the product over the children that are linked to it at its
  /// far end; empty if there are none. Goes through the far vertices, whose candidates come in time
  /// order on either side.
  Message far_weights(const MotifTreeNode& node, std::vector<LinkedChild>& far_linked) {
    if (far_linked.empty()) return {};
    Message weights(graph_.num_edges());
    const CandidateEdges& edges = candidates_.edge(node.edge);
    const End far = opposite(node.near);
    for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
      start_windows(far_linked, v);
      for (const Edge position : edges.at(far, v)) {
        const BookedEdge e{edges.edge(far, position), edges.booked_at(far, position)};
        Value product = one<Value>();
        for (LinkedChild& child : far_linked) {
          product = arithmetic_.multiply(product, sum_in_window(child, e));
        }
        weights[e.edge] = product;
      }
    }
    return weights;
  }

  static void start_windows(std::vector<LinkedChild>& children, Vertex v) {
    for (LinkedChild& child : children) {
      const EdgeRange range = child.edges.at(child.near, v);
      child.first = child.last = *range.begin();
      child.end = *range.end();
    }
  }

  /// Over the candidates of a linked child at the present vertex that fit e; e ascends in time from
  /// call to call.
  Value sum_in_window(LinkedChild& child, const BookedEdge& e) const {
    const TimesBeside allowed = child.link.beside(e);
    const Micros* const times = child.edges.times(child.near).data();
    const auto edge_at = [&](Edge position) {
      return [&child, position] { return child.edges.edge(child.near, position); };
    };
    const Edge end = child.end;
    Edge first = child.first;
    while (first < end && allowed.too_early(graph_, times[first], edge_at(first))) ++first;
    Edge last = std::max(child.last, first);
    while (last < end && !allowed.too_late(graph_, times[last], edge_at(last))) ++last;
    child.first = first;
    child.last = last;
    if (child.sums == nullptr) return times_count<Value>(last - first);
    return arithmetic_.subtract((*child.sums)[last], (*child.sums)[first]);
  }

  const TransferGraph& graph_;
  const MotifCandidates& candidates_;
  const MotifTree& tree_;
  CheckedArithmetic& arithmetic_;
  std::size_t summed_edge_ = std::numeric_limits<std::size_t>::max();
  std::vector<std::shared_ptr<const Message>> sent_;  ///< null: a linked node's, each transfer once
  std::vector<std::vector<char>> alive_;
};

}  // namespace

std::uint64_t CheckedArithmetic::add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) overflowed_ = true;
  return sum;
}

std::uint64_t CheckedArithmetic::multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) overflowed_ = true;
  return product;
}

RowCount CheckedArithmetic::add(RowCount a, RowCount b) {
  const RowCount sum = a + b;
  if (sum >= a) return sum;
  overflowed_ = true;
  return kRowsMax;
}

RowCount CheckedArithmetic::multiply(RowCount a, RowCount b) {
  constexpr RowCount kHalf = std::numeric_limits<std::uint64_t>::max();
  if (a <= kHalf && b <= kHalf) return a * b;
  RowCount product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  overflowed_ = true;
  return kRowsMax;
}

MinorSum CheckedArithmetic::times(RowCount a, MinorSum b) {
  MinorSum product = 0;
  if (b != 0 && (a > static_cast<RowCount>(kSumMax) ||
                 __builtin_mul_overflow(static_cast<MinorSum>(a), b, &product))) {
    overflowed_ = true;
  }
  return product;
}

RowsAndSum CheckedArithmetic::add(const RowsAndSum& a, const RowsAndSum& b) {
  RowsAndSum result{add(a.rows, b.rows), 0};
  if (__builtin_add_overflow(a.sum, b.sum, &result.sum)) overflowed_ = true;
  return result;
}

RowsAndSum CheckedArithmetic::multiply(const RowsAndSum& a, const RowsAndSum& b) {
  RowsAndSum result{multiply(a.rows, b.rows), 0};
  if (__builtin_add_overflow(times(a.rows, b.sum), times(b.rows, a.sum), &result.sum)) {
    overflowed_ = true;
  }
  return result;
}

std::vector<RowCount> factor_rows(const TransferGraph& graph, const MotifCandidates& candidates,
                                  const MotifTree& tree, CheckedArithmetic& arithmetic) {
  CheckedArithmetic narrow;
  Messages<std::uint64_t> short_messages(graph, candidates, tree, narrow);
  short_messages.send_all();
  const std::vector<std::uint64_t> rows = short_messages.at_root();
  if (!narrow.overflowed()) return {rows.begin(), rows.end()};
  Messages<RowCount> messages(graph, candidates, tree, arithmetic);
  messages.send_all();
  return messages.at_root();
}

std::vector<RowsAndSum> factor_rows_and_sums(const TransferGraph& graph,
                                             const MotifCandidates& candidates,
                                             const MotifTree& tree, std::size_t summed_edge,
                                             CheckedArithmetic& arithmetic) {
  Messages<RowsAndSum> messages(graph, candidates, tree, arithmetic);
  messages.sum_amounts_of(summed_edge);
  messages.send_all();
  return messages.at_root();
}

std::vector<std::vector<char>> factor_alive(const TransferGraph& graph,
                                            const MotifCandidates& candidates,
                                            const MotifTree& tree, CheckedArithmetic& arithmetic) {
  Messages<RowCount> messages(graph, candidates, tree, arithmetic);
  messages.note_alive();
  messages.send_all();
  return messages.take_alive();
}

}  // namespace aml::graph
