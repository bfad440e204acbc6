// SPDX-License-Identifier: Apache-2.0
#include "reports/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <unordered_set>
#include <vector>

#include "aml_report_assets.hpp"
#include "reports/html.hpp"
#include "reports/private_file.hpp"
#include "reports/story.hpp"
#include "store/gold_reader.hpp"

namespace aml::reports {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

/// What one report tells, read once.
struct Material : store::GoldState {
  bool of_one_run = false;  ///< else of gold as it stands

  const store::RunRow& newest_run() const { return runs.front().run; }
};

Material read_material(store::Connection& connection, const ReportOptions& options) {
  auto state = store::read_gold_state(connection, options.run_id, options.max_stories);
  if (!state && !options.run_id) {
    throw std::invalid_argument(
        "there is nothing to report: no run has written alerts yet\n"
        "  run the scenarios first:  aml run");
  }
  if (!state) {
    throw std::invalid_argument(
        fmt::format("there is no run {}\n  see:  aml list runs", *options.run_id));
  }
  return {*std::move(state), options.run_id.has_value()};
}

std::string head(const Material& material) {
  return fmt::format(
      R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">)"
      R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">)"
      R"(<meta name="robots" content="noindex"><title>Scenario report, run {}</title><style>{}</style></head><body>)"
      R"(<a class="skip" href="#alerts">Skip to the alerts</a>)",
      material.newest_run().run_id, report_assets::report.text);
}

/// Not a run that died, was interrupted or failed on the way.
bool wrote_what_it_found(const store::RunWithSteps& of) {
  return of.run.status == "succeeded" || std::ranges::any_of(of.steps, [](const auto& step) {
           return step.name == "write gold" || step.name == "write backtest";
         });
}

/// What the reader of the findings of one run must know first.
std::string nature(const store::RunWithSteps& of) {
  const auto& run = of.run;
  if (!wrote_what_it_found(of)) return "It wrote nothing of what it found.";
  if (run.purpose != "backtest" && run.kind == "incremental")
    return "The alerts are those that this run found. It looked only at what new data can have "
           "changed; scenarios that depend on all data did not run.";
  if (run.purpose != "backtest") return "The alerts are those that this run found.";
  std::string text = "This is a backtest: these are findings, not alerts.";
  if (run.as_of_version) {
    text += fmt::format(" It read the data as of version {}.", *run.as_of_version);
  }
  if (!run.as_of.empty()) {
    text += fmt::format(" It saw what was booked until {}.", escape(short_time(run.as_of)));
  }
  for (const auto& change : run.overrides) text += fmt::format(" <code>{}</code>", escape(change));
  return text;
}

std::string data_of(const store::RunRow& run) {
  return fmt::format("{} transfers between {} accounts of {} parties",
                     group_thousands(run.transfers), group_thousands(run.accounts),
                     group_thousands(run.parties));
}

/// Why the current alerts of a scenario are not all there is to know; empty: they are.
std::string incompleteness(const store::ScenarioStand& scenario) {
  std::string text;
  if (scenario.is_truncated) {
    text = fmt::format("budget reached in run {}, alerts may be missing", scenario.last_run_id);
    if (scenario.unreached > 0)
      text += fmt::format("; alerts that stand as earlier runs left them: {}",
                          group_thousands(scenario.unreached));
  }
  if (scenario.failed_run_id)
    text += fmt::format("{}failed in run {}", text.empty() ? "" : "; ", *scenario.failed_run_id);
  return text;
}

std::string where_gold_stands(const Material& material) {
  const auto& run = material.newest_run();
  std::string html = fmt::format(
      R"(<p>Gold as run {} of {} by {} left it: {}, with aml {}. The alerts are the current ones: of each scenario what its newest run found (<a href="#run">which run that was</a>).</p>)",
      run.run_id, escape(short_time(run.started_at)), escape(run.started_by), data_of(run),
      escape(run.program_version));
  for (const auto& scenario : material.scenarios) {
    const auto text = incompleteness(scenario);
    if (!text.empty())
      html += fmt::format(R"(<p class="incomplete">{}: {}.</p>)", escape(scenario.title), text);
  }
  return html;
}

std::string header(const Material& material) {
  const auto& run = material.newest_run();
  return fmt::format(
      R"(<header><p class="brand">amlgraph</p><h1>Scenario report</h1>{}<p class="confidential">Confidential: contains personal data and suspicions that are not proof.</p></header>)",
      material.of_one_run
          ? fmt::format("<p>Run {} of {} by {}: {}, {} in {:.1f} seconds with aml {}. {}</p>",
                        run.run_id, escape(short_time(run.started_at)), escape(run.started_by),
                        data_of(run), escape(run.status), run.seconds, escape(run.program_version),
                        nature(material.runs.front()))
          : where_gold_stands(material));
}

struct Counts {
  int high = 0, medium = 0, low = 0;
  int all() const { return high + medium + low; }
  void add(const std::string& severity) {
    if (severity == "high") {
      ++high;
    } else if (severity == "medium") {
      ++medium;
    } else {
      ++low;
    }
  }
};

std::string title_of(const Material& material, const std::string& typology) {
  const auto found =
      std::ranges::find(material.typologies, typology, &store::TypologyRow::typology);
  return found == material.typologies.end() ? typology : found->title;
}

std::string summary(const Material& material) {
  Counts total;
  std::map<std::string, Counts> by_typology;
  std::unordered_set<std::string> subjects;
  for (const auto& alert : material.alerts) {
    total.add(alert.severity);
    by_typology[alert.typology].add(alert.severity);
    subjects.insert(alert.subject_kind + ' ' + alert.subject);
  }
  const auto card = [](const std::string& what, int count, const char* css) {
    return fmt::format(R"(<div class="card {}"><dt>{}</dt><dd>{}</dd></div>)", css, what,
                       group_thousands(count));
  };
  std::string html = R"(<section id="summary"><h2>Summary</h2><dl class="cards">)";
  html += card("alerts", total.all(), "") +
          card("subjects", static_cast<int>(subjects.size()), "") +
          card("▲▲▲ high", total.high, "high") + card("▲▲ medium", total.medium, "medium") +
          card("▲ low", total.low, "low");
  html +=
      R"(</dl><div class="scroll"><table><caption>Alerts by typology</caption><thead><tr><th scope="col">Typology</th><th scope="col" class="number">High</th>)"
      R"(<th scope="col" class="number">Medium</th><th scope="col" class="number">Low</th><th scope="col" class="number">All</th></tr></thead><tbody>)";
  for (const auto& [typology, counts] : by_typology) {
    html += fmt::format(
        R"(<tr><th scope="row"><a href="#typology-{}">{}</a></th><td class="number">{}</td><td class="number">{}</td><td class="number">{}</td><td class="number"><span class="bar" style="width:{:.1f}rem"></span>{}</td></tr>)",
        escape(typology), escape(title_of(material, typology)), counts.high, counts.medium,
        counts.low, 6.0 * counts.all() / std::max(total.all(), 1), counts.all());
  }
  html += "</tbody></table></div>";
  if (material.alerts.empty() && wrote_what_it_found(material.runs.front()))
    html += "<p>No scenario found anything in these data.</p>";
  return html + "</section>";
}

std::string alert_row(const store::AlertRow& alert, bool is_told) {
  const std::string subject =
      fmt::format("{} {}", escape(alert.subject_kind), escape(alert.subject));
  return fmt::format(
      R"(<tr><td>{}</td><td class="number">{:.2f}</td><td>{}</td><td class="number">{}</td><td>{}</td><td>{}</td></tr>)",
      severity_badge(alert.severity), alert.score,
      is_told ? fmt::format(R"(<a href="#{}">{}</a>)", story_anchor(alert.alert_id), subject)
              : subject,
      alert.amount
          ? fmt::format("{} {}", escape(group_thousands(*alert.amount)), escape(alert.currency))
          : std::string{},
      escape(short_time(alert.last_activity_at)),
      alert.is_unreached
          ? fmt::format("{} (As run {} left it.)", escape(alert.explanation), alert.last_run_id)
          : escape(alert.explanation));
}

std::string typology_section(const Material& material, const std::string& typology,
                             const std::unordered_set<std::string>& told, int& number) {
  std::string html = fmt::format(R"(<section id="typology-{}"><h2>{}</h2>)", escape(typology),
                                 escape(title_of(material, typology)));
  for (const auto& row : material.typologies) {
    if (row.typology != typology) continue;
    html += fmt::format(R"(<p>{}</p><p class="facts">Source: {}</p>)", escape(row.description),
                        escape(row.reference));
  }
  html += fmt::format(
      R"(<div class="scroll"><table class="queue"><caption>All alerts: {}</caption><thead><tr><th scope="col">Severity</th><th scope="col" class="number">Score</th>)"
      R"(<th scope="col">Subject</th><th scope="col" class="number">Amount</th><th scope="col">Last activity</th><th scope="col">Why</th></tr></thead><tbody>)",
      escape(title_of(material, typology)));
  for (const auto& alert : material.alerts) {
    if (alert.typology == typology) html += alert_row(alert, told.contains(alert.alert_id));
  }
  html += "</tbody></table></div>";
  for (const auto& story : material.stories) {
    if (story.alert.typology == typology) html += story_article(story, ++number);
  }
  return html + "</section>";
}

std::string alerts(const Material& material) {
  std::unordered_set<std::string> told;
  for (const auto& story : material.stories) told.insert(story.alert.alert_id);
  std::vector<std::string> typologies;
  for (const auto& alert : material.alerts) {
    if (std::ranges::find(typologies, alert.typology) == typologies.end())
      typologies.push_back(alert.typology);
  }
  std::ranges::sort(typologies);
  std::string html = R"(<div id="alerts">)";
  if (material.stories.size() < material.alerts.size()) {
    html += fmt::format(
        "<p>The {} most severe of {} alerts are told in full; all are in the tables.</p>",
        material.stories.size(), material.alerts.size());
  }
  int number = 0;
  for (const auto& typology : typologies)
    html += typology_section(material, typology, told, number);
  return html + "</div>";
}

std::string lines_of(const std::vector<std::string>& notes) {
  std::string html;
  for (const auto& note : notes) html += escape(note) + "<br>";
  return html;
}

const store::RunRow& run_of(const Material& material, const store::ScenarioStand& scenario) {
  return std::ranges::find(material.runs, scenario.last_run_id,
                           [](const auto& each) { return each.run.run_id; })
      ->run;
}

std::string which_run_found_what(const Material& material) {
  std::string html =
      R"(<div class="scroll"><table><caption>Which run found what</caption><thead><tr><th scope="col">Scenario</th><th scope="col" class="number">Version</th><th scope="col" class="number">Newest run</th>)"
      R"(<th scope="col">Kind</th><th scope="col">Began</th><th scope="col" class="number">Alerts</th><th scope="col" class="number">New in it</th><th scope="col">Outcome</th></tr></thead><tbody>)";
  for (const auto& scenario : material.scenarios) {
    const auto& run = run_of(material, scenario);
    const auto text = incompleteness(scenario);
    html += fmt::format(
        R"(<tr><th scope="row">{}</th><td class="number">{}</td><td class="number">{}</td><td>{}</td><td>{}</td><td class="number">{}</td><td class="number">{}</td><td>{}</td></tr>)",
        escape(scenario.scenario), scenario.version, scenario.last_run_id, escape(run.kind),
        escape(short_time(run.started_at)), group_thousands(scenario.alerts),
        group_thousands(scenario.added), text.empty() ? "ok" : text);
  }
  return html + "</tbody></table></div>";
}

std::string stages(const store::RunWithSteps& of) {
  std::string html = fmt::format(
      R"(<div class="scroll"><table><caption>Stages of run {}, {}</caption><thead><tr><th scope="col">Stage</th><th scope="col">Outcome</th>)"
      R"(<th scope="col" class="number">Rows</th><th scope="col" class="number">Seconds</th><th scope="col" class="number">Peak memory, MiB</th><th scope="col">Notes</th></tr></thead><tbody>)",
      of.run.run_id, escape(of.run.kind));
  for (const auto& step : of.steps) {
    html += fmt::format(
        R"(<tr><th scope="row">{}</th><td>{}</td><td class="number">{}</td><td class="number">{:.2f}</td><td class="number">{}</td><td>{}</td></tr>)",
        escape(step.name), escape(step.outcome), group_thousands(step.rows), step.seconds,
        group_thousands(step.peak_memory_bytes / kMebibyte), lines_of(step.notes));
  }
  return html + "</tbody></table></div>";
}

std::string how_it_was_made(const Material& material) {
  std::string html = R"(<section id="run"><h2>How this was made</h2>)";
  if (!material.of_one_run) html += which_run_found_what(material);
  for (const auto& run : material.runs) html += stages(run);
  return html +
         "<p>Everything above comes from the schema <code>gold</code>, of a "
         "backtest from <code>backtest</code>; the "
         "parameters of each scenario are in "
         "<code>aml.run_steps</code> and <code>aml.scenario_versions</code>. Scores are comparable "
         "inside one scenario only.</p></section>";
}

std::string page(const Material& material) {
  return head(material) + header(material) + "<main>" + summary(material) + alerts(material) +
         how_it_was_made(material) + "</main></body></html>\n";
}

}  // namespace

WrittenReport write_report(store::Connection& connection, const std::string& out,
                           const ReportOptions& options) {
  const auto material = read_material(connection, options);
  write_private_file(out, page(material));
  return {.run_id = material.newest_run().run_id,
          .alerts = static_cast<std::int64_t>(material.alerts.size()),
          .stories = static_cast<std::int64_t>(material.stories.size())};
}

}  // namespace aml::reports
