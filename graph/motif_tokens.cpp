// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_tokens.hpp"

#include <algorithm>
#include <array>

#include "graph/motif_pattern.hpp"

namespace aml::graph {
namespace {

using Kind = ExpressionToken::Kind;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word_character(char c) {
  return is_word_start(c) || is_digit(c);
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

class Lexer {
 public:
  Lexer(std::string_view text, std::string_view subject) : text_(text), subject_(subject) {}

  std::vector<ExpressionToken> run() && {
    std::vector<ExpressionToken> tokens;
    do {
      skip_space();
      tokens.push_back(next());
    } while (tokens.back().kind != Kind::kEnd);
    return tokens;
  }

 private:
  ExpressionToken next() {
    const std::size_t begin = position_;
    if (begin == text_.size()) return {Kind::kEnd, "", "", begin};
    const char c = text_[begin];
    if (is_word_start(c)) {
      std::string written(take_while(is_word_character));
      std::string word = written;
      std::ranges::transform(word, word.begin(), lower);
      return {Kind::kWord, std::move(word), std::move(written), begin};
    }
    if (is_digit(c)) return {Kind::kNumber, number(), "", begin};
    if (c == '\'') return {Kind::kText, quoted('\'', "this text"), "", begin};
    if (c == '"') return {Kind::kQuotedName, quoted('"', "this name"), "", begin};
    static constexpr std::array<std::string_view, 14> kSymbols{
        "<>", "!=", "<=", ">=", "<", ">", "=", "(", ")", ",", ".", "*", "+", "-"};
    for (const std::string_view symbol : kSymbols) {
      if (!text_.substr(begin).starts_with(symbol)) continue;
      position_ += symbol.size();
      return {Kind::kSymbol, std::string(symbol), "", begin};
    }
    fail(begin, "unexpected character");
  }

  std::string number() {
    std::string digits(take_while(is_digit));
    if (position_ + 1 < text_.size() && text_[position_] == '.' && is_digit(text_[position_ + 1])) {
      ++position_;
      digits += '.';
      digits += take_while(is_digit);
    }
    if (position_ < text_.size() && is_word_start(text_[position_])) {
      fail(position_, "a number ends with a digit; names that start with one need double quotes");
    }
    return digits;
  }

  /// What stands between two quotes; a doubled quote inside stands for one.
  std::string quoted(char quote, const char* what) {
    const std::size_t begin = position_++;
    std::string content;
    while (position_ < text_.size()) {
      const char c = text_[position_++];
      if (c == '\0') fail(position_ - 1, "a zero byte");
      if (c != quote) {
        content += c;
      } else if (position_ < text_.size() && text_[position_] == quote) {
        content += text_[position_++];
      } else {
        return content;
      }
    }
    fail(begin, std::string(what) + " has no closing quote");
  }

  template <typename Predicate>
  std::string_view take_while(const Predicate& predicate) {
    const std::size_t begin = position_;
    while (position_ < text_.size() && predicate(text_[position_])) ++position_;
    return text_.substr(begin, position_ - begin);
  }
  void skip_space() {
    take_while([](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  }
  [[noreturn]] void fail(std::size_t position, const std::string& reason) const {
    throw MotifError(text_, position, reason, subject_);
  }

  std::string_view text_;
  std::string_view subject_;
  std::size_t position_ = 0;
};

}  // namespace

std::vector<ExpressionToken> tokens_of(std::string_view text, std::string_view subject) {
  return Lexer(text, subject).run();
}

}  // namespace aml::graph
