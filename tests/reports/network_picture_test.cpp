// SPDX-License-Identifier: Apache-2.0
#include "reports/network_picture.hpp"

#include <gtest/gtest.h>

#include <string>

namespace aml::reports {
namespace {

store::AlertTransferRow transfer(int step, const std::string& from, const std::string& to,
                                 const std::string& amount) {
  store::AlertTransferRow row;
  row.step = step;
  row.from_account = from;
  row.to_account = to;
  row.amount_base = amount;
  return row;
}

store::AlertStory cycle() {
  store::AlertStory story;
  story.alert.subject = "A";
  story.alert.subject_kind = "account";
  story.transfers = {transfer(1, "A", "B", "5000.00"), transfer(2, "B", "C", "4900.00"),
                     transfer(3, "C", "A", "4800.00")};
  return story;
}

TEST(NetworkPicture, HasANodeForEachAccountAndAnArrowForEachPair) {
  auto story = cycle();
  story.transfers.push_back(transfer(4, "A", "B", "10.00"));
  const auto picture = picture_of(story);
  ASSERT_EQ(picture.nodes.size(), 3U);
  EXPECT_TRUE(picture.nodes[0].is_subject);
  ASSERT_EQ(picture.links.size(), 3U);
  EXPECT_EQ(picture.links[0].label, "1: 5,000.00 + 4: 10.00");
}

TEST(NetworkPicture, JoinsPartiesByWhatTheyShare) {
  store::AlertStory story;
  story.alert.subject = "P1";
  story.alert.subject_kind = "party";
  story.shared_attributes = {{"P1", "email", "x@example.com"}, {"P2", "email", "x@example.com"}};
  const auto picture = picture_of(story);
  ASSERT_EQ(picture.nodes.size(), 3U);
  ASSERT_EQ(picture.links.size(), 2U);
  EXPECT_FALSE(picture.links[0].is_arrow);
}

TEST(NetworkPicture, BoundsItsSizeAndSaysWhatItLeftOut) {
  store::AlertStory story;
  story.alert.subject = "hub";
  for (int i = 0; i < 100; ++i)
    story.transfers.push_back(transfer(i + 1, "a" + std::to_string(i), "hub", "1.00"));
  const auto picture = picture_of(story);
  EXPECT_EQ(picture.nodes.size(), 40U);
  EXPECT_EQ(picture.left_out, 61);
}

TEST(NetworkPicture, TheSamePictureGivesTheSameBytes) {
  const auto picture = picture_of(cycle());
  EXPECT_EQ(draw(picture, "t", "n1"), draw(picture, "t", "n1"));
}

TEST(NetworkPicture, TellsScreenReadersWhatItShowsAndEscapesIt) {
  auto story = cycle();
  story.transfers[0].from_account = "<A>";
  story.transfers[2].to_account = "<A>";
  const auto svg = draw(picture_of(story), "Network of <A>", "n1");
  EXPECT_NE(svg.find("&lt;A&gt; pays B"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("<A>"), std::string::npos);
  EXPECT_NE(svg.find("role=\"img\""), std::string::npos);
}

TEST(NetworkPicture, ACycleOfFourWhoseLayoutNeverSettlesEnds) {
  auto story = cycle();
  story.transfers[2] = transfer(3, "C", "D", "4800.00");
  story.transfers.push_back(transfer(4, "D", "A", "4700.00"));
  EXPECT_EQ(draw(picture_of(story), "t", "n1").find("nan"), std::string::npos);
}

TEST(NetworkPicture, SeparateNetworksAreDrawnWithoutInfinities) {
  auto story = cycle();
  for (int pair = 0; pair < 12; ++pair) {
    story.transfers.push_back(
        transfer(4 + pair, "x" + std::to_string(pair), "y" + std::to_string(pair), "1.00"));
  }
  const auto svg = draw(picture_of(story), "t", "n1");
  EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
}

TEST(NetworkPicture, DrawsTwoNodesAndLooseNodesWithoutInfinities) {
  Picture picture;
  picture.nodes = {{"a", "a", "", NodeShape::kAccount, true},
                   {"b", "b", "", NodeShape::kAccount, false},
                   {"c", "c", "", NodeShape::kAccount, false}};
  picture.links = {{0, 1, "1: 2.00", true}};
  const auto svg = draw(picture, "t", "n1");
  EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
}

}  // namespace
}  // namespace aml::reports
