// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace aml::cli {
namespace {

bool quiet = false;

bool set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool colour_wanted(bool no_color) {
  const char* term = std::getenv("TERM");
  return stderr_is_terminal() && !no_color && !set("NO_COLOR") &&
         !(term != nullptr && std::string_view(term) == "dumb");
}

/// Messages name files and quote what stands in them, which others have written.
std::string printable_lines(std::string_view message) {
  std::string lines;
  for (;;) {
    const std::size_t end = message.find('\n');
    lines += printable(message.substr(0, end));
    if (end == std::string_view::npos) return lines;
    lines += '\n';
    message.remove_prefix(end + 1);
  }
}

}  // namespace

void keep_standard_streams_apart() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1) continue;
    // The lowest number is free, so it is this one; opened the wrong way round, its use is an error.
    const int opened = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened != stream) std::abort();
  }
}

void set_up_console(Verbosity verbosity, bool no_color) {
  quiet = verbosity == Verbosity::kQuiet;
  auto logger = spdlog::stderr_color_st(
      "aml", colour_wanted(no_color) ? spdlog::color_mode::always : spdlog::color_mode::never);
  logger->set_pattern("%v");
  logger->set_level(
      quiet ? spdlog::level::warn
            : (verbosity == Verbosity::kVerbose ? spdlog::level::debug : spdlog::level::info));
  spdlog::set_default_logger(logger);
}

void say(const std::string& message) {
  spdlog::info("{}", printable_lines(message));
}
void detail(const std::string& message) {
  spdlog::debug("{}", printable_lines(message));
}

void warn(const std::string& message) {
  spdlog::set_pattern("%^warning:%$ %v");
  spdlog::warn("{}", printable_lines(message));
  spdlog::set_pattern("%v");
}

void complain(const std::string& message) {
  spdlog::set_pattern("%^error:%$ %v");
  spdlog::error("{}", printable_lines(message));
  spdlog::set_pattern("%v");
}

std::string printable(std::string_view text) {
  static constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  const auto follows = [&](std::size_t at, unsigned char low, unsigned char high) {
    return at < text.size() && static_cast<unsigned char>(text[at]) >= low &&
           static_cast<unsigned char>(text[at]) <= high;
  };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20U || byte == 0x7FU) {
      result += kReplacement;
    } else if (byte == 0xC2U && follows(i + 1, 0x80, 0x9F)) {  // U+0080..U+009F
      result += kReplacement;
      i += 1;
    } else if (byte == 0xE2U && ((follows(i + 1, 0x80, 0x80) && follows(i + 2, 0xAA, 0xAE)) ||
                                 (follows(i + 1, 0x81, 0x81) &&
                                  follows(i + 2, 0xA6, 0xA9)))) {  // U+202A.., U+2066..
      result += kReplacement;
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool stdout_is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}
bool stderr_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

Stage::Stage(std::string name) : name_(std::move(name)) {
  if (!quiet && stderr_is_terminal()) fmt::print(stderr, "{} ...", name_);
}

Stage::~Stage() {
  if (!ended_) erase_line();
}

void Stage::erase_line() const {
  if (!quiet && stderr_is_terminal()) fmt::print(stderr, "\r\033[K");
}

void Stage::progress(const std::string& text) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (quiet || !stderr_is_terminal() || now - last_shown_ < 200ms) return;
  last_shown_ = now;
  fmt::print(stderr, "\r\033[K{} ... {}", name_, printable(text));
  std::fflush(stderr);
}

void Stage::done(const std::string& text) {
  if (ended_) return;
  ended_ = true;
  erase_line();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_;
  say(fmt::format("{:<28} {:>10}{}{}", name_, human_seconds(took.count()), text.empty() ? "" : "  ",
                  text));
}

std::string human_count(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_seconds(double seconds) {
  if (seconds < 60) return fmt::format("{:.2f} s", seconds);
  const auto whole = static_cast<long>(std::lround(seconds));
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

}  // namespace aml::cli
