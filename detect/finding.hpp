// SPDX-License-Identifier: Apache-2.0
// What detectors return: findings, scores and what they had to leave out. The only thing store/ knows of this folder.
// Everything is told in external keys, so a finding outlives the graph it was found in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/transfer.hpp"

namespace aml::detect {

enum class EntityKind : std::uint8_t { kAccount, kParty };

/// One transfer of a finding. Transfers stand in the order of `step`; role says what the transfer does in the pattern.
struct FindingTransfer {
  std::string transfer_key;
  std::string role;  ///< for example "hop", "first leg", "second leg", "exit"
  int step = 0;      ///< 1-based order in which the story is told
  int branch = 0;    ///< 1-based branch the transfer belongs to; 0: none
};

/// An account or party that takes part in a finding, the subject included.
struct FindingEntity {
  EntityKind kind = EntityKind::kAccount;
  std::string key;
  std::string role;  ///< for example "collector", "sender", "member"
};

/// Why: one observed value, with what it was held against and how much it added to the score.
struct EvidenceItem {
  std::string feature;   ///< machine-readable name, for example "forwarded_sum"
  std::string observed;  ///< as text: money in units of the base currency, times in ISO 8601
  std::optional<std::string> threshold;
  std::optional<double>
      contribution;  ///< share of the score, or of the anomaly score; positive = more suspicious
  std::string sentence;  ///< the same for a person
};

/// One instance of a typology.
struct Finding {
  EntityKind subject_kind = EntityKind::kAccount;
  std::string subject;       ///< external key
  std::string evidence_key;  ///< with scenario id and subject it identifies the finding across runs
  double score = 0;          ///< in [0, 1], higher = more suspicious
  std::optional<graph::MinorUnits>
      amount_minor;  ///< money involved, base currency; absent: no money in the pattern
  std::optional<graph::Micros> first_activity;
  std::optional<graph::Micros> last_activity;
  std::string explanation;  ///< one sentence
  std::vector<FindingTransfer> transfers;
  std::vector<FindingEntity> entities;
  std::vector<EvidenceItem> evidence;
};

/// A measure of many entities, for example "risk_score" of every party.
struct ScoreTable {
  EntityKind kind = EntityKind::kAccount;
  std::string measure;
  std::vector<std::pair<std::string, double>> values;  ///< external key and value, in key order
};

/// Everything one detector found. Findings are in a deterministic order.
struct Detection {
  std::vector<Finding> findings;
  std::vector<ScoreTable> scores;
  bool truncated = false;  ///< a budget was reached: findings may be missing
  std::vector<std::string>
      ignored;  ///< hubs and over-shared attributes left out on purpose, one sentence each
  std::vector<std::pair<std::string, std::int64_t>>
      counts;  ///< for the run step, for example {"cycles", 4742}
};

}  // namespace aml::detect
