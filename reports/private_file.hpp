// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace aml::reports {

/// Writes the content to a file that only its owner may read, private from the first byte: a new file with mode 0600 is moved
/// into place when it is complete. What is no regular file (a device, a pipe) is written into and stays what it is; a
/// symbolic link is followed.
/// Throws: std::system_error with the path and the reason.
void write_private_file(const std::string& file, std::string_view content);

}  // namespace aml::reports
