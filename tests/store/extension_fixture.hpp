// SPDX-License-Identifier: Apache-2.0
// The extension amlgraph inside a PostgreSQL, as a user calls it. Its functions are created from the
// SQL file that CREATE EXTENSION would read, which itself needs files in the system's directories.
#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <vector>

#include "detect/forest_bytes.hpp"
#include "tests/detect/small_forests.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {

using detect::ForestModel;
using detect::SplitRule;
using detect::testing_forests::params;
using detect::testing_forests::random_matrix;

/// The module in a folder that the server's user can read, whoever may read the build folder.
class ReadableModule {
 public:
  ReadableModule() {
    std::string name = (std::filesystem::temp_directory_path() / "aml-module-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = name;
    std::filesystem::copy_file(AML_MODULE, path());
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    std::filesystem::permissions(path(), std::filesystem::perms(0755));
  }
  ~ReadableModule() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ReadableModule(const ReadableModule&) = delete;
  ReadableModule& operator=(const ReadableModule&) = delete;
  std::string path() const { return (folder_ / "amlgraph.so").string(); }

 private:
  std::filesystem::path folder_;
};

inline std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string declarations() {
  static const ReadableModule module;
  static const std::string placeholder = "MODULE_PATHNAME";
  std::string sql = text_of(AML_SOURCE_DIR "/store/extension/amlgraph--1.0.sql");
  for (auto at = sql.find(placeholder); at != std::string::npos; at = sql.find(placeholder)) {
    sql.replace(at, placeholder.size(), module.path());
  }
  return sql;
}

/// As SQL writes a number, so that it reads back as the same.
inline std::string literal(double value) {
  if (std::isnan(value)) return "'NaN'::float8";
  char digits[64];
  return "'" + std::string(digits, std::to_chars(digits, std::end(digits), value).ptr) +
         "'::float8";
}

inline std::string list_of(std::span<const float> row) {
  std::string list;
  for (const float value : row) list += (list.empty() ? "" : ", ") + literal(value);
  return list;
}

inline double number(const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_EQ(read.ec, std::errc()) << text;
  return value;
}

inline ForestModel small_model(unsigned seed, SplitRule rule = SplitRule::kRandom) {
  return fit_forest_model(random_matrix(600, 3, seed), {"amount", "payers", "days"},
                          params(20, 64, seed, rule), 0.1);
}

/// What the server says to a statement that it refuses: "SQLSTATE message".
inline std::string refusal(pqxx::transaction_base& session, const std::string& sql) {
  try {
    session.exec(sql);
  } catch (const pqxx::sql_error& error) {
    return error.sqlstate() + " " + error.what();
  }
  return "accepted";
}

class Extension : public testing::Test {
 protected:
  Extension() {
    session_.exec("RESET search_path; SET client_min_messages = error");
    session_.exec(declarations());
  }

  void register_bytes(const std::string& model, int version, const std::string& stage,
                      const std::string& bytes) {
    session_.exec_params("INSERT INTO aml.models (model) VALUES ($1) ON CONFLICT DO NOTHING",
                         model);
    session_.exec_params(
        "INSERT INTO aml.model_versions (model, version, stage, signature, artifact, "
        "artifact_sha256) VALUES ($1, $2, $3, '{}', $4, encode(sha256($4), 'hex'))",
        model, version, stage, pqxx::binarystring(bytes));
  }
  ForestModel register_model(const std::string& model, int version, const std::string& stage,
                             unsigned seed = 1, SplitRule rule = SplitRule::kRandom) {
    ForestModel made = small_model(seed, rule);
    register_bytes(model, version, stage, to_bytes(made));
    return made;
  }

  std::string value(const std::string& expression) {
    return session_.exec1("SELECT " + expression)[0].as<std::string>("null");
  }
  static double score(const ForestModel& model, std::span<const float> row) {
    const std::vector<float> values(row.begin(), row.end());
    return model.forest.score(detect::FeatureMatrix{1, values.size(), values}).front();
  }

  test::TestDatabase database_;
  Connection connection_ = database_.connect();
  pqxx::nontransaction session_{connection_.pqxx()};
};

}  // namespace aml::store
