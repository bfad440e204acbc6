// SPDX-License-Identifier: Apache-2.0
#include "store/extension/scoring_model.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include "detect/forest_bytes.hpp"
#include "detect/row_scorer.hpp"

namespace aml::scoring {

struct Model {
  Model(const char* hash, std::string_view bytes)
      : sha256(hash),
        artifact_bytes(bytes.size()),
        content(detect::forest_model_from_bytes(bytes)),
        scorer(content.forest) {}

  std::string sha256;
  std::size_t artifact_bytes;
  detect::ForestModel content;
  detect::RowScorer scorer;
  int holders = 0;
};

namespace {

constexpr std::size_t kModelsKept = 16;
/// Of artifacts; in memory a model takes about ten times as much. One of 100 trees of 256 rows has
/// 80 kB. The newest model is kept whatever its size.
constexpr std::size_t kArtifactBytesKept = std::size_t{32} << 20;

/// Each held by this list itself too; the most recently used last. Nothing is freed when the process
/// ends, and nothing here can fail.
constinit std::array<Model*, kModelsKept> kept_list{};
constinit std::size_t kept_count = 0;

std::span<Model*> kept_models() {
  return std::span(kept_list).first(kept_count);
}

bool is_room_for(const Model& model) {
  std::size_t bytes = model.artifact_bytes;
  for (const Model* kept : kept_models()) bytes += kept->artifact_bytes;
  return kept_count < kModelsKept && bytes <= kArtifactBytesKept;
}

void keep(Model* model) {
  while (kept_count > 0 && !is_room_for(*model)) {
    release_model(kept_list.front());
    std::shift_left(kept_list.begin(), kept_list.end(), 1);
    --kept_count;
  }
  ++model->holders;
  kept_list[kept_count++] = model;
}

std::span<const float> row_of(const Model* model, const float* row) {
  return {row, model->content.columns.size()};
}

}  // namespace

Model* find_model(const char* sha256) noexcept {
  const auto models = kept_models();
  const auto found = std::ranges::find(models, sha256, &Model::sha256);
  if (found == models.end()) return nullptr;
  std::rotate(found, found + 1, models.end());
  ++models.back()->holders;
  return models.back();
}

Loading load_model(const char* sha256, const char* bytes, std::size_t size,
                   Model** model) noexcept {
  *model = nullptr;
  try {
    *model = new Model(sha256, {bytes, size});
  } catch (const std::bad_alloc&) {
    return Loading::kOutOfMemory;
  } catch (...) {  // what else is thrown says that the bytes are no model
    return Loading::kDamaged;
  }
  keep(*model);
  ++(*model)->holders;
  return Loading::kLoaded;
}

void release_model(Model* model) noexcept {
  if (--model->holders == 0) delete model;
}

std::size_t column_count(const Model* model) noexcept {
  return model->content.columns.size();
}

Column column_at(const Model* model, std::size_t column) noexcept {
  const std::string& name = model->content.columns[column];
  return {name.data(), name.size(), model->content.medians[column]};
}

double score_row(const Model* model, const float* row) noexcept {
  return model->scorer.score(row_of(model, row));
}

bool is_anomaly(const Model* model, double score) noexcept {
  return model->content.is_anomaly(score);
}

int explain_row(const Model* model, const float* row, Contribution* contributions) noexcept {
  try {
    const auto changes = model->content.forest.depth_contributions(row_of(model, row));
    int count = 0;
    for (const detect::Reason& reason : detect::top_reasons(changes, changes.size())) {
      if (reason.share < detect::kLeastShareTold) break;
      contributions[count++] = {reason.column, reason.share};
    }
    return count;
  } catch (...) {  // nothing but an allocation can fail here
    return -1;
  }
}

}  // namespace aml::scoring
