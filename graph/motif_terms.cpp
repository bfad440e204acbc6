// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_terms.hpp"

#include <charconv>

#include "graph/motif_pattern.hpp"

namespace aml::graph {
namespace {

constexpr int kMostTransfers = 100;  ///< of one term: what a search can hope to answer is far less

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class TermParser {
 public:
  explicit TermParser(std::string_view text) : text_(text) {}

  std::vector<MotifTerm> parse() && {
    std::vector<MotifTerm> terms;
    skip_space();
    while (!at_end()) {
      terms.push_back(parse_term());
      skip_space();
      if (!at_end()) expect(";", "';' between two terms");
      skip_space();
    }
    return terms;
  }

 private:
  MotifTerm parse_term() {
    MotifTerm term;
    term.begin = position_;
    skipped_ = false;
    term.negated = accept("!");
    term.left = parse_vertex();
    term.end = position_;
    const bool spaced_before = skipped_;
    skip_space();
    if (at_end() || at(';')) {
      if (term.negated) fail(term.begin, "only an edge can be negated, not a lone vertex");
      if (term.left.name.empty()) fail(term.begin, "a vertex on its own needs a name");
      term.has_space = spaced_before;
      return term;
    }
    parse_edge(term);
    term.end = position_;
    term.has_space = skipped_;
    return term;
  }

  void parse_edge(MotifTerm& term) {
    term.is_edge = true;
    term.arrow_position = position_;
    const bool incoming = accept("<-[");
    if (!incoming) expect("-[", "';', '-[' or '<-['");
    term.edge = parse_name();
    skip_space();
    if (at('*')) term.length = parse_length();
    expect("]", "']'");
    const bool outgoing = accept("->");
    if (!outgoing) expect("-", incoming ? "'-'" : "'->' or '-'");
    using Arrow = MotifTerm::Arrow;
    if (incoming) {
      term.arrow = outgoing ? Arrow::kBoth : Arrow::kIn;
    } else {
      term.arrow = outgoing ? Arrow::kOut : Arrow::kEither;
    }
    term.right = parse_vertex();
  }

  MotifLength parse_length() {
    MotifLength length;
    length.position = position_;
    expect("*", "'*'");
    const std::optional<int> least = parse_number();
    length.is_range = accept("..");
    const std::optional<int> most = length.is_range ? parse_number() : least;
    if (!least && !length.is_range) fail(position_, "expected a number of transfers after '*'");
    if (!least || !most) fail(length.position, "a length without a bound is not supported");
    if (*least < 1 || *most < 1) fail(length.position, "a length must be greater than 0");
    if (*least > *most) {
      fail(length.position, "the shortest length " + std::to_string(*least) +
                                " is greater than the longest " + std::to_string(*most));
    }
    length.least = *least;
    length.most = *most;
    return length;
  }

  std::optional<int> parse_number() {
    skip_space();
    const char* const begin = text_.data() + position_;
    if (at_end() || *begin < '0' || *begin > '9') return std::nullopt;
    int number = 0;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (error != std::errc() || number > kMostTransfers) {
      fail(position_, "a term has at most " + std::to_string(kMostTransfers) + " transfers");
    }
    position_ += static_cast<std::size_t>(end - begin);
    return number;
  }

  MotifElement parse_vertex() {
    expect("(", "'('");
    MotifElement vertex = parse_name();
    expect(")", "')'");
    return vertex;
  }

  MotifElement parse_name() {
    skip_space();
    const std::size_t begin = position_;
    while (!at_end() && is_name_character(text_[position_])) ++position_;
    return {std::string(text_.substr(begin, position_ - begin)), begin};
  }

  bool at_end() const { return position_ == text_.size(); }
  bool at(char c) const { return !at_end() && text_[position_] == c; }
  void skip_space() {
    while (at(' ') || at('\t') || at('\n') || at('\r')) {
      ++position_;
      skipped_ = true;
    }
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
  [[noreturn]] void fail(std::size_t position, const std::string& reason) const {
    throw MotifError(text_, position, reason);
  }

  std::string_view text_;
  std::size_t position_ = 0;
  bool skipped_ = false;  ///< white space since the term began
};

}  // namespace

std::vector<MotifTerm> parse_motif_terms(std::string_view text) {
  return TermParser(text).parse();
}

}  // namespace aml::graph
