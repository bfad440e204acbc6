// SPDX-License-Identifier: Apache-2.0
// Talk on stderr: messages, stages, progress. Data goes to stdout, see table.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace aml::cli {

enum class Verbosity { kQuiet, kNormal, kVerbose };

/// Once, before any file is opened: a standard stream that the caller closed stays unusable, instead of being the next file or the
/// connection to the database.
void keep_standard_streams_apart();

/// Sets up messages once, at the start: colour only on a terminal, without NO_COLOR, TERM=dumb and
/// --no-color.
void set_up_console(Verbosity verbosity, bool no_color);

void say(const std::string& message);       ///< news; not with --quiet
void detail(const std::string& message);    ///< only with --verbose
void warn(const std::string& message);      ///< "warning: ..."
void complain(const std::string& message);  ///< "error: ..."

/// A stage of work: on a terminal one line that is rewritten while it goes on, elsewhere one line
/// with its time at its end.
class Stage {
 public:
  explicit Stage(std::string name);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void progress(const std::string& text);   ///< at most five times a second, on a terminal only
  void done(const std::string& text = {});  ///< ends the stage with what it did

 private:
  void erase_line() const;
  std::string name_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_shown_{};
  bool ended_ = false;
};

/// The text without what could steer a terminal or reorder a line: control characters and bidirectional overrides become U+FFFD.
std::string printable(std::string_view text);

bool stdout_is_terminal();
bool stderr_is_terminal();

std::string human_count(std::uint64_t n);      ///< "201,571"
std::string human_bytes(std::uint64_t bytes);  ///< "1.4 GiB"
std::string human_seconds(double seconds);     ///< "0.42 s", "3 min 05 s"

}  // namespace aml::cli
