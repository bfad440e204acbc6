// SPDX-License-Identifier: Apache-2.0
// One alert told in full, as an HTML article.
#pragma once

#include <string>

#include "store/gold_reader.hpp"

namespace aml::reports {

/// Why it was flagged, its network as a picture, its transfers in order and who takes part.
/// `number` is its place in the report and makes the ids inside unique.
std::string story_article(const store::AlertStory& story, int number);

/// "high" as a badge that does not depend on colour alone.
std::string severity_badge(const std::string& severity);

/// Id of the article of an alert in the page.
std::string story_anchor(const std::string& alert_id);

}  // namespace aml::reports
