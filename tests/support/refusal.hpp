// SPDX-License-Identifier: Apache-2.0
// What is said to a call that is refused.
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <string>

namespace aml::test {

/// The words of the exception that ends the call, which must be of the kind named, or "not refused".
template <typename Error = std::exception, typename Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "not refused";
}

inline void expect_words(const std::string& text, const std::string& words) {
  EXPECT_NE(text.find(words), std::string::npos) << "got: " << text << "\nexpected: " << words;
}

}  // namespace aml::test
