// SPDX-License-Identifier: Apache-2.0
#include "store/content_hash.hpp"

#include <openssl/evp.h>

#include <stdexcept>

#include "store/hex.hpp"

namespace aml::store {
namespace {

// OpenSSL fails here only when it cannot allocate or SHA-256 is switched off on the machine.
void require(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL cannot compute SHA-256 on this machine");
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ ? 1 : 0);
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

std::string Sha256::hex_so_far() const {
  Sha256 copy;
  require(EVP_MD_CTX_copy_ex(copy.context_.get(), context_.get()));
  return copy.finish_hex();
}

std::array<char, 32> Sha256::finish() {
  std::array<char, 32> digest{};
  auto* const bytes = reinterpret_cast<unsigned char*>(digest.data());
  require(EVP_DigestFinal_ex(context_.get(), bytes, nullptr));
  return digest;
}

std::string Sha256::finish_hex() {
  const auto digest = finish();
  std::string hex;
  append_hex(hex, {digest.data(), digest.size()});
  return hex;
}

void Sha256::restart() {
  require(EVP_DigestInit_ex(context_.get(), nullptr, nullptr));
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish_hex();
}

}  // namespace aml::store
