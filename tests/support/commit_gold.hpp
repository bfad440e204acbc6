// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "store/gold_writer.hpp"

namespace aml::test {

/// Ends the run of a writer as the runner does.
inline void commit_gold(store::GoldWriter& writer, std::int64_t peak_memory_bytes = 1,
                        const std::string& error = {}) {
  writer.complete_run(peak_memory_bytes, error);
  constexpr int kLastStep = 3;
  store::RunStep step;
  step.name = "write gold";
  writer.commit(kLastStep, step);
}

}  // namespace aml::test
