// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/target.hpp"
#include "store/gold_reader.hpp"

namespace aml::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string score_text(const std::optional<double>& score) {
  return score ? fmt::format("{:.3f}", *score) : std::string("-");
}

std::string headline(const store::EntityRow& entity) {
  std::string text = fmt::format("{} {}", entity.kind == "party" ? "Party" : "Account", entity.id);
  if (!entity.name.empty()) text += fmt::format(" ({})", entity.name);
  if (!entity.party_id.empty()) text += fmt::format(", owned by party {}", entity.party_id);
  if (!entity.accounts.empty())
    text += fmt::format(", accounts {}", fmt::join(entity.accounts, ", "));
  if (entity.kind == "party") {
    text += fmt::format(" - base risk {}, propagated risk {}", score_text(entity.base_risk),
                        score_text(entity.risk_score));
  } else {
    text += fmt::format(" - anomaly score {}", score_text(entity.anomaly_score));
  }
  return text;
}

void print_line(const std::string& line) {
  fmt::print("{}\n", printable(line));
}

void print_story(const store::AlertStory& story) {
  const auto& alert = story.alert;
  print_line("");
  print_line(fmt::format("[{}] {} - score {:.2f} - scenario {} v{} - alert {}", alert.severity,
                         alert.title, alert.score, alert.scenario, alert.version, alert.alert_id));
  print_line("  " + alert.explanation);
  if (alert.is_unreached)
    print_line(
        fmt::format("  As run {} left it: later ones ended at a budget before they came to it.",
                    alert.last_run_id));
  if (!alert.scored_by.empty()) print_line(fmt::format("  Scored by {}.", alert.scored_by));
  for (const auto& item : story.evidence) {
    const auto held = item.threshold ? fmt::format(" [{}: {}, held against {}]", item.feature,
                                                   item.observed, *item.threshold)
                                     : "";
    print_line("   - " + item.sentence + held);
  }
  if (story.transfers.empty()) return;
  print_line("  Transfers in order:");
  for (const auto& transfer : story.transfers) {
    print_line(fmt::format("   {:>3}. {}  {} -> {}  {} {}  ({}{}; {})", transfer.step,
                           transfer.booked_at, transfer.from_account, transfer.to_account,
                           transfer.amount, transfer.currency, transfer.role,
                           transfer.branch > 0 ? fmt::format(" {}", transfer.branch) : "",
                           transfer.transfer_id));
  }
}

Json as_json(const store::AlertStory& story) {
  const auto& alert = story.alert;
  Json object{{"alert", alert.alert_id},
              {"scenario", alert.scenario},
              {"version", alert.version},
              {"typology", alert.typology},
              {"severity", alert.severity},
              {"score", alert.score},
              {"subject_kind", alert.subject_kind},
              {"subject", alert.subject},
              {"explanation", alert.explanation}};
  object["scored_by"] = alert.scored_by.empty() ? Json(nullptr) : Json(alert.scored_by);
  object["last_run"] = alert.last_run_id;
  object["is_unreached"] = alert.is_unreached;
  object["amount"] = alert.amount ? Json(*alert.amount) : Json(nullptr);
  object["currency"] = alert.currency;
  object["evidence"] = Json::array();
  for (const auto& item : story.evidence) {
    object["evidence"].push_back(
        {{"feature", item.feature},
         {"observed", item.observed},
         {"threshold", item.threshold ? Json(*item.threshold) : Json(nullptr)},
         {"contribution", item.contribution ? Json(*item.contribution) : Json(nullptr)},
         {"sentence", item.sentence}});
  }
  object["transfers"] = Json::array();
  for (const auto& transfer : story.transfers) {
    object["transfers"].push_back({{"step", transfer.step},
                                   {"branch", transfer.branch},
                                   {"role", transfer.role},
                                   {"transfer_id", transfer.transfer_id},
                                   {"booked_at", transfer.booked_at},
                                   {"from_account", transfer.from_account},
                                   {"to_account", transfer.to_account},
                                   {"amount", transfer.amount},
                                   {"currency", transfer.currency}});
  }
  return object;
}

/// A row for each transfer of each alert (one without transfer columns for an alert that has none).
Table as_table(const std::vector<store::AlertStory>& stories) {
  Table table{{"alert", "severity", "scenario", "explanation", "step", "role", "transfer",
               "booked_at", "from_account", "to_account", "amount", "currency"},
              {}};
  for (const auto& story : stories) {
    const std::vector<Cell> head{story.alert.alert_id, story.alert.severity, story.alert.scenario,
                                 story.alert.explanation};
    if (story.transfers.empty()) {
      auto row = head;
      row.resize(table.columns.size());
      table.rows.push_back(std::move(row));
    }
    for (const auto& transfer : story.transfers) {
      auto row = head;
      row.insert(row.end(), {std::int64_t{transfer.step}, transfer.role, transfer.transfer_id,
                             transfer.booked_at, transfer.from_account, transfer.to_account,
                             transfer.amount, transfer.currency});
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace

int run_explain(const GlobalOptions& global, const std::string& entity) {
  auto connection = connect_ready(global);
  const auto entities = store::find_entities(connection, entity);
  if (entities.empty()) {
    complain(fmt::format("there is no account and no party '{}' in {}", entity,
                         store::describe(connection.target())));
    return kUsage;
  }
  store::AlertFilter filter;
  filter.entity = entity;
  const auto stories = store::read_stories(connection, filter);
  switch (global.format.value_or(Format::kTable)) {
    case Format::kTable:
      for (const auto& row : entities) print_line(headline(row));
      if (stories.empty()) fmt::print("\nNot flagged by the newest run of any scenario.\n");
      for (const auto& story : stories) print_story(story);
      break;
    case Format::kCsv:
      print(as_table(stories), Format::kCsv);
      break;
    case Format::kJson: {
      auto array = Json::array();
      for (const auto& story : stories) array.push_back(as_json(story));
      fmt::print("{}\n", array.dump(2, ' ', false, Json::error_handler_t::replace));
      break;
    }
  }
  return kOk;
}

}  // namespace aml::cli
