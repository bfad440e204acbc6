// SPDX-License-Identifier: Apache-2.0
// SHA-256, by which a content is known whatever its name.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace aml::store {

/// SHA-256 of bytes that come in pieces. Throws: std::runtime_error if OpenSSL cannot compute it on this machine.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);

  /// 64 lower-case hex digits over everything given so far; more may be added.
  std::string hex_so_far() const;

  /// Over everything given so far: 32 bytes, or as 64 lower-case hex digits.
  /// Requires: nothing is added afterwards, and neither is called again, before restart().
  std::array<char, 32> finish();
  std::string finish_hex();

  /// Forgets everything given so far: for many short texts cheaper than as many objects.
  void restart();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// SHA-256 of bytes, as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace aml::store
