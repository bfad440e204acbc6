// SPDX-License-Identifier: Apache-2.0
#include "store/erased_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <pqxx/pqxx>

#include "aml_query.hpp"
#include "store/plain_values.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

// A few megabytes: as many as have regular payers.
constexpr std::size_t kRemembered = std::size_t{1} << 16;
constexpr std::size_t kLongestRemembered = 64;  // what is longer is a text, and does not come often
constexpr std::size_t kShortestWord = 4;

Personal personal(std::string_view holds) {
  if (holds == "account") return Personal::kAccount;
  return holds == "party" ? Personal::kParty : Personal::kFact;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Bytes beyond ASCII are parts of letters.
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// What parts of a text stand between, from the coarsest to the finest.
constexpr std::array<bool (*)(char), 4> kSeparators{
    [](char c) {
      return std::string_view(",;\"'|<>()[]{}=\t\r\n").find(c) != std::string_view::npos;
    },
    is_blank, [](char c) { return std::string_view("/\\_.:").find(c) != std::string_view::npos; },
    [](char c) { return !is_alphanumeric(c); }};

/// Without what is neither letter nor digit around it.
std::string_view bare(std::string_view text) {
  while (!text.empty() && !is_alphanumeric(text.front())) text.remove_prefix(1);
  while (!text.empty() && !is_alphanumeric(text.back())) text.remove_suffix(1);
  return text;
}

/// As aml.amlworld_account() has it, of a text with a colon.
std::string amlworld_account(std::string_view bank_and_number) {
  const std::size_t colon = bank_and_number.find(':');
  std::string_view bank = trimmed(bank_and_number.substr(0, colon));
  bank.remove_prefix(std::min(bank.find_first_not_of('0'), bank.empty() ? 0 : bank.size() - 1));
  return std::string(bank) + ':' + std::string(trimmed(bank_and_number.substr(colon + 1)));
}

bool may_be_key(std::string_view word) {
  return word.size() >= kShortestWord && std::ranges::any_of(word, is_digit);
}

}  // namespace

ErasedKeys::ErasedKeys(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  const auto erased = run(session, query::list_erased_keys);
  if (erased.empty()) return;
  for (const auto& row : erased)
    pseudonyms_[pqxx::binarystring(row[0]).str()] = row[1].as<std::string>();
  secret_ = pqxx::binarystring(erased[0][2]).str();
  for (const auto& row : run(session, query::list_personal_input))
    held_[{row[0].as<std::string>(), row[1].as<std::string>()}] = personal(row[2].c_str());
  remembered_.resize(kRemembered);
}

Personal ErasedKeys::held_by(Dataset dataset, std::string_view column) const {
  const auto found = held_.find({"bronze." + std::string(name_of(dataset)), std::string(column)});
  return found == held_.end() ? Personal::kNothing : found->second;
}

const std::string* ErasedKeys::pseudonym(Personal kind, std::string_view key) {
  key = trimmed(key);
  if (empty() || key.empty()) return nullptr;
  if (const auto* found = look_up(kind, key)) return found;
  return key.find(':') == std::string_view::npos ? nullptr : look_up(kind, amlworld_account(key));
}

const std::string* ErasedKeys::look_up(Personal kind, std::string_view key) {
  const std::size_t place =
      (std::hash<std::string_view>{}(key) ^ static_cast<std::size_t>(kind)) % kRemembered;
  if (remembered_[place].kind == kind && remembered_[place].key == key)
    return remembered_[place].pseudonym;
  const auto hash =
      keyed_hash(fmt::format("{}:{}", kind == Personal::kAccount ? "account" : "party", key));
  const auto found = pseudonyms_.find(std::string(hash.data(), hash.size()));
  const std::string* pseudonym = found == pseudonyms_.end() ? nullptr : &found->second;
  // An account that was erased is erased once more with its party.
  if (pseudonym != nullptr)
    if (const auto* later = look_up(kind, *pseudonym)) pseudonym = later;
  if (key.size() <= kLongestRemembered) remembered_[place] = {kind, std::string(key), pseudonym};
  return pseudonym;
}

std::array<char, 32> ErasedKeys::keyed_hash(std::string_view bytes) {
  inner_.restart();
  inner_.update(secret_);
  inner_.update(bytes);
  const auto within = inner_.finish();
  outer_.restart();
  outer_.update(secret_);
  outer_.update({within.data(), within.size()});
  return outer_.finish();
}

const std::string* ErasedKeys::named(std::string_view word) {
  if (!may_be_key(word)) return nullptr;
  const auto* account = pseudonym(Personal::kAccount, word);
  return account ? account : pseudonym(Personal::kParty, word);
}

std::vector<ErasedKeys::Mention> ErasedKeys::mentions(std::string_view text) {
  std::vector<Mention> found;
  if (empty()) return found;
  if (const auto* whole = named(trimmed(text))) {
    found.push_back({0, text.size(), whole});
  } else {
    collect_mentions(text, text, 0, found);
  }
  return found;
}

void ErasedKeys::collect_mentions(std::string_view text, std::string_view part, std::size_t level,
                                  std::vector<Mention>& found) {
  const auto is_separator = kSeparators[level];
  std::string_view before;  // of AMLworld's accounts the bank stands in a column of its own
  for (auto at = part.begin(); at != part.end();) {
    const auto begin = std::find_if_not(at, part.end(), is_separator);
    const auto end = std::find_if(begin, part.end(), is_separator);
    at = end;
    const std::string_view piece(begin, end);
    const std::string_view word = level == 0 ? trimmed(piece) : bare(piece);
    if (word.empty()) continue;
    const auto place = static_cast<std::size_t>(word.data() - text.data());
    const auto* who = named(word);
    if (who == nullptr && level == 0 && !before.empty())
      who = named(fmt::format("{}:{}", before, word));
    if (who != nullptr) {
      found.push_back({place, word.size(), who});
    } else if (level + 1 < kSeparators.size()) {
      collect_mentions(text, word, level + 1, found);
    }
    if (level == 0) before = word;
  }
}

std::string ErasedKeys::without_keys(std::string_view text) {
  std::string covered;
  std::size_t done = 0;
  for (const Mention& mention : mentions(text)) {
    covered.append(text.substr(done, mention.begin - done)).append(*mention.pseudonym);
    done = mention.begin + mention.size;
  }
  return covered.append(text.substr(done));
}

}  // namespace aml::store
