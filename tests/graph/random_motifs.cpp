// SPDX-License-Identifier: Apache-2.0
#include "tests/graph/random_motifs.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>

namespace aml::graph::testing {
namespace {

constexpr Micros kTick = 6 * kMicrosPerHour;

std::vector<std::string> element_names(const Motif& motif, MotifColumn::Kind kind) {
  std::vector<std::string> names;
  for (const MotifColumn& column : motif.columns) {
    if (column.kind == kind) names.push_back("\"" + column.name + "\"");
  }
  return names;
}

/// Random expressions about the elements of a motif.
class RandomExpressions {
 public:
  RandomExpressions(Random& random, const Motif& motif)
      : random_(random),
        vertices_(element_names(motif, MotifColumn::Kind::kVertex)),
        edges_(element_names(motif, MotifColumn::Kind::kEdge)) {}

  bool has_vertices() const { return !vertices_.empty(); }

  std::string condition(int depth) {
    if (depth > 0 && random_.chance(35)) {
      switch (random_.below(3)) {
        case 0:
          return "(" + condition(depth - 1) + " or " + condition(depth - 1) + ")";
        case 1:
          return "(" + condition(depth - 1) + " and " + condition(depth - 1) + ")";
        default:
          return "not " + condition(0);
      }
    }
    return simple_condition();
  }

  // Of groups; they need a vertex.
  std::string group_condition() {
    return random_.one_of(std::vector<std::string>{
        "count(*) >= 2", aggregate() + " > 1.5", "not " + aggregate() + " <= 2",
        aggregate() + " + 1 < 2 * " + aggregate(), aggregate() + " is null",
        "min(" + vertex() + ".country) < 'NL'"});
  }

  std::string aggregate() {
    if (edges_.empty() || random_.chance(30)) {
      return random_.chance(50) ? "count(*)" : "count(distinct " + vertex() + ")";
    }
    return random_.one_of(
        std::vector<std::string>{"count(distinct " + edge() + ")", "sum(" + edge() + ".amount)",
                                 "min(" + edge() + ".amount)", "max(" + edge() + ".amount)",
                                 "total(" + edge() + ")", "sum(" + vertex() + ".risk)"});
  }

 private:
  std::string vertex() { return random_.one_of(vertices_); }
  std::string edge() { return random_.one_of(edges_); }

  std::string simple_condition() {
    if (edges_.empty() || (!vertices_.empty() && random_.chance(40))) return about_vertices();
    switch (random_.below(9)) {
      case 0:
        return edge() + ".amount" + comparison() + number();
      case 1:
        return edge() + ".amount" + comparison() + number() + " * " + edge() + ".amount";
      case 2:
        return edge() + ".time" + comparison() + time();
      case 3:
        return edge() + ".time - " + edge() + ".time" + comparison() + interval();
      case 4:
        return edge() + ".time" + comparison() + edge() + ".time + " + interval();
      case 5:
        return edge() + ".amount" + (random_.chance(30) ? " not" : "") + " between " + number() +
               " and " + number();
      case 6:
        return edge() + random_.one_of(std::vector<std::string>{
                            ".note = 'it''s'", ".note is null", ".note < 'b'", ".type <> 'CASH'",
                            ".id in ('9', '10', '100')", ".note not in ('x', null)",
                            ".valued_at > timestamp '1970-01-02'", ".valued_at is not null"});
      case 7:
        return edge() + ".time < " + edge() + ".time";
      default:
        return edge() + ".amount - " + edge() + ".amount * " + number() + comparison() + number();
    }
  }

  std::string about_vertices() {
    switch (random_.below(6)) {
      case 0:
        return vertex() + ".id <> " + vertex() + ".id";
      case 1:
        return vertex() + ".id" + comparison() + "'" + std::to_string(random_.below(4)) + "'";
      case 2:
        return vertex() + ".is_company";
      case 3:
        return vertex() + ".country = " + vertex() + ".country";
      case 4:
        return vertex() + ".risk + " + vertex() + ".risk" + comparison() + number();
      default:
        return vertex() + random_.one_of(std::vector<std::string>{
                              ".country is null", ".country in ('NL', 'DE')", ".is_company = true",
                              ".country > 'NK'", ".risk is not null", ".country <> 'O''X'"});
    }
  }

  std::string comparison() {
    return random_.one_of(
        std::vector<std::string>{" = ", " <> ", " < ", " <= ", " > ", " >= ", " >= ", " <= "});
  }
  std::string number() {
    return random_.one_of(
        std::vector<std::string>{"0", "0.5", "0.9", "1", "1.000", "1.5", "2", "3", "-1", "0.333"});
  }
  std::string time() {
    return "timestamp '1970-01-0" + std::to_string(1 + random_.below(3)) + " " +
           random_.one_of(std::vector<std::string>{"00:00", "06:00:00", "12:00+06:00"}) + "'";
  }
  std::string interval() {
    return random_.one_of(std::vector<std::string>{"interval '0 days'", "interval '6 hours'",
                                                   "interval '12 hours'", "interval '1 day'",
                                                   "- interval '6 hours'"});
  }

  Random& random_;
  std::vector<std::string> vertices_;
  std::vector<std::string> edges_;
};

std::string random_term(Random& random, int number) {
  const auto vertex = [&] {
    return random.one_of(std::vector<std::string>{"a", "a", "b", "b", "c", "c", "d", ""});
  };
  if (random.chance(6)) return "(" + random.one_of(std::vector<std::string>{"a", "b", "e"}) + ")";
  const std::string name = random.chance(60) ? "t" + std::to_string(number) : "";
  const std::string from = "(" + vertex() + ")";
  const std::string to = "(" + vertex() + ")";
  if (random.chance(18)) return "!" + from + "-[]->" + to;
  std::string length;
  if (random.chance(15)) length = random.chance(50) ? "*2" : "*1..2";
  const std::string edge = "[" + name + length + "]";
  switch (random.below(10)) {
    case 0:
      return from + "<-" + edge + "->" + to;
    case 1:
      return from + "<-" + edge + "-" + to;
    case 2:
      return from + "-" + edge + "-" + to;
    default:
      return from + "-" + edge + "->" + to;
  }
}

std::optional<Motif> random_motif(Random& random, MotifQueryText& query) {
  query.motif.clear();
  const int terms = 1 + random.below(3) + random.below(2);
  for (int i = 1; i <= terms; ++i) {
    query.motif += (i == 1 ? "" : ";") + random_term(random, i);
  }
  try {
    Motif motif = read_motif(query.motif, query.mode);
    for (const MotifBranch& branch : motif.branches) {
      const auto positive = std::ranges::count(branch.pattern.edges, false, &MotifEdge::negated);
      if (positive > 4) return std::nullopt;
    }
    return motif;
  } catch (const MotifError&) {
    return std::nullopt;
  }
}

void add_money_options(Random& random, MotifQueryText& query, RandomExpressions& expressions) {
  const auto ticks = [&](int end) { return random.below(end) * kTick; };
  if (random.chance(60)) {
    query.time_order = random.one_of(
        std::vector<TimeOrder>{TimeOrder::kStrict, TimeOrder::kLoose, TimeOrder::kNone});
  }
  if (random.chance(25)) query.window = ticks(8);
  if (random.chance(25) && query.time_order != TimeOrder::kNone) query.hop_window = ticks(6);
  if (random.chance(60)) {
    query.distinct = random.one_of(
        std::vector<Distinct>{Distinct::kVertices, Distinct::kEdges, Distinct::kNone});
  }
  if (random.chance(15)) query.max_counterparties = static_cast<std::uint32_t>(1 + random.below(3));
  if (!expressions.has_vertices() || !random.chance(30)) return;
  query.group_by = random.one_of(std::vector<std::string>{"a", "b", "c"});
  const int columns = random.below(4);
  for (int i = 0; i < columns; ++i) {
    query.aggregates.emplace_back("column " + std::to_string(i), expressions.aggregate());
  }
  if (random.chance(50)) query.having = expressions.group_condition();
}

}  // namespace

std::uint64_t printed_seed() {
  const char* given = std::getenv("AML_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "seed " << seed << " (AML_SEED=" << seed << " repeats it)\n";
  return seed;
}

std::vector<std::string> Bank::keys() const {
  std::vector<std::string> keys;
  for (const Account& account : accounts) keys.push_back(account.key);
  return keys;
}

std::vector<oracle::Transfer> Bank::transfers() const {
  std::vector<oracle::Transfer> transfers;
  for (const Payment& payment : payments) transfers.push_back(payment.transfer);
  return transfers;
}

Bank random_bank(Random& random) {
  Bank bank;
  const int accounts = 3 + random.below(3);
  for (int i = 0; i < accounts; ++i) {
    Bank::Account account{std::to_string(i * 5)};  // 0, 5, 10: keys of one and two digits
    account.is_dangling = random.chance(8);
    if (random.chance(75)) {
      account.country = random.one_of(std::vector<std::string>{"NL", "DE", "O'X"});
    }
    if (random.chance(75)) account.is_company = random.chance(50);
    if (random.chance(75)) account.risk_tenths = random.below(21) - 5;
    bank.accounts.push_back(account);
  }
  const int payments = 2 + random.below(10);
  for (int i = 0; i < payments; ++i) {
    Bank::Payment payment;
    payment.transfer = {random.one_of(bank.accounts).key, random.one_of(bank.accounts).key,
                        random.below(8) * kTick, 50 * random.below(7),
                        // 7 and 101 are coprime: keys of one, two and three digits, shuffled.
                        std::to_string((i + 1) * 7 * 7 % 101)};
    payment.type = random.chance(30) ? "CASH" : "TRANSFER";
    if (random.chance(70)) {
      payment.note = random.one_of(std::vector<std::string>{"it's", "a", "B", "\\x"});
    }
    if (random.chance(70)) payment.valued_at = random.below(8) * kTick;
    bank.payments.push_back(payment);
  }
  return bank;
}

TransferGraph graph_of(const Bank& bank) {
  TransferColumns columns;
  columns.type_names = {"TRANSFER", "CASH"};
  std::map<std::string, Vertex> positions;
  for (const Bank::Account& account : bank.accounts) {
    positions.emplace(account.key, static_cast<Vertex>(positions.size()));
    columns.vertex_keys.push_back(account.key);
  }
  for (const auto& [transfer, type, note, valued_at] : bank.payments) {
    columns.source.push_back(positions.at(transfer.source));
    columns.target.push_back(positions.at(transfer.target));
    columns.booked_at.push_back(transfer.booked_at);
    columns.amount_minor.push_back(transfer.amount);
    columns.type.push_back(type == "CASH" ? 1 : 0);
    columns.transfer_keys.push_back(transfer.key);
  }
  return TransferGraph(std::move(columns));
}

GraphProperties properties_of(const Bank& bank, const TransferGraph& graph) {
  GraphProperties properties;
  KeyColumn countries;
  BooleanColumn companies;
  NumberColumn risks{{}, 1};
  std::array<std::vector<char>, 3> vertex_nulls;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    const auto& account = *std::ranges::find(bank.accounts, graph.key(v), &Bank::Account::key);
    properties.is_dangling.push_back(account.is_dangling);
    countries.push_back(account.country.value_or(""));
    companies.flags.push_back(account.is_company.value_or(false));
    risks.units.push_back(account.risk_tenths.value_or(0));
    vertex_nulls[0].push_back(!account.country);
    vertex_nulls[1].push_back(!account.is_company);
    vertex_nulls[2].push_back(!account.risk_tenths);
  }
  properties.vertices = {{"country", std::move(countries), vertex_nulls[0]},
                         {"is_company", std::move(companies), vertex_nulls[1]},
                         {"risk", std::move(risks), vertex_nulls[2]}};
  KeyColumn notes;
  TimeColumn times;
  std::array<std::vector<char>, 2> edge_nulls;
  for (Edge e = 0; e < graph.num_edges(); ++e) {
    const auto& payment = *std::ranges::find_if(bank.payments, [&](const Bank::Payment& candidate) {
      return candidate.transfer.key == graph.transfer_key(e);
    });
    notes.push_back(payment.note.value_or(""));
    times.times.push_back(payment.valued_at.value_or(0));
    edge_nulls[0].push_back(!payment.note);
    edge_nulls[1].push_back(!payment.valued_at);
  }
  properties.edges = {{"note", std::move(notes), edge_nulls[0]},
                      {"valued_at", std::move(times), edge_nulls[1]}};
  return properties;
}

PropertySchema bank_schema() {
  return {.edges = {{"note", PropertyType::kText}, {"valued_at", PropertyType::kTime}},
          .vertices = {{"country", PropertyType::kText},
                       {"is_company", PropertyType::kBoolean},
                       {"risk", PropertyType::kNumber}}};
}

MotifQueryText random_query(Random& random, MotifMode mode) {
  for (;;) {
    MotifQueryText query;
    query.mode = mode;
    const std::optional<Motif> motif = random_motif(random, query);
    if (!motif) continue;
    const bool has_elements = std::ranges::any_of(motif->columns, [](const MotifColumn& column) {
      return column.kind == MotifColumn::Kind::kVertex || column.kind == MotifColumn::Kind::kEdge;
    });
    if (!has_elements) continue;
    RandomExpressions expressions(random, *motif);
    for (int i = random.below(3); i > 0; --i) {
      query.where += (query.where.empty() ? "" : " and ") + expressions.condition(2);
    }
    if (mode == MotifMode::kMoney) add_money_options(random, query, expressions);
    try {
      parse_query(query, bank_schema());
      return query;
    } catch (const std::invalid_argument&) {
      // For example a group_by that the motif does not have.
    }
  }
}

std::string description(const MotifQueryText& query) {
  std::string text = query.mode == MotifMode::kMoney ? "money " : "graphframes ";
  text += query.motif + "\n  where " + query.where;
  if (query.time_order) text += "\n  order " + std::to_string(int(*query.time_order));
  if (query.window) text += "\n  window " + std::to_string(*query.window);
  if (query.hop_window) text += "\n  hop window " + std::to_string(*query.hop_window);
  if (query.distinct) text += "\n  distinct " + std::to_string(int(*query.distinct));
  if (query.max_counterparties > 0) {
    text += "\n  hubs above " + std::to_string(query.max_counterparties);
  }
  if (!query.group_by.empty()) text += "\n  group by " + query.group_by;
  for (const auto& [name, expression] : query.aggregates) text += "\n  " + name + ": " + expression;
  if (!query.having.empty()) text += "\n  having " + query.having;
  return text;
}

}  // namespace aml::graph::testing
