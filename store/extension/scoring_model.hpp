// SPDX-License-Identifier: Apache-2.0
// What the SQL functions do with a model, without PostgreSQL.
//
// This is the border between two languages of errors. No function lets an exception out: PostgreSQL
// would end the whole server. Whoever calls them may be left by longjmp(), which runs no destructor:
// so only plain values cross, and a model is held by count until it is released by name.
//
// Models that were loaded are kept for the next query, by the hash of their bytes: the least recently
// used are dropped. Thread safety: none, as in all of a PostgreSQL backend.
#pragma once

#include <cstddef>

namespace aml::scoring {

struct Model;

/// The model with this SHA-256 if it was loaded before, else null. The caller holds it.
Model* find_model(const char* sha256) noexcept;

enum class Loading : unsigned char { kLoaded, kDamaged, kOutOfMemory };

/// Loads a model from the bytes that `aml forest fit` wrote. The caller holds *model, which is null
/// unless the outcome is kLoaded. Cost: linear.
Loading load_model(const char* sha256, const char* bytes, std::size_t size, Model** model) noexcept;

void release_model(Model* model) noexcept;

std::size_t column_count(const Model* model) noexcept;

struct Column {
  const char* name;  ///< not terminated; lives as long as the model is held
  std::size_t name_bytes;
  float median;  ///< of the training rows; NaN if none had a value
};
Column column_at(const Model* model, std::size_t column) noexcept;

/// The score of a row with a value for each column, NaN if it is missing; none infinite.
double score_row(const Model* model, const float* row) noexcept;
/// Whether a row with this score is an anomaly.
bool is_anomaly(const Model* model, double score) noexcept;

struct Contribution {
  std::size_t column;
  double share;  ///< of all that shortened the row's paths
};

/// The columns that set the row apart, the strongest first, those below one percent left out.
/// `contributions` has room for all columns. Returns: how many there are; -1 if memory ran out.
int explain_row(const Model* model, const float* row, Contribution* contributions) noexcept;

}  // namespace aml::scoring
