// SPDX-License-Identifier: Apache-2.0
// Propagated risk as a sum over walks: base + (dA') base + (dA')^2 base + ... + (dA')^k base, with
// dense matrices.
#pragma once

#include <cstddef>
#include <vector>

namespace aml::oracle {

using DenseMatrix = std::vector<std::vector<double>>;

inline DenseMatrix product(const DenseMatrix& a, const DenseMatrix& b) {
  const std::size_t n = a.size();
  DenseMatrix c(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < n; ++k) c[i][j] += a[i][k] * b[k][j];
    }
  }
  return c;
}

/// sends[payer][payee]: how often the payer sends in a round.
inline std::vector<double> risk_by_walks(const DenseMatrix& sends, const std::vector<double>& base,
                                         double decay, int rounds) {
  const std::size_t n = base.size();
  DenseMatrix step(n, std::vector<double>(n, 0.0));
  DenseMatrix power(n, std::vector<double>(n, 0.0));
  for (std::size_t payee = 0; payee < n; ++payee) {
    power[payee][payee] = 1;
    for (std::size_t payer = 0; payer < n; ++payer)
      step[payee][payer] = decay * sends[payer][payee];
  }
  std::vector<double> risk = base;
  for (int round = 0; round < rounds; ++round) {
    power = product(step, power);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) risk[i] += power[i][j] * base[j];
    }
  }
  return risk;
}

}  // namespace aml::oracle
