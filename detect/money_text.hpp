// SPDX-License-Identifier: Apache-2.0
// Money and time as people read them in explanations.
#pragma once

#include <string>

#include "graph/transfer.hpp"

namespace aml::detect {

/// The base currency in which all amounts of a graph are compared.
struct BaseCurrency {
  std::string code = "USD";
  int exponent = 2;  ///< minor units = units * 10^exponent
};

/// A sum for Finding::amount_minor; beyond the range of MinorUnits it becomes the nearest end of
/// it.
graph::MinorUnits to_minor_units(graph::MinorSum sum);

/// "12,345.60 USD".
std::string format_money(graph::MinorSum amount_minor, const BaseCurrency& currency);
/// "12345.60": for EvidenceItem::observed.
std::string plain_money(graph::MinorSum amount_minor, const BaseCurrency& currency);
/// "2024-03-01 14:05", or "2024-03-01" when the time is midnight UTC.
std::string format_time(graph::Micros at);
/// "2024-03-01T14:05:00Z", with six more digits if the time has a fraction of a second: for
/// EvidenceItem::observed.
std::string iso_time(graph::Micros at);
/// "1 transfer", "7 transfers", "2,412 branches".
std::string count_of(std::size_t n, const std::string& noun);

}  // namespace aml::detect
