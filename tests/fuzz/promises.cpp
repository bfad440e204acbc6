// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/promises.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "graph/motif_pattern.hpp"

namespace aml::fuzz {

void expect(bool is_kept, std::string_view promise, std::string_view shown_by) {
  if (is_kept) return;
  std::cerr << "broken promise: " << promise << '\n' << shown_by << std::endl;
  std::abort();
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> pieces;
  for (;;) {
    const std::size_t end = text.find(separator);
    pieces.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + separator.size());
  }
}

void expect_motif_error(const std::invalid_argument& error, std::string_view subject,
                        std::string_view text) {
  const std::string_view words = error.what();
  expect(words.starts_with("bad " + std::string(subject) + ": "), "an error names its text", words);
  const auto* placed = dynamic_cast<const graph::MotifError*>(&error);
  expect(placed != nullptr, "an error of a text has a position", words);
  expect(placed->position() <= text.size(), "an error lies inside its text", words);
  expect(words.ends_with('^'), "an error shows its place", words);
}

void expect_closed_sql(std::string_view sql) {
  int open = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    if (c == '\'' || c == '"') {
      const bool has_escapes = c == '\'' && i > 0 && sql[i - 1] == 'E';
      do {
        ++i;
        if (has_escapes && i < sql.size() && sql[i] == '\\') i += 2;
        expect(i < sql.size(), "every quote in SQL is closed", sql);
      } while (sql[i] != c);
      continue;
    }
    open += c == '(' ? 1 : c == ')' ? -1 : 0;
    expect(open >= 0, "every parenthesis in SQL is opened before it is closed", sql);
    const std::string_view rest = sql.substr(i);
    expect(c != ';' && c != '\0' && !rest.starts_with("--") && !rest.starts_with("/*"),
           "SQL is one statement without comments", sql);
  }
  expect(open == 0, "every parenthesis in SQL is closed", sql);
}

MemoryFile::MemoryFile(std::string_view content)
    : descriptor_(::memfd_create("fuzzed", 0)),
      path_("/proc/self/fd/" + std::to_string(descriptor_)) {
  while (!content.empty()) {
    const auto written = ::write(descriptor_, content.data(), content.size());
    expect(written > 0, "a file in memory can be written");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

MemoryFile::~MemoryFile() {
  ::close(descriptor_);
}

}  // namespace aml::fuzz
