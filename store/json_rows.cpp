// SPDX-License-Identifier: Apache-2.0
#include "store/json_rows.hpp"

#include <utility>

#include "store/utf8.hpp"

namespace aml::store {

JsonRows::JsonRows(std::vector<std::string> keys) : columns_(std::move(keys)) {
  for (std::size_t i = 0; i < columns_.size(); ++i) positions_.emplace(columns_[i], i);
}

void JsonRows::read(std::string_view text, Record& record) {
  record.fields.clear();
  record.json.clear();
  record.raw = {};
  record.defect = read_object(text, record);
  if (record.defect != LineDefect::kNone) record.raw = text;
}

LineDefect JsonRows::read_object(std::string_view text, Record& record) {
  if (text.size() > RecordReader::kMaxRecordBytes) return LineDefect::kLineTooLong;
  if (text.find('\0') != std::string_view::npos) return LineDefect::kNulByte;
  if (!is_valid_utf8(text)) return LineDefect::kInvalidUtf8;
  const LineDefect defect = object_.read(text);
  if (defect != LineDefect::kNone) return defect;
  if (!find_columns()) return LineDefect::kTooManyKeys;
  record.json.resize(columns_.size());
  for (std::size_t i = 0; i < found_.size(); ++i)
    record.json[found_[i]] = object_.members()[i].value;
  record.fields.reserve(record.json.size());
  for (const std::string_view value : record.json)
    record.fields.push_back(object_.plain_text(value));
  return LineDefect::kNone;
}

/// The columns of the object's members, new ones where there are none; false if they are too many.
bool JsonRows::find_columns() {
  const std::size_t known = columns_.size();
  found_.clear();
  for (const auto& member : object_.members()) {
    found_.push_back(column_of(member.key, found_.empty() ? 0 : found_.back() + 1));
    if (columns_.size() <= kMaxKeys) continue;
    for (std::size_t i = known; i < columns_.size(); ++i) positions_.erase(columns_[i]);
    columns_.resize(known);
    return false;
  }
  return true;
}

/// The column of a key, a new one if there is none. Most objects have their keys in the same order,
/// so the guess is nearly always right.
std::size_t JsonRows::column_of(std::string_view key, std::size_t guess) {
  if (guess < columns_.size() && columns_[guess] == key) return guess;
  const auto known = positions_.find(key);
  if (known != positions_.end()) return known->second;
  columns_.emplace_back(key);
  positions_.emplace(key, columns_.size() - 1);
  return columns_.size() - 1;
}

}  // namespace aml::store
