// SPDX-License-Identifier: Apache-2.0
// What the extension does with models, outside of a server: here the sanitizers see it.
#include "store/extension/scoring_model.hpp"

#include <gtest/gtest.h>

#include <boost/crc.hpp>
#include <cstdlib>
#include <new>
#include <random>
#include <string>

#include "detect/forest_bytes.hpp"
#include "tests/detect/small_forests.hpp"

namespace {

/// Allocations that still succeed in this thread; negative: all do.
thread_local int allocations_left = -1;

void* allocate(std::size_t size) {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left > 0) --allocations_left;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// All forms: the address sanitizer has forms of its own, which must not be mixed with these.
void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace aml::scoring {
namespace {

using detect::testing_forests::params;
using detect::testing_forests::random_matrix;

detect::ForestModel forest(unsigned seed) {
  return fit_forest_model(random_matrix(100, 2, seed), {"a", "b"}, params(5, 32, seed), 0.1);
}
std::string bytes_of(unsigned seed) {
  return to_bytes(forest(seed));
}

Loading load(const std::string& name, const std::string& bytes, Model** model) {
  return load_model(name.c_str(), bytes.data(), bytes.size(), model);
}

TEST(ScoringModel, IsFoundAgainByItsHash) {
  Model* loaded = nullptr;
  ASSERT_EQ(load("found again", bytes_of(1), &loaded), Loading::kLoaded);
  Model* found = find_model("found again");
  EXPECT_EQ(found, loaded);
  EXPECT_EQ(find_model("another"), nullptr);
  const float row[] = {1, 2};
  const auto expected = forest(1);
  EXPECT_EQ(score_row(found, row), expected.forest.score(detect::FeatureMatrix{1, 2, {1, 2}})[0]);
  EXPECT_EQ(column_count(found), 2U);
  EXPECT_EQ(std::string(column_at(found, 1).name, column_at(found, 1).name_bytes), "b");
  EXPECT_EQ(column_at(found, 1).median, expected.medians[1]);
  release_model(loaded);
  release_model(found);
}

TEST(ScoringModel, LivesAsLongAsItIsHeldThoughOthersTookItsPlace) {
  Model* held = nullptr;
  ASSERT_EQ(load("held", bytes_of(1), &held), Loading::kLoaded);
  const float row[] = {1, 2};
  const double score = score_row(held, row);
  for (int other = 0; other < 40; ++other) {
    Model* model = nullptr;
    ASSERT_EQ(load("other " + std::to_string(other), bytes_of(2), &model), Loading::kLoaded);
    release_model(model);
  }
  EXPECT_EQ(find_model("held"), nullptr);
  EXPECT_EQ(find_model("other 0"), nullptr);
  Model* newest = find_model("other 39");
  ASSERT_NE(newest, nullptr);
  release_model(newest);
  EXPECT_EQ(score_row(held, row), score);
  release_model(held);
}

/// As somebody would who wants the damage to be believed.
void make_checksum_right(std::string& bytes) {
  if (bytes.size() < 4) return;
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size() - 4);
  for (std::size_t byte = 0; byte < 4; ++byte) {
    bytes[bytes.size() - 4 + byte] = static_cast<char>(crc.checksum() >> (8 * byte) & 0xFFU);
  }
}

TEST(ScoringModel, OfDamagedBytesIsRefusedOrCanBeUsed) {
  const std::string good = bytes_of(1);
  std::mt19937 random(3);
  int used = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = good;
    bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    if (round % 5 == 0) bytes.resize(random() % bytes.size());
    if (round % 3 != 0) make_checksum_right(bytes);
    Model* model = nullptr;
    const Loading outcome = load("damaged", bytes, &model);
    EXPECT_EQ(model != nullptr, outcome == Loading::kLoaded);
    if (model == nullptr) continue;
    const float row[] = {1, 2};
    score_row(model, row);
    release_model(model);
    ++used;
  }
  EXPECT_GT(used, 100);
  EXPECT_LT(used, 2000);
}

TEST(ScoringModel, RunsOutOfMemoryWithoutAnException) {
  const std::string bytes = bytes_of(1);
  Model* model = nullptr;
  int refused = 0;
  for (int allowed = 0; model == nullptr; ++allowed) {
    allocations_left = allowed;
    const Loading outcome = load_model("short of memory", bytes.data(), bytes.size(), &model);
    allocations_left = -1;
    refused += outcome == Loading::kOutOfMemory ? 1 : 0;
    ASSERT_NE(outcome, Loading::kDamaged);
  }
  EXPECT_GT(refused, 10);
  const float row[] = {9000, 2};
  Contribution contributions[2];
  allocations_left = 0;
  EXPECT_EQ(explain_row(model, row, contributions), -1);
  EXPECT_GT(score_row(model, row), 0);  // needs no memory
  allocations_left = -1;
  EXPECT_GT(explain_row(model, row, contributions), 0);
  release_model(model);
}

}  // namespace
}  // namespace aml::scoring
