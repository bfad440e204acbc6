// SPDX-License-Identifier: Apache-2.0
#include "reports/story.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/html.hpp"
#include "reports/network_picture.hpp"

namespace aml::reports {
namespace {

constexpr std::size_t kMostTransfersShown = 200;
constexpr std::size_t kMostEntitiesShown = 60;

double largest_contribution(const store::AlertStory& story) {
  double largest = 0;
  for (const auto& item : story.evidence)
    largest = std::max(largest, item.contribution.value_or(0));
  return largest;
}

std::string contribution_cell(const store::AlertEvidenceRow& item, double largest) {
  if (!item.contribution) return "<td></td>";
  const double share = largest > 0 ? std::max(*item.contribution, 0.0) / largest : 0;
  return fmt::format(
      R"(<td class="number"><span class="bar" style="width:{:.1f}rem"></span>{:.3f}</td>)",
      share * 2.5, *item.contribution);
}

std::string evidence_table(const store::AlertStory& story) {
  const double largest = largest_contribution(story);
  std::string html =
      R"(<div class="scroll"><table class="evidence"><caption>Evidence</caption><thead><tr><th scope="col">Because</th>)"
      R"(<th scope="col">Measured</th><th scope="col" class="number">Value</th><th scope="col" class="number">Held against</th>)"
      R"(<th scope="col" class="number">Adds</th></tr></thead><tbody>)";
  for (const auto& item : story.evidence) {
    html += fmt::format(
        R"(<tr><td>{}</td><td><code>{}</code></td><td class="number">{}</td><td class="number">{}</td>{}</tr>)",
        escape(item.sentence), escape(item.feature), escape(group_thousands(item.observed)),
        item.threshold ? escape(group_thousands(*item.threshold)) : std::string{},
        contribution_cell(item, largest));
  }
  return html + "</tbody></table></div>";
}

std::string transfer_row(const store::AlertTransferRow& transfer) {
  const auto party = [](const std::string& account, const std::string& owner) {
    return owner.empty() || owner == account
               ? std::string{}
               : fmt::format(R"( <span class="owner">{}</span>)", escape(owner));
  };
  return fmt::format(
      R"(<tr><td class="number">{}</td><td>{}</td><td>{}{}</td><td>{}{}</td><td class="number">{} {}</td><td>{}{}</td><td><code>{}</code></td></tr>)",
      transfer.step, escape(short_time(transfer.booked_at)), escape(transfer.from_account),
      party(transfer.from_account, transfer.from_party), escape(transfer.to_account),
      party(transfer.to_account, transfer.to_party), escape(group_thousands(transfer.amount)),
      escape(transfer.currency), escape(transfer.role),
      transfer.branch > 0 ? fmt::format(" {}", transfer.branch) : std::string{},
      escape(transfer.transfer_id));
}

std::string transfers_table(const store::AlertStory& story) {
  if (story.transfers.empty()) return {};
  std::string html =
      R"(<div class="scroll"><table class="transfers"><caption>Transfers in order</caption><thead><tr><th scope="col" class="number">Step</th>)"
      R"(<th scope="col">Booked (UTC)</th><th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Amount</th>)"
      R"(<th scope="col">Role</th><th scope="col">Transfer</th></tr></thead><tbody>)";
  const std::size_t shown = std::min(story.transfers.size(), kMostTransfersShown);
  for (std::size_t i = 0; i < shown; ++i) html += transfer_row(story.transfers[i]);
  html += "</tbody></table></div>";
  if (shown < story.transfers.size()) {
    html += fmt::format("<p>{} more transfers are in <code>gold.alert_transfers</code>.</p>",
                        story.transfers.size() - shown);
  }
  return html;
}

std::string entities_list(const store::AlertStory& story) {
  std::string html = R"(<details class="entities" open><summary>Who takes part</summary><ul>)";
  const std::size_t shown = std::min(story.entities.size(), kMostEntitiesShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& entity = story.entities[i];
    html +=
        fmt::format("<li>{} <strong>{}</strong>{}: {}</li>", escape(entity.kind), escape(entity.id),
                    entity.name.empty() ? std::string{} : " (" + escape(entity.name) + ")",
                    escape(entity.role));
  }
  if (shown < story.entities.size())
    html += fmt::format("<li>and {} more</li>", story.entities.size() - shown);
  return html + "</ul></details>";
}

std::string network_figure(const store::AlertStory& story, int number) {
  const auto picture = picture_of(story);
  if (picture.nodes.size() < 2) return {};
  const auto title = fmt::format("Network of {} {}", story.alert.subject_kind, story.alert.subject);
  std::string caption = story.transfers.empty()
                            ? "Who gave which address, e-mail or phone."
                            : "Arrows are payments: step and amount in the base currency.";
  if (picture.left_out > 0)
    caption += fmt::format(" {} more are not drawn; the tables have them all.", picture.left_out);
  return fmt::format(R"(<figure>{}<figcaption>{}</figcaption></figure>)",
                     draw(picture, title, fmt::format("n{}", number)), escape(caption));
}

std::string facts_line(const store::AlertRow& alert) {
  std::string line = fmt::format("score {:.2f}", alert.score);
  if (alert.amount) line += fmt::format(" · {} {}", group_thousands(*alert.amount), alert.currency);
  if (!alert.first_activity_at.empty()) {
    line += fmt::format(" · {} to {}", short_time(alert.first_activity_at),
                        short_time(alert.last_activity_at));
  }
  line += fmt::format(" · scenario {} v{} · first seen in run {}", alert.scenario, alert.version,
                      alert.first_run_id);
  if (alert.is_unreached)
    line += fmt::format(" · as run {} left it: later ones ended at a budget before they came to it",
                        alert.last_run_id);
  if (!alert.scored_by.empty()) line += fmt::format(" · scored by {}", alert.scored_by);
  return line;
}

}  // namespace

std::string severity_badge(const std::string& severity) {
  const char* mark = severity == "high" ? "▲▲▲" : (severity == "medium" ? "▲▲" : "▲");
  return fmt::format(R"(<span class="badge {0}"><span aria-hidden="true">{1}</span> {0}</span>)",
                     escape(severity), mark);
}

std::string story_anchor(const std::string& alert_id) {
  return "alert-" + escape(alert_id);
}

std::string story_article(const store::AlertStory& story, int number) {
  const auto& alert = story.alert;
  return fmt::format(
      R"(<article id="{}"><h3>{}. {} {}{} {}</h3><p class="why">{}</p><p class="facts">{}</p>{}{}{}{}<p class="facts">alert <code>{}</code></p></article>)",
      story_anchor(alert.alert_id), number,
      escape(alert.subject_kind == "party" ? "Party" : "Account"), escape(alert.subject),
      alert.subject_name.empty() ? std::string{} : " (" + escape(alert.subject_name) + ")",
      severity_badge(alert.severity), escape(alert.explanation), escape(facts_line(alert)),
      network_figure(story, number), evidence_table(story), transfers_table(story),
      entities_list(story), escape(alert.alert_id));
}

}  // namespace aml::reports
