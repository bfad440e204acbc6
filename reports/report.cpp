// SPDX-License-Identifier: Apache-2.0
#include "reports/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>
#include <vector>

#include "aml_report_assets.hpp"
#include "reports/html.hpp"
#include "reports/private_file.hpp"
#include "reports/story.hpp"
#include "store/error.hpp"
#include "store/gold_reader.hpp"

namespace aml::reports {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

/// What one report tells, read once.
struct Material {
  bool of_one_run = false;  ///< else the current alerts: those of the newest run of each scenario
  store::RunRow run;
  std::vector<store::RunStepRow> steps;
  std::vector<store::TypologyRow> typologies;
  std::vector<store::AlertRow> alerts;
  std::vector<store::AlertStory> stories;
};

Material read_material(store::Connection& connection, const ReportOptions& options) {
  const auto run_id = options.run_id ? options.run_id : store::newest_successful_run(connection);
  if (!run_id) {
    throw store::StoreError(store::StoreFailure::kStatement,
                            "there is nothing to report: no run has succeeded yet\n  run the "
                            "scenarios first:  aml run");
  }
  const auto run = store::find_run(connection, *run_id);
  if (!run) {
    throw store::StoreError(store::StoreFailure::kStatement,
                            fmt::format("there is no run {}\n  see:  aml list runs", *run_id));
  }
  Material material;
  material.of_one_run = options.run_id.has_value();
  material.run = *run;
  material.steps = store::run_steps(connection, *run_id);
  material.typologies = store::typologies(connection);
  store::AlertFilter filter;
  filter.run_id = options.run_id;  // without one: what the newest run of each scenario found
  material.alerts = store::list_alerts(connection, filter);
  if (options.max_stories > 0) {
    filter.limit = options.max_stories;
    material.stories = store::read_stories(connection, filter);
  }
  return material;
}

std::string head(const Material& material) {
  return fmt::format(
      R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">)"
      R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">)"
      R"(<meta name="robots" content="noindex"><title>Scenario report, run {}</title><style>{}</style></head><body>)"
      R"(<a class="skip" href="#alerts">Skip to the alerts</a>)",
      material.run.run_id, report_assets::report.text);
}

/// What the reader must know first: where its alerts come from, and of a backtest what made it one.
std::string nature(const Material& material) {
  const auto& run = material.run;
  if (!material.of_one_run) {
    return "The alerts are the current ones: of each scenario what its newest run found.";
  }
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

std::string header(const Material& material) {
  const auto& run = material.run;
  return fmt::format(
      R"(<header><p class="brand">amlgraph</p><h1>Scenario report</h1><p>Run {} of {} by {}: {} transfers between {} accounts of {} parties, )"
      R"({} in {:.1f} seconds with aml {}. {}</p><p class="confidential">Confidential: contains personal data and suspicions that are not proof.</p></header>)",
      run.run_id, escape(short_time(run.started_at)), escape(run.started_by),
      group_thousands(run.transfers), group_thousands(run.accounts), group_thousands(run.parties),
      escape(run.status), run.seconds, escape(run.program_version), nature(material));
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
  if (material.alerts.empty()) html += "<p>No scenario found anything in these data.</p>";
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
      escape(short_time(alert.last_activity_at)), escape(alert.explanation));
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

std::string how_it_was_made(const Material& material) {
  std::string html =
      R"(<section id="run"><h2>How this run was made</h2><div class="scroll"><table><caption>Stages</caption><thead><tr><th scope="col">Stage</th><th scope="col">Outcome</th>)"
      R"(<th scope="col" class="number">Rows</th><th scope="col" class="number">Seconds</th><th scope="col" class="number">Peak memory, MiB</th><th scope="col">Left out on purpose</th></tr></thead><tbody>)";
  for (const auto& step : material.steps) {
    std::string notes;
    for (const auto& note : step.notes) notes += escape(note) + "<br>";
    html += fmt::format(
        R"(<tr><th scope="row">{}</th><td>{}</td><td class="number">{}</td><td class="number">{:.2f}</td><td class="number">{}</td><td>{}</td></tr>)",
        escape(step.name), escape(step.outcome), group_thousands(step.rows), step.seconds,
        group_thousands(step.peak_memory_bytes / kMebibyte), notes);
  }
  html +=
      "</tbody></table></div><p>Everything above comes from the schema <code>gold</code>, of a "
      "backtest from <code>backtest</code>; the "
      "parameters of each scenario are in "
      "<code>aml.run_steps</code> and <code>aml.scenario_versions</code>. Scores are comparable "
      "inside one scenario only.</p></section>";
  return html;
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
  return {.run_id = material.run.run_id,
          .alerts = static_cast<std::int64_t>(material.alerts.size()),
          .stories = static_cast<std::int64_t>(material.stories.size())};
}

}  // namespace aml::reports
