// SPDX-License-Identifier: Apache-2.0
// The input is an edge file, or an edge file and a vertex file with a line "====" between them.
#include "store/graph_file.hpp"

#include <optional>

#include "graph/transfer_graph.hpp"
#include "scenarios/graph_properties.hpp"
#include "store/error.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

/// The result of the reader; nullopt if it refuses the file.
template <typename Read>
auto unless_refused(const std::string& path, const Read& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const store::StoreError& error) {
    const std::string_view words = error.what();
    expect(error.failure() == store::StoreFailure::kRefusedData, "a bad file is refused data",
           words);
    expect(words.starts_with(path + ":"), "a refusal names the file", words);
    return std::nullopt;
  }
}

void check_columns(const std::vector<store::TextColumn>& columns, std::size_t rows) {
  for (const store::TextColumn& column : columns) {
    expect(column.values.size() == rows && column.is_null.size() == rows,
           "each row has a value in each column", column.name);
  }
}

void check_graph(const store::EdgeFile& edges, const store::VertexFile* vertices) {
  graph::TransferColumns columns = edges.transfers;
  const graph::TransferGraph graph(std::move(columns));
  const std::size_t rows = edges.transfers.source.size();
  expect(graph.num_edges() == rows, "each row is a transfer");
  expect(graph.num_vertices() == edges.transfers.vertex_keys.size(), "each key is a vertex");
  const graph::GraphProperties properties = scenarios::graph_properties(edges, vertices, graph);
  expect(properties.amount_scale >= 0 && properties.amount_scale <= 18,
         "amounts have as many decimals as fit");
  for (const graph::PropertyColumn& column : properties.edges) {
    const auto* numbers = std::get_if<graph::NumberColumn>(&column.values);
    expect(numbers == nullptr || (numbers->scale >= 0 && numbers->scale <= 18),
           "numbers have as many decimals as fit", column.name);
  }
}

void check(std::string_view input) {
  const std::vector<std::string> texts = split(input, "====\n");
  const MemoryFile edge_text(texts[0]);
  std::optional<store::VertexFile> vertices;
  if (texts.size() > 1) {
    const MemoryFile vertex_text(texts[1]);
    vertices = unless_refused(vertex_text.path(),
                              [&] { return store::read_vertex_file(vertex_text.path()); });
    if (vertices) check_columns(vertices->columns, vertices->ids.size());
  }
  const auto edges = unless_refused(edge_text.path(), [&] {
    return store::read_edge_file(edge_text.path(), vertices ? *vertices : store::VertexFile{});
  });
  if (!edges) return;
  check_columns(edges->columns, edges->transfers.source.size());
  check_graph(*edges, vertices ? &*vertices : nullptr);
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
