// SPDX-License-Identifier: Apache-2.0
// Connection strings: a database name, key=value pairs or a URI, as libpq reads them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/connection.hpp"

namespace aml::store {

struct ConninfoOption {
  std::string keyword;
  std::string value;
  bool is_secret = false;  ///< libpq marks it as one: password, sslpassword
};

/// The options that the text names; empty text names none. A text that is neither key=value nor a
/// URI is a database name. Throws: StoreError kUnreachable if libpq cannot read it; the message
/// shows no part that could be a password.
std::vector<ConninfoOption> parse_conninfo(const std::string& text);

/// The options as quoted key=value pairs.
std::string quote_conninfo(const std::vector<ConninfoOption>& options);

/// The text as key=value pairs for libpq, with what it may leave to us: application_name aml, and that a server that no longer answers,
/// such as one behind a cut cable, is given up after a minute.
/// Throws: StoreError kUnreachable as parse_conninfo(), and if a database name could hold a password.
std::string libpq_conninfo(const std::string& text);

/// `words` without any password that the connection string `text` holds.
std::string without_secrets(std::string words, const std::string& text);

/// The StoreError for a connection that could not be made: where, why in the words of libpq or the server, what to do.
[[noreturn]] void throw_unreachable(const Target& target, std::string_view words);

}  // namespace aml::store
