// SPDX-License-Identifier: Apache-2.0
#include "store/input_format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "store/edit_distance.hpp"

namespace aml::store {
namespace {

struct ColumnName {
  std::string_view name;
  std::size_t nth = 0;  // of the columns with this name, from 0: a format may give it to several

  constexpr ColumnName(const char* text, std::size_t number = 0) : name(text), nth(number) {}
};

struct ColumnRule {
  std::string_view column;
  bool is_required;
  std::vector<ColumnName> names;  // of which a file may have one; all of them if they are joined
  std::string_view joined_by = {};
};

struct DatasetRule {
  Dataset dataset;
  std::vector<ColumnRule> columns;
};

struct FormatRule {
  InputFormat format;
  std::string_view example;
  std::vector<DatasetRule> datasets;
};

struct IgnoreRule {
  InputFormat format;
  std::vector<std::string_view> columns;  // a header that has all of them is meant
  std::string_view reason;
};

constexpr bool kRequired = true;
constexpr bool kOptional = false;

// The table of docs/loading.md.
const std::vector<FormatRule>& format_rules() {
  static const std::vector<FormatRule> kRules{
      {InputFormat::kAml,
       "transfer_id,booked_at,from_account,to_account,amount,currency,type",
       {{Dataset::kTransfers,
         {{"transfer_id", kOptional, {"transfer_id", "transaction_id"}},
          {"booked_at", kRequired, {"booked_at", "timestamp", "booking_date", "date"}},
          {"from_account", kRequired, {"from_account", "from_account_id", "from", "sender"}},
          {"to_account", kRequired, {"to_account", "to_account_id", "to", "receiver"}},
          {"amount", kRequired, {"amount"}},
          {"currency", kOptional, {"currency", "currency_code"}},
          {"type", kOptional, {"type", "transfer_type"}}}}}},
      {InputFormat::kAml,
       "account_id,party_id,kind,currency,country,opened_on",
       {{Dataset::kAccounts,
         {{"account_id", kRequired, {"account_id"}},
          {"party_id", kOptional, {"party_id"}},
          {"kind", kOptional, {"kind", "account_type"}},
          {"currency", kOptional, {"currency", "currency_code"}},
          {"country", kOptional, {"country"}},
          {"opened_on", kOptional, {"opened_on"}}}}}},
      {InputFormat::kAml,
       "party_id,name,kind,country,base_risk,address,email,phone",
       {{Dataset::kParties,
         {{"party_id", kRequired, {"party_id"}},
          {"name", kOptional, {"name"}},
          {"kind", kOptional, {"kind", "party_type"}},
          {"country", kOptional, {"country"}},
          {"base_risk", kOptional, {"base_risk"}},
          {"address", kOptional, {"address"}},
          {"email", kOptional, {"email", "e-mail", "email_address"}},
          {"phone", kOptional, {"phone", "phone_number"}}}}}},
      {InputFormat::kAml,
       "currency,rate_date,rate",
       {{Dataset::kFxRates,
         {{"currency", kRequired, {"currency", "currency_code"}},
          {"rate_date", kRequired, {"rate_date"}},
          {"rate", kRequired, {"rate"}}}}}},
      {InputFormat::kAmlsim,
       "tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar,alert_id",
       {{Dataset::kTransfers,
         {{"transfer_id", kRequired, {"tran_id"}},
          {"booked_at", kRequired, {"tran_timestamp"}},
          {"from_account", kRequired, {"orig_acct"}},
          {"to_account", kRequired, {"bene_acct"}},
          {"amount", kRequired, {"base_amt"}},
          {"type", kOptional, {"tx_type"}}}}}},
      {InputFormat::kAmlsim,
       "acct_id,dsply_nm,type,acct_rptng_crncy,first_name,last_name,street_addr,city,state,country,"
       "zip",
       {{Dataset::kAccounts,
         {{"account_id", kRequired, {"acct_id"}},
          {"party_id", kRequired, {"acct_id"}},
          {"currency", kRequired, {"acct_rptng_crncy"}},
          {"country", kOptional, {"country"}}}},
        {Dataset::kParties,
         {{"party_id", kRequired, {"acct_id"}},
          {"name", kOptional, {"first_name", "last_name"}, " "},
          {"kind", kOptional, {"type"}},
          {"country", kOptional, {"country"}},
          {"address", kOptional, {"street_addr", "city", "state", "zip", "country"}, ", "}}}}},
      {InputFormat::kAmlworld,
       "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,"
       "Payment Currency,Payment Format,Is Laundering",
       {{Dataset::kTransfers,
         {{"booked_at", kRequired, {"timestamp"}},
          {"from_account", kRequired, {"from bank", "account"}, ":"},
          {"to_account", kRequired, {"to bank", {"account", 1}}, ":"},
          {"amount", kRequired, {"amount paid"}},
          {"currency", kRequired, {"payment currency"}},
          {"type", kRequired, {"payment format"}}}}}},
      {InputFormat::kAmlworld,
       "Bank Name,Bank ID,Account Number,Entity ID,Entity Name",
       {{Dataset::kAccounts,
         {{"account_id", kRequired, {"bank id", "account number"}, ":"},
          {"party_id", kRequired, {"entity id"}}}},
        {Dataset::kParties,
         {{"party_id", kRequired, {"entity id"}}, {"name", kOptional, {"entity name"}}}}}},
  };
  return kRules;
}

const std::vector<IgnoreRule>& ignore_rules() {
  static const std::vector<IgnoreRule> kRules{
      {InputFormat::kAmlsim,
       {"alert_id", "alert_type", "tran_id"},
       "AMLSim's list of labelled transfers: labels are not input"},
      {InputFormat::kAmlsim,
       {"alert_id", "alert_type", "acct_id"},
       "AMLSim's list of labelled accounts: labels are not input"},
      {InputFormat::kAmlsim,
       {"alert_id", "alert_type", "account_id"},
       "AMLSim's list of reported accounts: labels are not input"},
  };
  return kRules;
}

/// A header line, its names folded.
class Header {
 public:
  explicit Header(const std::vector<std::string>& names) : as_given_(names) {
    for (const auto& name : names) folded_.push_back(folded(name));
  }
  const std::vector<std::string>& as_given() const { return as_given_; }
  const std::vector<std::string>& names() const { return folded_; }

  std::vector<std::size_t> positions(std::string_view name) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < folded_.size(); ++i) {
      if (folded_[i] == name) found.push_back(i);
    }
    return found;
  }
  bool has(std::string_view name) const { return !positions(name).empty(); }

 private:
  const std::vector<std::string>& as_given_;
  std::vector<std::string> folded_;
};

std::vector<std::size_t> positions(const Header& header, const ColumnRule& rule) {
  std::vector<std::size_t> found;
  for (const auto& [name, nth] : rule.names) {
    const auto named = header.positions(name);
    if (rule.joined_by.empty()) {
      found.insert(found.end(), named.begin(), named.end());
    } else if (nth < named.size()) {
      found.push_back(named[nth]);
    }
  }
  return found;
}

/// The name of a column that a file must have and does not.
std::optional<std::string_view> missing_name(const Header& header, const ColumnRule& rule) {
  const auto is_there = [&](const ColumnName& column) {
    return column.nth < header.positions(column.name).size();
  };
  const auto lacking = std::ranges::find_if_not(rule.names, is_there);
  const bool is_met = rule.joined_by.empty() ? std::ranges::any_of(rule.names, is_there)
                                             : lacking == rule.names.end();
  if (!rule.is_required || is_met) return {};
  return lacking->name;
}

/// How well a header fits a rule.
struct Fit {
  const FormatRule* rule = nullptr;
  std::set<std::size_t> used;             // positions in the header
  std::vector<std::string_view> missing;  // required columns, by their first name
  std::vector<std::string> ambiguous;     // columns that stand there twice

  bool is_complete() const {
    if (!missing.empty()) return false;
    // One common name alone, such as account_id beside nothing that is known, says too little.
    return used.size() >= 2 || is_only_column;
  }
  bool is_only_column = false;
};

Fit fit(const Header& header, const FormatRule& rule) {
  Fit result;
  result.rule = &rule;
  for (const auto& dataset : rule.datasets) {
    for (const auto& column : dataset.columns) {
      const auto found = positions(header, column);
      result.used.insert(found.begin(), found.end());
      if (const auto name = missing_name(header, column)) result.missing.push_back(*name);
      if (found.size() > 1 && column.joined_by.empty()) {
        std::vector<std::string> names;
        names.reserve(found.size());
        for (const std::size_t position : found) names.push_back(header.as_given()[position]);
        result.ambiguous.push_back(fmt::format("{}", fmt::join(names, ", ")));
      }
    }
  }
  result.is_only_column = header.names().size() == 1;
  return result;
}

std::vector<Fit> fits(const Header& header, InputFormat wanted) {
  std::vector<Fit> found;
  for (const auto& rule : format_rules()) {
    if (wanted == InputFormat::kAuto || wanted == rule.format) found.push_back(fit(header, rule));
  }
  // Complete ones first, then those that use most of the header; the order of the table decides the
  // rest.
  std::ranges::stable_sort(found, [](const Fit& a, const Fit& b) {
    if (a.is_complete() != b.is_complete()) return a.is_complete();
    return a.used.size() > b.used.size();
  });
  return found;
}

FilePlan make_plan(const Header& header, const Fit& fit) {
  FilePlan plan{fit.rule->format, {}, {}};
  for (const auto& dataset : fit.rule->datasets) {
    DatasetPlan columns{dataset.dataset, {}};
    for (const auto& column : dataset.columns) {
      auto found = positions(header, column);
      if (!found.empty())
        columns.columns.push_back({column.column, std::move(found), column.joined_by});
    }
    plan.datasets.push_back(std::move(columns));
  }
  for (std::size_t i = 0; i < header.names().size(); ++i) {
    if (fit.used.contains(i)) continue;
    std::string name = header.as_given()[i];
    if (name.empty() || std::ranges::count(header.as_given(), name) > 1) {
      do {
        name = fmt::format("{} (column {})", name, i + 1);
      } while (std::ranges::count(header.as_given(), name) > 0);
    }
    plan.rescued.push_back({name, i});
  }
  return plan;
}

/// The column of the header that was perhaps meant: with other separators, or a slip or two.
std::optional<std::string> close_misspelling(const Header& header, const Fit& fit,
                                             std::string_view wanted) {
  const auto letters = [](std::string_view name) {
    std::string kept;
    for (const char c : name) {
      if (c != '_' && c != '-' && c != ' ' && c != '.') kept += c;
    }
    return kept;
  };
  std::size_t best_distance = std::min<std::size_t>(3, wanted.size() / 2);
  std::optional<std::string> best;
  for (std::size_t i = 0; i < header.names().size(); ++i) {
    if (fit.used.contains(i) || header.names()[i].size() > 100) continue;
    const std::size_t distance = edit_distance(letters(header.names()[i]), letters(wanted));
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = header.as_given()[i];
  }
  return best;
}

/// Columns as they came, cut so that a binary file does not fill the screen.
std::string shown(const std::vector<std::string>& columns) {
  constexpr std::size_t kMostShown = 400;
  std::string text = fmt::format("{}", fmt::join(columns, ", "));
  if (text.size() <= kMostShown) return text;
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;  // not inside a letter
  return text.substr(0, end) + " ...";
}

UnknownHeader unknown(const Header& header, const Fit& closest, InputFormat wanted) {
  std::string why =
      fmt::format("the header line fits no file that can be loaded\n  columns found: {}\n  ",
                  shown(header.as_given()));
  if (closest.used.empty()) return {why + example_header(wanted), false};
  const Dataset dataset = closest.rule->datasets.front().dataset;
  std::vector<std::string> lacking;
  for (const auto name : closest.missing) {
    const auto meant = close_misspelling(header, closest, name);
    lacking.push_back(meant ? fmt::format("{} (is it \"{}\"?)", name, *meant) : std::string(name));
  }
  why += fmt::format("expected for {}: {}", name_of(dataset), closest.rule->example);
  if (!lacking.empty()) why += fmt::format("\n  missing: {}", fmt::join(lacking, ", "));
  return {why, closest.used.size() >= 2};
}

std::optional<IgnoredFile> ignored(const Header& header, InputFormat wanted) {
  for (const auto& rule : ignore_rules()) {
    if (wanted != InputFormat::kAuto && wanted != rule.format) continue;
    if (std::ranges::all_of(rule.columns, [&](auto column) { return header.has(column); })) {
      return IgnoredFile{std::string(rule.reason)};
    }
  }
  const bool may_be_amlworld = wanted == InputFormat::kAuto || wanted == InputFormat::kAmlworld;
  if (may_be_amlworld && !header.names().empty() &&
      header.names().front().starts_with("begin laundering attempt")) {
    return IgnoredFile{"AMLworld's list of laundering attempts: labels are not input"};
  }
  return {};
}

}  // namespace

FilePlan plan_rows(Dataset dataset, const std::vector<std::string>& columns) {
  const Header header(columns);
  const auto rule = std::ranges::find_if(format_rules(), [&](const FormatRule& known) {
    return known.format == InputFormat::kAml && known.datasets.front().dataset == dataset;
  });
  FilePlan plan = make_plan(header, fit(header, *rule));
  plan.header = columns;
  for (auto& source : plan.datasets.front().columns) {
    const auto& known = rule->datasets.front().columns;
    source.null_if_empty =
        !std::ranges::find(known, source.column, &ColumnRule::column)->is_required;
  }
  return plan;
}

std::string_view name_of(Dataset dataset) {
  switch (dataset) {
    case Dataset::kFxRates:
      return "fx_rates";
    case Dataset::kParties:
      return "parties";
    case Dataset::kAccounts:
      return "accounts";
    case Dataset::kTransfers:
      return "transfers";
  }
  return "unknown";
}

std::string_view name_of(InputFormat format) {
  switch (format) {
    case InputFormat::kAuto:
      return "auto";
    case InputFormat::kAml:
      return "aml";
    case InputFormat::kAmlsim:
      return "amlsim";
    case InputFormat::kAmlworld:
      return "amlworld";
  }
  return "unknown";
}

std::string example_header(InputFormat wanted) {
  for (const auto& rule : format_rules()) {
    if (wanted == InputFormat::kAuto || wanted == rule.format) {
      return fmt::format("expected a header line such as {}", rule.example);
    }
  }
  return {};
}

std::string folded(std::string_view name) {
  const auto first = name.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  name = name.substr(first, name.find_last_not_of(" \t") - first + 1);
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Recognition recognise(const std::vector<std::string>& names, InputFormat wanted) {
  const Header header(names);
  if (auto reason = ignored(header, wanted)) return *reason;
  const auto candidates = fits(header, wanted);
  const Fit& best = candidates.front();
  if (!best.is_complete()) return unknown(header, best, wanted);
  if (!best.ambiguous.empty()) {
    return UnknownHeader{
        fmt::format("the header line names one column of {} twice: {}\n  keep one of them",
                    name_of(best.rule->datasets.front().dataset), fmt::join(best.ambiguous, "; ")),
        true};
  }
  return make_plan(header, best);
}

}  // namespace aml::store
