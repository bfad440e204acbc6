// SPDX-License-Identifier: Apache-2.0
// What the commands that fit a forest share.
#pragma once

#include "cli/commands.hpp"
#include "scenarios/model_training.hpp"

namespace aml::cli {

scenarios::TrainingParams training_params(const ForestParams& params);

}  // namespace aml::cli
