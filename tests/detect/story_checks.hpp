// SPDX-License-Identifier: Apache-2.0
// What holds for the findings of every detector, and short ways to look into one.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "detect/finding.hpp"

namespace aml::detect {

inline const EvidenceItem& evidence_of(const Finding& finding, const std::string& feature) {
  for (const EvidenceItem& item : finding.evidence) {
    if (item.feature == feature) return item;
  }
  throw std::runtime_error("no evidence " + feature);
}

inline std::string observed(const Finding& finding, const std::string& feature) {
  return evidence_of(finding, feature).observed;
}

inline std::vector<std::string> entities_with_role(const Finding& finding,
                                                   const std::string& role) {
  std::vector<std::string> keys;
  for (const FindingEntity& entity : finding.entities) {
    if (entity.role == role) keys.push_back(entity.key);
  }
  return keys;
}

inline std::set<std::string> transfer_keys(const Finding& finding) {
  std::set<std::string> keys;
  for (const FindingTransfer& transfer : finding.transfers) keys.insert(transfer.transfer_key);
  return keys;
}

/// "key role branch" of each transfer, in order.
inline std::vector<std::string> steps_of(const Finding& finding) {
  std::vector<std::string> steps;
  for (const FindingTransfer& t : finding.transfers) {
    steps.push_back(fmt::format("{} {} {}", t.transfer_key, t.role, t.branch));
  }
  return steps;
}

/// What gold needs: unique keys, steps from 1, a score in [0, 1] that is the sum of its
/// contributions, sentences.
inline void expect_well_formed(const Detection& detection) {
  std::set<std::pair<std::string, std::string>> ids;
  for (const Finding& finding : detection.findings) {
    EXPECT_TRUE(ids.emplace(finding.subject, finding.evidence_key).second) << finding.evidence_key;
    EXPECT_GE(finding.score, 0);
    EXPECT_LE(finding.score, 1);
    EXPECT_FALSE(finding.explanation.empty());
    EXPECT_EQ(transfer_keys(finding).size(), finding.transfers.size()) << "a transfer stands twice";
    for (std::size_t i = 0; i < finding.transfers.size(); ++i) {
      EXPECT_EQ(finding.transfers[i].step, static_cast<int>(i) + 1);
    }
    std::set<std::tuple<EntityKind, std::string, std::string>> entities;
    bool holds_subject = false;
    for (const FindingEntity& entity : finding.entities) {
      EXPECT_TRUE(entities.emplace(entity.kind, entity.key, entity.role).second) << entity.key;
      holds_subject |= entity.key == finding.subject && entity.kind == finding.subject_kind;
    }
    EXPECT_TRUE(holds_subject) << finding.subject;
    double contributions = 0;
    for (const EvidenceItem& item : finding.evidence) {
      contributions += item.contribution.value_or(0);
      EXPECT_TRUE(item.sentence.ends_with('.')) << item.sentence;
    }
    EXPECT_DOUBLE_EQ(contributions, finding.score);
  }
}

/// The result of the call with at most this many threads.
template <typename Call>
auto with_threads(std::size_t threads, Call call) {
  using oneapi::tbb::global_control;
  const global_control limit(global_control::max_allowed_parallelism, threads);
  return call();
}

/// The message of the std::invalid_argument that the call throws.
template <typename Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace aml::detect
