// SPDX-License-Identifier: Apache-2.0
// The network of one alert as inline SVG.
#pragma once

#include <string>
#include <vector>

#include "store/gold_reader.hpp"

namespace aml::reports {

enum class NodeShape { kAccount, kParty, kAttribute };

struct PictureNode {
  std::string id;  ///< unique in the picture
  std::string label;
  std::string role;  ///< shown under the label; may be empty
  NodeShape shape = NodeShape::kAccount;
  bool is_subject = false;
};

struct PictureLink {
  int from = 0;  ///< position in Picture::nodes
  int to = 0;
  std::string label;
  bool is_arrow = true;
};

struct Picture {
  std::vector<PictureNode> nodes;
  std::vector<PictureLink> links;
  int left_out = 0;  ///< nodes beyond the largest picture one can read
};

/// What an alert's picture shows: accounts joined by their transfers (one arrow for each
/// payer-payee pair), or parties joined by the attributes they share. No nodes if there is nothing
/// to draw.
Picture picture_of(const store::AlertStory& story);

/// The picture as an <svg> element with a title and a description for screen readers. Money that
/// only goes forward is laid out in columns from left to right; circles and shared attributes by
/// Kamada and Kawai's springs, started from a circle. Neither has any randomness: the same picture
/// gives the same bytes. `element_id` makes the ids inside unique in a page.
std::string draw(const Picture& picture, const std::string& title, const std::string& element_id);

}  // namespace aml::reports
