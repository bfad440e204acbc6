// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_pattern.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "graph/motif_terms.hpp"

namespace aml::graph {
namespace {

using Arrow = MotifTerm::Arrow;

constexpr std::size_t kMostBranches = 1000;
constexpr int kMostTransfers = 100;  ///< of a branch, and vertices on their own: as of one term

/// One way to read a term: the transfers that it asks for, in the direction of the money.
struct Reading {
  struct Transfer {
    MotifElement edge;
    MotifElement source;
    MotifElement target;
  };
  const MotifTerm* term = nullptr;
  std::vector<Transfer> chain;       ///< empty: the term's vertex on its own
  std::vector<std::string> middles;  ///< names made up for vertices between two transfers
  std::string hop = {};
  std::string written = {};
  std::string direction = {};
};

bool has_several_readings(const MotifTerm& term) {
  return term.arrow == Arrow::kEither || (term.length && term.length->is_range);
}

/// Writes the short forms of terms out.
class Readings {
 public:
  Readings(std::string_view text, MotifMode mode) : text_(text), mode_(mode) {}

  /// The term as directed ones: "(a)<-[e]->(b)" is "(a)-[e1]->(b);(b)-[e2]->(a)".
  std::vector<MotifTerm> directed(const MotifTerm& term) const {
    if (mode_ == MotifMode::kGraphFrames) check_restrictions(term);
    if (term.negated) check_negation(term);
    MotifTerm out = term;
    MotifTerm back = term;
    std::swap(back.left, back.right);
    switch (term.is_edge ? term.arrow : Arrow::kOut) {
      case Arrow::kOut:
      case Arrow::kEither:
        return {out};
      case Arrow::kIn:
        back.arrow = Arrow::kOut;
        return {back};
      case Arrow::kBoth:
        out.arrow = back.arrow = Arrow::kOut;
        const bool keeps_name =
            term.edge.name.empty() || (mode_ == MotifMode::kGraphFrames && term.length);
        if (!keeps_name) {
          out.edge.name += '1';
          back.edge.name += '2';
        }
        return {out, back};
    }
    return {};
  }

  /// Every way to read a directed or undirected term, the longest first, then those against the
  /// arrow.
  std::vector<Reading> all(const MotifTerm& term) const {
    if (!term.is_edge) return {Reading{.term = &term, .chain = {}, .middles = {}}};
    std::vector<Reading> readings;
    const int least = term.length ? term.length->least : 1;
    const int most = term.length ? term.length->most : 1;
    for (int hops = most; hops >= least; --hops) readings.push_back(read(term, hops, false));
    if (term.arrow == Arrow::kEither) {
      for (int hops = most; hops >= least; --hops) readings.push_back(read(term, hops, true));
    }
    return readings;
  }

 private:
  void check_restrictions(const MotifTerm& term) const {
    if (!term.is_edge) return;
    const bool is_rewritten = term.length || term.arrow == Arrow::kIn || term.arrow == Arrow::kBoth;
    if (is_rewritten && term.has_space) {
      fail(term.begin, "GraphFrames reads '<-[' and '*' only in a term without white space");
    }
    const bool is_whole_form = term.length && has_several_readings(term);
    const bool is_whole_text = term.begin == 0 && term.end == text_.size();
    const bool is_forward = term.arrow == Arrow::kOut || term.arrow == Arrow::kEither;
    if (is_whole_form && !(is_whole_text && is_forward)) {
      fail(term.length->position,
           "GraphFrames takes a variable-length term only as the whole motif, and not with '<-['");
    }
  }

  void check_negation(const MotifTerm& term) const {
    if (!term.edge.name.empty()) fail(term.edge.position, "a negated edge cannot have a name");
    if (term.left.name.empty() && term.right.name.empty()) {
      fail(term.begin, "a term needs at least one name");
    }
    if (term.length) {
      fail(term.length->position,
           "a negated variable-length term would say that some transfer of the walk is missing, "
           "not that there is no such walk");
    }
    if (term.arrow == Arrow::kBoth) {
      fail(term.arrow_position, "a bidirectional term cannot be negated: negate each direction");
    }
    if (term.arrow == Arrow::kEither) {
      fail(term.arrow_position,
           "an undirected term cannot be negated (GraphFrames fails on it): negate each direction");
    }
  }

  Reading read(const MotifTerm& term, int hops, bool against) const {
    Reading reading{.term = &term, .chain = {}, .middles = {}};
    const MotifElement& source = against ? term.right : term.left;
    const MotifElement& target = against ? term.left : term.right;
    if (term.left.name.empty() && term.edge.name.empty() && term.right.name.empty() &&
        (mode_ == MotifMode::kMoney || hops == 1)) {
      fail(term.begin, "a term needs at least one name");
    }
    MotifElement from = source;
    for (int i = 1; i <= hops; ++i) {
      const MotifElement to = i == hops ? target : middle(term, source, target, i);
      if (i < hops && !to.name.empty()) reading.middles.push_back(to.name);
      reading.chain.push_back({edge(term, i), from, to});
      from = to;
    }
    if (has_several_readings(term)) {
      const std::string length = term.length ? std::to_string(hops) : "";
      if (term.length) reading.hop = length;
      reading.direction = against ? "in" : "out";
      reading.written = "(" + term.left.name + ")" + (against ? "<-[" : "-[") + term.edge.name +
                        (term.length ? "*" + length : "") + (against ? "]-" : "]->") + "(" +
                        term.right.name + ")";
    }
    return reading;
  }

  MotifElement edge(const MotifTerm& term, int i) const {
    MotifElement edge = term.edge;
    if (!term.length || edge.name.empty()) return edge;
    const std::string number = std::to_string(i);
    edge.name = mode_ == MotifMode::kGraphFrames ? "_" + edge.name + number
                                                 : edge.name + "[" + number + "]";
    return edge;
  }

  MotifElement middle(const MotifTerm& term, const MotifElement& source, const MotifElement& target,
                      int i) const {
    const std::string number = std::to_string(i);
    if (mode_ == MotifMode::kMoney) {
      return {term.edge.name.empty() ? "" : term.edge.name + "(" + number + ")",
              term.edge.position};
    }
    const bool anonymous = source.name.empty() && target.name.empty();
    return {anonymous ? "__tmpv" + number : "_" + source.name + target.name + number,
            term.edge.position};
  }

  [[noreturn]] void fail(std::size_t position, const std::string& reason) const {
    throw MotifError(text_, position, reason);
  }

  std::string_view text_;
  MotifMode mode_;
};

/// Puts one reading of each term together.
class BranchBuilder {
 public:
  BranchBuilder(std::string_view text, MotifMode mode, const std::set<std::string>& written_names)
      : text_(text), mode_(mode), made_up_or_written_(written_names) {}

  void add(const Reading& reading) {
    for (const std::string& name : reading.middles) {
      // In GraphFrames' naming only: e(1) cannot be written and e is the name of one edge.
      if (!made_up_or_written_.insert(name).second && mode_ == MotifMode::kGraphFrames) {
        fail(reading.term->length->position,
             "GraphFrames would call a vertex of this term '" + name +
                 "', which is another vertex of the motif, and silently join the two");
      }
    }
    if (reading.chain.empty()) vertex_index(reading.term->left);
    std::optional<int> between;
    for (const Reading::Transfer& transfer : reading.chain) {
      between = add_edge(transfer, reading, between);
    }
    add_term_columns(reading);
  }

  MotifBranch branch() && { return std::move(branch_); }
  const std::vector<MotifColumn>& columns() const { return columns_; }

 private:
  /// Adds the transfer, from the vertex `from` if there is one; returns the vertex that it ends at.
  int add_edge(const Reading::Transfer& transfer, const Reading& reading, std::optional<int> from) {
    const MotifElement& edge = transfer.edge;
    // For the columns the term is read as it is written: u, e, v.
    const bool against = reading.direction == "in" && reading.chain.size() == 1;
    const MotifElement& first = against ? transfer.target : transfer.source;
    const MotifElement& second = against ? transfer.source : transfer.target;
    const int first_index = from ? *from : vertex_index(first);
    if (!edge.name.empty()) {
      if (find_edge(edge.name)) fail(edge.position, "edge name " + quoted(edge) + " is used twice");
      if (find_vertex(edge.name) || edge.name == second.name) {
        fail(edge.position, "name " + quoted(edge) + " is used for a vertex and for an edge");
      }
      add_column(edge, MotifColumn::Kind::kEdge);
    }
    const int second_index = vertex_index(second);
    const int target_index = against ? first_index : second_index;
    branch_.pattern.edges.push_back(
        {edge.name, against ? second_index : first_index, target_index, reading.term->negated});
    return target_index;
  }

  int vertex_index(const MotifElement& vertex) {
    auto& vertices = branch_.pattern.vertices;
    if (!vertex.name.empty()) {
      if (find_edge(vertex.name)) {
        fail(vertex.position, "name " + quoted(vertex) + " is used for a vertex and for an edge");
      }
      if (const std::optional<int> known = find_vertex(vertex.name)) return *known;
      add_column(vertex, MotifColumn::Kind::kVertex);
    }
    vertices.push_back(vertex.name);
    return static_cast<int>(vertices.size()) - 1;
  }

  std::optional<int> find_vertex(std::string_view name) const {
    const auto& vertices = branch_.pattern.vertices;
    const auto at = std::ranges::find(vertices, name);
    if (at == vertices.end()) return std::nullopt;
    return static_cast<int>(at - vertices.begin());
  }
  bool find_edge(std::string_view name) const {
    const auto& edges = branch_.pattern.edges;
    return std::ranges::find(edges, name, &MotifEdge::name) != edges.end();
  }

  void add_column(const MotifElement& element, MotifColumn::Kind kind) {
    // GraphFrames drops what looks like a vertex that it made up itself.
    if (mode_ == MotifMode::kGraphFrames && element.name.starts_with("__tmpv")) return;
    if (std::ranges::find(columns_, element.name, &MotifColumn::name) != columns_.end()) {
      fail(element.position, "name " + quoted(element) + " is taken by the column of that name");
    }
    columns_.push_back({element.name, kind});
  }

  void add_term_columns(const Reading& reading) {
    const auto add = [&](std::string& values, const std::string& value, const char* name,
                         MotifColumn::Kind kind) {
      if (value.empty()) return;
      const bool is_first = values.empty();
      if (is_first) add_column({name, reading.term->begin}, kind);
      values = is_first || mode_ == MotifMode::kGraphFrames ? value : values + "; " + value;
    };
    add(branch_.hop, reading.hop, "_hop", MotifColumn::Kind::kHop);
    add(branch_.written, reading.written, "_pattern", MotifColumn::Kind::kPattern);
    add(branch_.direction, reading.direction, "_direction", MotifColumn::Kind::kDirection);
  }

  static std::string quoted(const MotifElement& element) { return "'" + element.name + "'"; }
  [[noreturn]] void fail(std::size_t position, const std::string& reason) const {
    throw MotifError(text_, position, reason);
  }

  std::string_view text_;
  MotifMode mode_;
  std::set<std::string> made_up_or_written_;
  MotifBranch branch_;
  std::vector<MotifColumn> columns_;
};

/// Of a column's vertex or edge in the pattern, or -1.
int position_of(const MotifPattern& pattern, const MotifColumn& column) {
  if (column.kind == MotifColumn::Kind::kVertex) {
    const auto at = std::ranges::find(pattern.vertices, column.name);
    return at == pattern.vertices.end() ? -1 : static_cast<int>(at - pattern.vertices.begin());
  }
  if (column.kind != MotifColumn::Kind::kEdge) return -1;
  const auto at = std::ranges::find(pattern.edges, column.name, &MotifEdge::name);
  return at == pattern.edges.end() ? -1 : static_cast<int>(at - pattern.edges.begin());
}

std::vector<MotifTerm> directed_terms(std::string_view text, const Readings& readings) {
  std::vector<MotifTerm> terms;
  for (const MotifTerm& written : parse_motif_terms(text)) {
    for (MotifTerm& term : readings.directed(written)) terms.push_back(std::move(term));
  }
  return terms;
}

/// In GraphFrames EXCEPT sees the direction of the last undirected term only.
void refuse_merged_directions(std::string_view text, const std::vector<MotifTerm>& terms) {
  int undirected = 0;
  for (const MotifTerm& term : terms) {
    if (term.is_edge && term.arrow == Arrow::kEither) ++undirected;
    if (term.negated && undirected > 1) {
      throw MotifError(text, term.begin,
                       "after several undirected terms GraphFrames' negation would merge rows of "
                       "different directions: it keeps the direction of the last term only");
    }
  }
}

void refuse_many_transfers(std::string_view text, const std::vector<MotifTerm>& terms) {
  int transfers = 0;
  for (const MotifTerm& term : terms) {
    transfers += term.length ? term.length->most : 1;
    if (transfers <= kMostTransfers) continue;
    throw MotifError(text, term.begin,
                     "a motif has at most " + std::to_string(kMostTransfers) +
                         " transfers and vertices on their own");
  }
}

std::set<std::string> written_vertex_names(const std::vector<MotifTerm>& terms) {
  std::set<std::string> names;
  for (const MotifTerm& term : terms) names.insert({term.left.name, term.right.name});
  return names;
}

/// Turns to the next choice of one reading each, the last turning fastest; false after the last.
bool advance(std::vector<std::size_t>& digits, const std::vector<std::vector<Reading>>& readings) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (++digits[i] < readings[i].size()) return true;
    digits[i] = 0;
  }
  return false;
}

/// The line of the text that holds the position, a caret under it, and the reason.
std::string message(std::string_view text, std::size_t position, const std::string& reason,
                    std::string_view subject) {
  const std::size_t break_before =
      position == 0 ? std::string_view::npos : text.rfind('\n', position - 1);
  const std::size_t begin = break_before == std::string_view::npos ? 0 : break_before + 1;
  std::string line(text.substr(begin, text.find('\n', begin) - begin));
  // A zero would end the message, an escape would reach the terminal.
  std::ranges::replace_if(
      line, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7F; }, '?');
  std::string indent(text.substr(begin, position - begin));
  std::ranges::replace_if(
      indent, [](char c) { return c != '\t'; }, ' ');
  return "bad " + std::string(subject) + ": " + reason + "\n  " + line + "\n  " + indent + "^";
}

}  // namespace

MotifError::MotifError(std::string_view text, std::size_t position, const std::string& reason,
                       std::string_view subject)
    : std::invalid_argument(message(text, position, reason, subject)),
      position_(position),
      subject_(subject) {}

Motif read_motif(std::string_view text, MotifMode mode) {
  const Readings short_forms(text, mode);
  const std::vector<MotifTerm> terms = directed_terms(text, short_forms);
  if (mode == MotifMode::kGraphFrames) refuse_merged_directions(text, terms);
  refuse_many_transfers(text, terms);
  std::vector<std::vector<Reading>> readings;
  std::size_t branches = 1;
  for (const MotifTerm& term : terms) {
    readings.push_back(short_forms.all(term));
    branches *= readings.back().size();
    if (branches > kMostBranches) {
      throw MotifError(text, term.begin,
                       "the lengths and directions of this motif have more than " +
                           std::to_string(kMostBranches) + " combinations");
    }
  }

  Motif motif;
  const std::set<std::string> names = written_vertex_names(terms);
  std::vector<std::size_t> chosen(readings.size());
  do {
    BranchBuilder builder(text, mode, names);
    for (std::size_t i = 0; i < readings.size(); ++i) builder.add(readings[i][chosen[i]]);
    for (const MotifColumn& column : builder.columns()) {
      if (std::ranges::find(motif.columns, column) == motif.columns.end()) {
        motif.columns.push_back(column);
      }
    }
    motif.branches.push_back(std::move(builder).branch());
  } while (advance(chosen, readings));

  for (MotifBranch& branch : motif.branches) {
    for (const MotifColumn& column : motif.columns) {
      branch.positions.push_back(position_of(branch.pattern, column));
    }
  }
  return motif;
}

MotifPattern parse_motif(std::string_view text) {
  Motif motif = read_motif(text);
  if (motif.branches.size() > 1) {
    throw MotifError(text, 0, "undirected and variable-length terms are not supported here");
  }
  return std::move(motif.branches.front().pattern);
}

}  // namespace aml::graph
