// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/load.hpp"
#include "cli/metrics.hpp"
#include "cli/run.hpp"
#include "cli/stop_signal.hpp"
#include "cli/target.hpp"
#include "reports/private_file.hpp"
#include "scenarios/continuous_detection.hpp"
#include "store/error.hpp"
#include "store/landing_folder.hpp"
#include "store/run_ledger.hpp"
#include "store/server_facts.hpp"

namespace aml::cli {
namespace {

using Milliseconds = std::chrono::milliseconds;

Milliseconds milliseconds(double seconds) {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::duration<double>(seconds));
}

/// What goes by itself: a server that restarts or is still to be promoted, another load or run, a full disk that somebody clears.
bool will_pass(const store::StoreError& error) {
  const auto is_of_class = [&](std::string_view state) {
    return error.sqlstate().starts_with(state);
  };
  return error.retryable() || error.failure() == store::StoreFailure::kUnreachable ||
         error.failure() == store::StoreFailure::kLocked ||
         is_of_class("53") /* insufficient resources */ ||
         is_of_class("57") /* operator intervention */;
}

/// 1, 2, 4 ... seconds, up to a minute.
Milliseconds back_off(int failures) {
  constexpr int kLongest = 60;
  constexpr int kMostDoublings = 6;
  return std::chrono::seconds(std::min(kLongest, 1 << std::min(failures - 1, kMostDoublings)));
}

/// Also while nothing comes that would be written: whoever starts it on a standby shall know.
store::Connection connect_to_write(const GlobalOptions& global) {
  auto connection = connect_ready(global);
  store::require_writable(connection);
  return connection;
}

class Watch {
 public:
  Watch(const GlobalOptions& global, const WatchOptions& options)
      : global_(global),
        options_(options),
        connection_(connect_to_write(global)),
        detection_(scenarios_to_run(*connection_, options.run),
                   telling_progress(*connection_, options.run), milliseconds(options.full_every)) {
    for (const auto& file : options.load.sources)
      sources_.push_back({open_source(file, options.load)});
    for (const auto& folder : options.load.paths) {
      if (!std::filesystem::is_directory(folder))
        throw std::invalid_argument(fmt::format("{}: there is no such folder to watch", folder));
      folders_.emplace_back(folder, milliseconds(options.settle));
    }
  }

  void until_stopped() {
    const StopSignal stop;
    bool has_looked = false;
    while (!StopSignal::wait_for(pause_)) {
      try {
        if (!connection_) connection_ = connect_to_write(global_);
        look(*connection_);
        if (failures_ > 0) say("Going on.");
        has_looked = true;
        failures_ = 0;
        pause_ = milliseconds(options_.every);
      } catch (const store::StoreError& error) {
        if (!will_pass(error)) throw;
        // With the connection goes the lock of who detects: not because somebody else loads.
        if (error.failure() != store::StoreFailure::kLocked) disconnect();
        try_again_after(explain(error, global_));
      } catch (const std::system_error& error) {
        if (!has_looked) throw;  // later a folder is away, or a disk of ours is full
        disconnect();            // another watch may have what this one is missing
        try_again_after(error.what());
      }
    }
  }

 private:
  void try_again_after(const std::string& what) {
    pause_ = back_off(++failures_);
    warn(fmt::format("{}\n  trying again in {} s", what, pause_ / std::chrono::seconds(1)));
  }

  void disconnect() {
    connection_.reset();
    detects_ = false;
  }

  /// Of several that watch with the same scenarios one detects; all load. Another one takes over when its session has ended.
  bool detects(store::Connection& connection) {
    if (detects_) return true;
    const auto other = store::try_watch_lock(connection, detection_.scenario_ids());
    if (!other && stands_by_)
      say("The other aml watch has ended: this one runs the scenarios now.");
    if (other && !stands_by_)
      say(
          fmt::format("Another aml watch (server process {}) runs the same scenarios: this one "
                      "loads, and takes over when that one ends.",
                      *other));
    detects_ = !other;
    stands_by_ = !detects_;
    return detects_;
  }

  /// A source that fails is left alone for a while; the folders and other sources are not.
  struct WatchedSource {
    OpenSource source;
    int failures = 0;
    std::chrono::steady_clock::time_point rests_until = {};
  };

  /// One look: what is new in the folders and sources into silver, and if silver is newer than gold, a run.
  void look(store::Connection& connection) {
    for (auto& folder : folders_) load_from(connection, folder);
    for (auto& source : sources_) load_from(connection, source);
    if (!StopSignal::requested() && detects(connection) && detection_.is_due(connection))
      run(connection);
    if (!options_.metrics.empty()) tell_metrics(connection);
  }

  /// They count the whole ledger, which grows: a twentieth of the time is enough for them.
  void tell_metrics(store::Connection& connection) {
    constexpr int kShare = 20;
    const auto start = std::chrono::steady_clock::now();
    if (start < metrics_rest_until_) return;
    write_metrics(connection, options_.metrics);
    const auto end = std::chrono::steady_clock::now();
    metrics_rest_until_ = end + kShare * (end - start);
  }

  void load_from(store::Connection& connection, store::LandingFolder& folder) {
    const auto paths = folder.files_ready(std::chrono::steady_clock::now());
    if (paths.empty() || StopSignal::requested()) return;
    // If one of them cannot be loaded, the others shall not wait for it.
    if (!load(connection, paths)) {
      for (const auto& path : paths) {
        if (StopSignal::requested()) return;
        load(connection, {path});
        folder.mark_done(path);
      }
    }
    for (const auto& path : paths) folder.mark_done(path);
  }

  void load_from(store::Connection& connection, WatchedSource& watched) {
    using Kind = store::FileOutcome::Kind;
    const auto now = std::chrono::steady_clock::now();
    if (now < watched.rests_until || StopSignal::requested()) return;
    const auto outcome = load_source_with_progress(connection, watched.source, options_.load,
                                                   /*is_quiet=*/true);
    explain_outcomes({outcome});
    if (outcome.kind == Kind::kLoaded || outcome.kind == Kind::kAlreadyKnown) {
      if (watched.failures > 0) say(fmt::format("{}: going on.", outcome.path));
      watched.failures = 0;
      return;
    }
    const auto pause = back_off(++watched.failures);
    watched.rests_until = std::chrono::steady_clock::now() + pause;
    warn(fmt::format("{}: trying again in {} s", outcome.path, pause / std::chrono::seconds(1)));
  }

  /// False if nothing was loaded, because of what was said.
  bool load(store::Connection& connection, const std::vector<std::string>& paths) {
    LoadOptions options = options_.load;
    options.paths = paths;
    try {
      explain_outcomes(load_with_progress(connection, options));
      return true;
    } catch (const store::StoreError& error) {
      if (error.failure() != store::StoreFailure::kRefusedData) throw;
      if (paths.size() == 1) complain(error.what());
      return false;
    }
  }

  void run(store::Connection& connection) {
    const auto outcome =
        run_with_lineage(connection, options_.run, [&] { return detection_.run(connection); });
    std::int64_t added = 0;
    std::int64_t gone = 0;
    for (const auto& scenario : outcome.scenarios) {
      added += scenario.counts.added;
      gone += scenario.counts.gone;
    }
    say(fmt::format("Run {} {} in {}: {} new alerts, {} gone.", outcome.run_id, outcome.status,
                    human_seconds(outcome.seconds), added, gone));
    if (!options_.run.summary.empty())
      reports::write_private_file(options_.run.summary, scenarios::to_json(outcome) + '\n');
  }

  const GlobalOptions& global_;
  const WatchOptions& options_;
  std::optional<store::Connection> connection_;  ///< none while the database does not answer
  scenarios::ContinuousDetection detection_;
  bool detects_ = false;    ///< this connection holds the lock
  bool stands_by_ = false;  ///< another one was seen to hold it
  std::vector<store::LandingFolder> folders_;
  std::vector<WatchedSource> sources_;
  std::chrono::steady_clock::time_point metrics_rest_until_;
  int failures_ = 0;  ///< looks that failed since one did not
  Milliseconds pause_{0};
};

}  // namespace

int run_watch(const GlobalOptions& global, const WatchOptions& options) {
  Watch watch(global, options);
  say(fmt::format("Looking every {} s; Ctrl-C or SIGTERM stops.", options.every));
  watch.until_stopped();
  say("Stopped.");
  return kOk;
}

}  // namespace aml::cli
