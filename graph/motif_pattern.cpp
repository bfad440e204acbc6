// SPDX-License-Identifier: Apache-2.0
// A recursive descent over
//   motif  := [ term { ";" term } [ ";" ] ]
//   term   := vertex | [ "!" ] edge
//   edge   := vertex "-[" [ name ] "]" "->" vertex  |  vertex "<-[" [ name ] "]" "-" vertex
//   vertex := "(" [ name ] ")"          name := [a-zA-Z0-9_]+
// with white space between tokens.
#include "graph/motif_pattern.hpp"

#include <algorithm>
#include <optional>

namespace aml::graph {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// A vertex or an edge as written: an empty name is an anonymous element.
struct Element {
  std::string_view name;
  std::size_t position = 0;
};

class MotifParser {
 public:
  explicit MotifParser(std::string_view text) : text_(text) {}

  MotifPattern parse() && {
    skip_space();
    while (!at_end()) {
      parse_term();
      skip_space();
      if (!at_end()) expect(";", "';' between two terms");
      skip_space();
    }
    return std::move(pattern_);
  }

 private:
  void parse_term() {
    skip_space();
    const std::size_t begin = position_;
    const bool negated = accept("!");
    const Element left = parse_vertex();
    skip_space();
    if (at_end() || text_[position_] == ';') {
      if (negated) fail(begin, "only an edge can be negated, not a lone vertex");
      if (left.name.empty()) fail(begin, "a vertex on its own needs a name");
      vertex_index(left);
      return;
    }
    parse_edge(left, negated, begin);
  }

  void parse_edge(const Element& left, bool negated, std::size_t begin) {
    const std::size_t arrow = position_;
    const bool incoming = accept("<-[");
    if (!incoming) expect("-[", "';', '-[' or '<-['");
    const Element edge = parse_name();
    if (at('*')) fail(position_, "variable-length terms are not supported yet");
    expect("]", "']'");
    skip_space();
    const bool outgoing = accept("->");
    if (!outgoing) expect("-", incoming ? "'-'" : "'->'");
    const Element right = parse_vertex();
    if (incoming && outgoing) fail(arrow, "bidirectional terms are not supported yet");
    if (!incoming && !outgoing) fail(arrow, "undirected terms are not supported yet");
    if (negated && !edge.name.empty()) fail(edge.position, "a negated edge cannot have a name");
    if (left.name.empty() && edge.name.empty() && right.name.empty()) {
      fail(begin, "a term needs at least one name");
    }
    add_edge(edge, incoming ? right : left, incoming ? left : right, negated);
  }

  Element parse_vertex() {
    expect("(", "'('");
    const Element vertex = parse_name();
    expect(")", "')'");
    return vertex;
  }

  Element parse_name() {
    skip_space();
    const std::size_t begin = position_;
    while (!at_end() && is_name_character(text_[position_])) ++position_;
    return {text_.substr(begin, position_ - begin), begin};
  }

  void add_edge(const Element& edge, const Element& source, const Element& target, bool negated) {
    const int source_index = vertex_index(source);
    const int target_index = vertex_index(target);
    if (!edge.name.empty()) {
      if (find_edge(edge.name)) fail(edge.position, "edge name " + quoted(edge) + " is used twice");
      if (find_vertex(edge.name)) {
        fail(edge.position, "name " + quoted(edge) + " is used for a vertex and for an edge");
      }
    }
    pattern_.edges.push_back({std::string(edge.name), source_index, target_index, negated});
  }

  int vertex_index(const Element& vertex) {
    if (!vertex.name.empty()) {
      if (find_edge(vertex.name)) {
        fail(vertex.position, "name " + quoted(vertex) + " is used for a vertex and for an edge");
      }
      if (const std::optional<int> known = find_vertex(vertex.name)) return *known;
    }
    pattern_.vertices.emplace_back(vertex.name);
    return static_cast<int>(pattern_.vertices.size()) - 1;
  }

  std::optional<int> find_vertex(std::string_view name) const {
    const auto at = std::ranges::find(pattern_.vertices, name);
    if (at == pattern_.vertices.end()) return std::nullopt;
    return static_cast<int>(at - pattern_.vertices.begin());
  }
  bool find_edge(std::string_view name) const {
    return std::ranges::find(pattern_.edges, name, &MotifEdge::name) != pattern_.edges.end();
  }

  bool at_end() const { return position_ == text_.size(); }
  bool at(char c) const { return !at_end() && text_[position_] == c; }
  void skip_space() {
    while (at(' ') || at('\t') || at('\n') || at('\r')) ++position_;
  }
  bool accept(std::string_view token) {
    skip_space();
    if (!text_.substr(position_).starts_with(token)) return false;
    position_ += token.size();
    return true;
  }
  void expect(std::string_view token, const std::string& description) {
    if (!accept(token)) fail(position_, "expected " + description);
  }

  static std::string quoted(const Element& element) {
    return std::string("'").append(element.name).append("'");
  }
  [[noreturn]] void fail(std::size_t position, const std::string& reason) const {
    throw MotifError(text_, position, reason);
  }

  std::string_view text_;
  std::size_t position_ = 0;
  MotifPattern pattern_;
};

/// The line of the text that holds the position, a caret under it, and the reason.
std::string message(std::string_view text, std::size_t position, const std::string& reason) {
  const std::size_t break_before =
      position == 0 ? std::string_view::npos : text.rfind('\n', position - 1);
  const std::size_t begin = break_before == std::string_view::npos ? 0 : break_before + 1;
  const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  std::string indent(text.substr(begin, position - begin));
  std::ranges::replace_if(
      indent, [](char c) { return c != '\t'; }, ' ');
  return "bad motif: " + reason + "\n  " + std::string(line) + "\n  " + indent + "^";
}

}  // namespace

MotifError::MotifError(std::string_view text, std::size_t position, const std::string& reason)
    : std::invalid_argument(message(text, position, reason)), position_(position) {}

MotifPattern parse_motif(std::string_view text) {
  return MotifParser(text).parse();
}

}  // namespace aml::graph
