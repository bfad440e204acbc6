// SPDX-License-Identifier: Apache-2.0
#include "graph/pregel.hpp"

namespace aml::graph::detail {

std::vector<char> first_from_each_payer(const TransferGraph& graph) {
  std::vector<char> is_first(graph.num_edges());
  std::vector<Vertex> last_payee(graph.num_vertices(), kNoVertex);
  for (Vertex payee = 0; payee < graph.num_vertices(); ++payee) {
    for (const Edge position : graph.in_edges(payee)) {
      const Vertex payer = graph.in_source(position);
      is_first[position] = last_payee[payer] == payee ? 0 : 1;
      last_payee[payer] = payee;
    }
  }
  return is_first;
}

}  // namespace aml::graph::detail
