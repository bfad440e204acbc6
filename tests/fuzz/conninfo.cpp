// SPDX-License-Identifier: Apache-2.0
// The input is a connection string, and after a line "====" the words of a server. Wherever the word
// kSecret is part of a password, no message shows it.
#include "store/conninfo.hpp"

#include <algorithm>
#include <optional>

#include "store/error.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

constexpr std::string_view kSecret = "HuShHuSh";

bool holds_secret(std::string_view text) {
  return text.find(kSecret) != std::string_view::npos;
}

/// A password, or a name of a database that libpq takes literally and that reads like a target.
bool must_be_hidden(const store::ConninfoOption& option) {
  const std::string& value = option.value;
  return option.is_secret || (option.keyword == "dbname" && (value.starts_with("postgres://") ||
                                                             value.starts_with("postgresql://") ||
                                                             value.find('=') != std::string::npos));
}

/// The options; nullopt if libpq cannot read the text, which is told without what may be secret.
std::optional<std::vector<store::ConninfoOption>> options_of(const std::string& text) {
  try {
    return store::parse_conninfo(text);
  } catch (const store::StoreError& error) {
    expect(error.failure() == store::StoreFailure::kUnreachable, "a bad target is unreachable");
    const bool names_password =
        text.find("password") != std::string::npos || text.find('@') != std::string::npos;
    expect(!names_password || !holds_secret(error.what()), "a refusal shows no password",
           error.what());
    return std::nullopt;
  }
}

void check(const std::string& text, const std::string& words) {
  const store::Target target{text, "fuzzed"};
  const auto options = options_of(text);
  if (!options) {
    expect(describe(target) == "an unreadable connection string",
           "what cannot be read is not shown");
    return;
  }
  const auto again = store::parse_conninfo(quote_conninfo(*options));
  const auto is_same = [](const auto& a, const auto& b) {
    return a.keyword == b.keyword && a.value == b.value && a.is_secret == b.is_secret;
  };
  expect(std::ranges::equal(*options, again, is_same), "options read as they are written", text);

  std::string spoken = words;
  for (const store::ConninfoOption& option : *options) {
    if (must_be_hidden(option)) {
      spoken += " " + option.value;
    } else if (holds_secret(option.value)) {
      return;  // no secret after all
    }
  }
  expect(!holds_secret(describe(target)), "a description shows no password", describe(target));
  if (holds_secret(words)) return;  // a server that knows it from elsewhere
  try {
    throw_unreachable(target, spoken);
  } catch (const store::StoreError& error) {
    expect(!holds_secret(error.what()), "a message shows no password", error.what());
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto pieces = aml::fuzz::split(aml::fuzz::text_of(bytes, size), "\n====\n");
  // What comes from a command line or the environment holds no zero byte.
  if (pieces[0].find('\0') != std::string::npos) return 0;
  aml::fuzz::check(pieces[0], pieces.size() > 1 ? pieces[1] : "");
  return 0;
}
