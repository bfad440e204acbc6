// SPDX-License-Identifier: Apache-2.0
#include "store/bronze_writer.hpp"

#include <algorithm>

#include "store/hex.hpp"
#include "store/json_object.hpp"
#include "store/plain_values.hpp"

namespace aml::store {
namespace {

// A COPY for each megabyte or so: its start and end cost a tenth of a millisecond, and no row waits
// for a second COPY.
constexpr std::size_t kSendBytes = std::size_t{1} << 20;
constexpr std::string_view kNull = "\\N";

// One megabyte of line numbers.
constexpr std::size_t kMostUnplain = std::size_t{1} << 17;

struct ColumnRule {
  std::string_view name;
  bool (*is_plain)(std::string_view) = nullptr;
};

struct TableRule {
  const copy::Embedded& statement;
  std::vector<ColumnRule> columns;  // those of the statement between line and rescued
};

TableRule table_rule(Dataset dataset) {
  switch (dataset) {
    case Dataset::kTransfers:
      return {copy::bronze_transfers,
              {{"transfer_id", is_plain_text},
               {"booked_at", is_plain_time},
               {"from_account", is_plain_text},
               {"to_account", is_plain_text},
               {"amount", is_plain_number},
               {"currency", is_plain_code},
               {"type", is_plain_word}}};
    case Dataset::kAccounts:
      return {copy::bronze_accounts,
              {{"account_id"}, {"party_id"}, {"kind"}, {"currency"}, {"country"}, {"opened_on"}}};
    case Dataset::kParties:
      return {copy::bronze_parties,
              {{"party_id"},
               {"name"},
               {"kind"},
               {"country"},
               {"base_risk"},
               {"address"},
               {"email"},
               {"phone"}}};
    case Dataset::kFxRates:
      break;
  }
  return {copy::bronze_fx_rates, {{"currency"}, {"rate_date"}, {"rate"}}};
}

/// Appends a value in COPY's text format.
void append_copy_text(std::string& out, std::string_view value) {
  constexpr std::string_view kSpecial = "\\\t\n\r";
  for (;;) {
    const std::size_t plain = std::min(value.find_first_of(kSpecial), value.size());
    out.append(value, 0, plain);
    if (plain == value.size()) return;
    switch (value[plain]) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += "\\\\";
        break;
    }
    value.remove_prefix(plain + 1);
  }
}

/// Appends a JSON string. The value is valid UTF-8 without NUL, as readers give it.
void append_json_string(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      append_hex(out, {&c, 1});
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string joined(const ColumnSource& source, const Record& record) {
  std::string text;
  for (const std::size_t position : source.positions) {
    const std::string_view part = record.fields[position];
    if (part.empty()) continue;
    if (!text.empty()) text += source.joined_by;
    text += part;
  }
  return text;
}

/// The value that the record has for a column of bronze; nullopt if it has no such column.
/// `buffer` holds it if it is joined of several.
std::optional<std::string_view> value_of(const ColumnSource* source, const Record& record,
                                         std::string& buffer) {
  if (source == nullptr) return {};
  std::string_view value;
  if (source->positions.size() == 1) {
    value = record.fields[source->positions.front()];
  } else {
    buffer = joined(*source, record);
    value = buffer;
  }
  if (source->null_if_empty && value.empty()) return {};
  return value;
}

}  // namespace

BronzeWriter::BronzeWriter(LoadTransaction& transaction, std::int64_t file_id, const FilePlan& plan,
                           ErasedKeys& erased)
    : transaction_(transaction),
      plan_(plan),
      erased_(erased),
      row_start_(std::to_string(file_id) + '\t') {
  for (const auto& dataset : plan.datasets) {
    const TableRule rule = table_rule(dataset.dataset);
    Table table{rule.statement, {}, tables_.empty() && !plan.rescued.empty(), false, {}};
    for (const auto& column : rule.columns) {
      const auto found = std::ranges::find(dataset.columns, column.name, &ColumnSource::column);
      table.columns.push_back({found == dataset.columns.end() ? nullptr : &*found, column.is_plain,
                               erased.held_by(dataset.dataset, column.name), nullptr});
    }
    tables_.push_back(std::move(table));
  }
}

void BronzeWriter::write(const Record& record) {
  ++records_;
  if (record.defect != LineDefect::kNone) {
    write_unreadable(record);
  } else {
    ++readable_records_;
    if (!erased_.empty()) find_erased(record);
    for (auto& table : tables_) write_row(table, record);
  }
  if (!named_.empty()) count_erased();
}

void BronzeWriter::find_erased(const Record& record) {
  std::string buffer;
  for (auto& table : tables_) {
    table.names_erased = false;
    for (auto& column : table.columns) {
      if (column.holds != Personal::kAccount && column.holds != Personal::kParty) continue;
      const auto value = value_of(column.source, record, buffer);
      column.pseudonym = value ? erased_.pseudonym(column.holds, *value) : nullptr;
      if (column.pseudonym == nullptr) continue;
      table.names_erased = true;
      named_.insert(*column.pseudonym);
    }
  }
}

void BronzeWriter::count_erased() {
  ++records_of_erased_;
  for (const auto pseudonym : named_) ++named_erased_[std::string(pseudonym)];
  named_.clear();
}

void BronzeWriter::write_row(Table& table, const Record& record) {
  std::string& out = table.lines;
  out += row_start_;
  out += std::to_string(record.line);
  bool is_plain = true;
  std::string buffer;
  for (const auto& column : table.columns) {
    out += '\t';
    auto value = value_of(column.source, record, buffer);
    if (table.names_erased) value = covered(column, value);
    if (value) {
      append_copy_text(out, *value);
      is_plain = is_plain && (column.is_plain == nullptr || column.is_plain(*value));
    } else {
      out += kNull;
    }
  }
  if (!is_plain) note_unplain(record.line);
  out += '\t';
  const std::string rescued = table.keeps_rescued ? rescued_json(record) : "";
  if (rescued.empty()) {
    out += kNull;
  } else {
    append_copy_text(out, rescued);
  }
  out += '\n';
  if (out.size() >= kSendBytes) send(table.statement, out);
}

/// What a row that names somebody who was erased has in a column.
std::optional<std::string_view> BronzeWriter::covered(const Column& column,
                                                      std::optional<std::string_view> value) {
  if (column.pseudonym != nullptr) return *column.pseudonym;
  if (column.holds == Personal::kFact) return {};
  return value;
}

/// The columns of a record that nothing uses as a JSON object: of CSV as texts, of JSON as they
/// came. Empty if it has none, or if they may tell of somebody who was erased.
std::string BronzeWriter::rescued_json(const Record& record) {
  std::string json;
  if (!named_.empty()) return json;
  for (const auto& column : plan_.rescued) {
    if (!record.json.empty() && record.json[column.position].empty()) continue;
    json += json.empty() ? '{' : ',';
    append_json_string(json, column.key);
    json += ':';
    const std::string_view text = record.fields[column.position];
    if (const std::string pseudonyms = pseudonyms_in(text); !pseudonyms.empty()) {
      append_json_string(json, pseudonyms);
    } else if (record.json.empty()) {
      append_json_string(json, text);
    } else {
      json += record.json[column.position];
    }
  }
  if (!json.empty()) json += '}';
  return json;
}

/// Of those that the text names; empty if it names nobody who was erased.
std::string BronzeWriter::pseudonyms_in(std::string_view text) {
  std::string pseudonyms;
  if (erased_.empty()) return pseudonyms;
  auto mentions = erased_.mentions(text);
  // In JSON a key can stand behind a line end that is written as \n, or be written in escapes itself.
  if (mentions.empty() && text.find('\\') != std::string_view::npos)
    mentions = erased_.mentions(without_escapes(text));
  for (const auto& mention : mentions) {
    if (!pseudonyms.empty()) pseudonyms += ' ';
    pseudonyms += *mention.pseudonym;
    named_.insert(*mention.pseudonym);
  }
  return pseudonyms;
}

void BronzeWriter::note_unplain(std::uint64_t line) {
  if (!unplain_transfers_) return;
  unplain_transfers_->push_back(line);
  if (unplain_transfers_->size() > kMostUnplain) unplain_transfers_.reset();
}

void BronzeWriter::write_unreadable(const Record& record) {
  std::string& out = unreadable_lines_;
  out += row_start_;
  out += std::to_string(record.line);
  out += '\t';
  out += name_of(plan_.dataset());
  out += '\t';
  out += name_of(record.defect);
  out += "\t\\\\x";  // bytea as hex digits
  const std::string pseudonyms = pseudonyms_in(record.raw);
  append_hex(out, pseudonyms.empty() ? record.raw : pseudonyms);
  out += '\n';
  if (out.size() >= kSendBytes) send(copy::bronze_unreadable_lines, out);
}

void BronzeWriter::close() {
  for (auto& table : tables_) send(table.statement, table.lines);
  send(copy::bronze_unreadable_lines, unreadable_lines_);
}

void BronzeWriter::send(const copy::Embedded& statement, std::string& lines) {
  if (lines.empty()) return;
  transaction_.copy(statement, lines);
  lines.clear();
  if (lines.capacity() > 4 * kSendBytes)
    lines.shrink_to_fit();  // one long line must not keep its memory
}

}  // namespace aml::store
