// SPDX-License-Identifier: Apache-2.0
#include "cli/asked_time.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>
#include <string_view>

#include "graph/motif_value.hpp"
#include "store/version_history.hpp"

namespace aml::cli {

AskedTime asked_time(const char* option, const std::string& text) {
  constexpr std::size_t kDayLength = std::string_view("2024-03-31").size();
  const auto at = graph::parse_time_point(text);
  if (!at)
    throw std::invalid_argument(fmt::format(
        "{}: expected a day or a time such as 2024-03-31 or 2024-03-31T18:00Z, got \"{}\"", option,
        text));
  const auto micros = static_cast<graph::Micros>(at->micros);
  return {micros, text.size() == kDayLength ? micros + graph::kMicrosPerDay - 1 : micros};
}

std::optional<graph::Micros> as_of_time(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  if (text->find_first_not_of("0123456789") == std::string::npos)
    throw std::invalid_argument(
        fmt::format("--as-of {}: expected a day or a time of booking; a version of the data is "
                    "asked for with --as-of-version {}",
                    *text, *text));
  return asked_time("--as-of", *text).until;
}

std::int64_t asked_version(store::Connection& connection, const char* option,
                           const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos)
    return store::version_at(connection, asked_time(option, text).until);
  const std::int64_t newest = store::newest_version(connection);
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error == std::errc() && version <= newest) return version;
  throw std::invalid_argument(fmt::format(
      "{}: there is no version {}, the newest is {}\n  see:  aml history", option, text, newest));
}

}  // namespace aml::cli
