// SPDX-License-Identifier: Apache-2.0
// Names, addresses, e-mail addresses and telephone numbers of invented parties. Domains and numbers
// are those reserved for examples where such exist.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scenarios/generator_random.hpp"

namespace aml::scenarios::generator {

struct PersonName {
  std::string_view first;
  std::string_view last;
};
PersonName person_name(Random& random);

enum class Trade : std::uint8_t { kShop, kChain, kService, kWholesale, kEmployer };
std::string company_name(Random& random, Trade trade);

/// The number-th address: a different one for each number below 10 million, also after case,
/// punctuation and the abbreviation of street words are ignored.
std::string address(std::uint32_t number);
/// The number-th telephone number in international form: a different one for each number below 10
/// million.
std::string phone(std::uint32_t number, std::string_view country);
/// Different for each number.
std::string email(const PersonName& name, std::uint32_t number);
std::string company_email(std::string_view company, std::uint32_t number);

/// The same address or telephone number or e-mail address, as another clerk would have typed it.
std::string respell_address(Random& random, std::string_view address);
std::string respell_phone(Random& random, std::string_view phone);
std::string respell_email(Random& random, std::string_view email);

}  // namespace aml::scenarios::generator
