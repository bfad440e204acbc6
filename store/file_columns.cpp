// SPDX-License-Identifier: Apache-2.0
#include "store/file_columns.hpp"

#include <set>

namespace aml::store {
namespace {

// Of one table; far below PostgreSQL's 1,600, so that a file of odd columns cannot use them up.
constexpr std::size_t kMostAddedColumns = 100;

std::set<std::string> known_added_columns(LoadTransaction& transaction,
                                          const std::string& dataset) {
  const Rows rows = transaction.run(query::list_added_columns, {dataset});
  std::set<std::string> names;
  for (int row = 0; row < rows.size(); ++row) names.emplace(rows.text(row, 0));
  return names;
}

std::string dataset_of(const FilePlan& plan) {
  return std::string(name_of(plan.dataset()));
}

std::string format_of(const FilePlan& plan) {
  return std::string(name_of(plan.format));
}

}  // namespace

std::vector<std::string> unseen_columns(LoadTransaction& transaction, const FilePlan& plan) {
  std::vector<std::string> unknown;
  for (const auto& column : plan.rescued) unknown.push_back(plan.header[column.position]);
  const Rows rows = transaction.run(query::unseen_columns,
                                    {dataset_of(plan), format_of(plan), text_array(unknown)});
  std::vector<std::string> unseen;
  for (int row = 0; row < rows.size(); ++row) unseen.emplace_back(rows.text(row, 0));
  return unseen;
}

void record_columns(LoadTransaction& transaction, std::int64_t file_id, const FilePlan& plan,
                    const std::vector<std::string>& types) {
  transaction.run(query::record_file_schema,
                  {to_parameter(file_id), dataset_of(plan), format_of(plan),
                   text_array(plan.header), text_array(types)});
}

std::map<std::string, std::string> add_columns(LoadTransaction& transaction, std::int64_t file_id,
                                               const FilePlan& plan,
                                               const std::vector<std::string>& types) {
  std::set<std::string> known = known_added_columns(transaction, dataset_of(plan));
  std::map<std::string, std::string> added;
  for (const auto& column : plan.rescued) {
    const std::string& name = plan.header[column.position];
    // A name that stands there twice, or none, does not say which column is meant.
    if (column.key != name || known.size() == kMostAddedColumns) continue;
    if (!known.insert(folded(name)).second) continue;
    const Rows made = transaction.run(
        query::add_column, {dataset_of(plan), name, types[column.position], to_parameter(file_id)});
    added[name] = made.text(0, 0);
  }
  return added;
}

std::map<std::string, std::uint64_t> fill_added_columns(LoadTransaction& transaction,
                                                        std::int64_t file_id,
                                                        const FilePlan& plan) {
  std::vector<std::string> keys;
  for (const auto& column : plan.rescued) keys.push_back(column.key);
  const Rows rows = transaction.run(query::fill_added_columns,
                                    {dataset_of(plan), to_parameter(file_id), text_array(keys)});
  std::map<std::string, std::uint64_t> misfits;
  for (int row = 0; row < rows.size(); ++row)
    misfits[std::string(rows.text(row, 0))] = static_cast<std::uint64_t>(rows.number(row, 1));
  return misfits;
}

}  // namespace aml::store
