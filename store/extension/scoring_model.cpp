// SPDX-License-Identifier: Apache-2.0
#include "store/extension/scoring_model.hpp"

#include <algorithm>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
/// Of artifacts; in memory a model takes about eight times as much. One of 100 trees of 256 rows has
/// 100 kB. The newest model is kept whatever its size.
constexpr std::size_t kArtifactBytesKept = std::size_t{32} << 20;

/// The models that are kept, each held by the list itself too; the most recently used last.
std::vector<Model*>& kept_models() {
  static std::vector<Model*> models;
  return models;
}

bool is_room_for(const Model& model) {
  std::size_t bytes = model.artifact_bytes;
  for (const Model* kept : kept_models()) bytes += kept->artifact_bytes;
  return kept_models().size() < kModelsKept && bytes <= kArtifactBytesKept;
}

void keep(Model* model) {
  auto& models = kept_models();
  models.reserve(kModelsKept);
  while (!models.empty() && !is_room_for(*model)) {
    release_model(models.front());
    models.erase(models.begin());
  }
  ++model->holders;
  models.push_back(model);
}

std::span<const float> row_of(const Model* model, const float* row) {
  return {row, model->content.columns.size()};
}

}  // namespace

Model* find_model(const char* sha256) noexcept {
  auto& models = kept_models();
  const auto found = std::ranges::find(models, sha256, &Model::sha256);
  if (found == models.end()) return nullptr;
  std::rotate(found, found + 1, models.end());
  ++models.back()->holders;
  return models.back();
}

Loading load_model(const char* sha256, const char* bytes, std::size_t size,
                   Model** model) noexcept {
  *model = nullptr;
  Model* loaded = nullptr;
  try {
    loaded = new Model(sha256, {bytes, size});
    keep(loaded);
  } catch (const std::bad_alloc&) {
    delete loaded;
    return Loading::kOutOfMemory;
  } catch (...) {  // what else is thrown says that the bytes are no model
    return Loading::kDamaged;
  }
  ++loaded->holders;
  *model = loaded;
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
