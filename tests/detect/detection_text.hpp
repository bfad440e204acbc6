// SPDX-License-Identifier: Apache-2.0
// Everything in a Detection as one text, doubles to the last bit: equal texts are equal detections.
#pragma once

#include <fmt/format.h>

#include <string>

#include "detect/finding.hpp"

namespace aml::detect {

inline std::string finding_text(const Finding& finding) {
  const auto optional_text = [](const auto& value) {
    return value ? fmt::format("{}", *value) : std::string("none");
  };
  std::string text =
      fmt::format("{} {} [{}] {:a} {} {}..{} {}\n", static_cast<int>(finding.subject_kind),
                  finding.subject, finding.evidence_key, finding.score,
                  optional_text(finding.amount_minor), optional_text(finding.first_activity),
                  optional_text(finding.last_activity), finding.explanation);
  for (const auto& transfer : finding.transfers) {
    text += fmt::format("  {} {} {} {}\n", transfer.transfer_key, transfer.role, transfer.step,
                        transfer.branch);
  }
  for (const auto& entity : finding.entities) {
    text += fmt::format("  {} {} {}\n", static_cast<int>(entity.kind), entity.key, entity.role);
  }
  for (const auto& item : finding.evidence) {
    text += fmt::format(
        "  {} {} {} {} {}\n", item.feature, item.observed, item.threshold.value_or("none"),
        item.contribution ? fmt::format("{:a}", *item.contribution) : "none", item.sentence);
  }
  return text;
}

inline std::string detection_text(const Detection& detection) {
  std::string text;
  for (const auto& finding : detection.findings) text += finding_text(finding);
  for (const auto& table : detection.scores) {
    text += fmt::format("{} {}\n", static_cast<int>(table.kind), table.measure);
    for (const auto& [key, value] : table.values) text += fmt::format("  {} {:a}\n", key, value);
  }
  text += fmt::format("truncated {}\n", detection.truncated);
  for (const auto& sentence : detection.ignored) text += sentence + "\n";
  for (const auto& [name, count] : detection.counts) text += fmt::format("{} {}\n", name, count);
  return text;
}

}  // namespace aml::detect
