// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aml::store {

/// Whether bytes are UTF-8 as PostgreSQL accepts it: no overlong forms, no surrogates, nothing
/// above U+10FFFF.
bool is_valid_utf8(std::string_view bytes);

}  // namespace aml::store
