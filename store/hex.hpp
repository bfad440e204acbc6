// SPDX-License-Identifier: Apache-2.0
// Bytes as hex digits. For the sources of this folder only.
#pragma once

#include <string>
#include <string_view>

namespace aml::store {

/// Appends two lower-case digits for each byte.
void append_hex(std::string& out, std::string_view bytes);

}  // namespace aml::store
