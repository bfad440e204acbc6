// SPDX-License-Identifier: Apache-2.0
// A forest model as bytes: in a file, in a column of a table, on a wire.
//
// All numbers are little-endian, u16 to u64 unsigned, f32 and f64 IEEE 754:
//
//   "amlforst"                         8 bytes by which a model is known
//   u32 version                        1
//   u64 size                           of the whole model in bytes
//   u32 sample size, f64 threshold
//   u16 oblique                        1 if splits are oblique, else 0
//   u16 columns                        1 to 65,534; then for each: u16 length, its name, f32 median
//   u32 trees                          then for each its nodes, a node before its left subtree, that
//                                      before its right one
//   u32 CRC-32 of all before           as zlib computes it
//
//   a leaf                             u16 65535, u32 rows of the sample in it
//   a split                            u16 column, f32 threshold
//   an oblique split                   u16 terms (1 to columns), each u16 column, f64 weight, f32 point
//
// Nothing that follows from the rest is kept (children, depths, where missing values go), so there is
// nothing that could contradict itself: any bytes that are accepted are a forest that can be walked.
#pragma once

#include <string>
#include <string_view>

#include "detect/forest_model.hpp"

namespace aml::detect {

std::string to_bytes(const ForestModel& model);

/// The model that to_bytes() wrote: its scores are the same to the last bit. Throws:
/// std::invalid_argument that says what is wrong and at which byte, whatever the bytes are. Cost:
/// linear; memory in proportion to the bytes given, never to numbers that stand in them.
ForestModel forest_model_from_bytes(std::string_view bytes);

}  // namespace aml::detect
