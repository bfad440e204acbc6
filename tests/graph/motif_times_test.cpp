// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_times.hpp"

#include <gtest/gtest.h>

namespace aml::graph {
namespace {

const char* const kChain = "(a)-[e]->(b);(b)-[f]->(c);(c)-[g]->(d);!(d)-[]->(a)";

TEST(MotifTimes, OrderIsTransitive) {
  MotifConstraints constraints;
  constraints.follows = {{0, 1}, {1, 2}};
  const MotifTimes times(parse_motif(kChain), constraints);
  EXPECT_TRUE(times.before(0, 2));
  EXPECT_FALSE(times.before(2, 0));
  EXPECT_EQ(times.max_gap(2, 0), 0);
  EXPECT_EQ(times.max_gap(0, 2), kUnbounded);
}

TEST(MotifTimes, StrictOrderAddsUp) {
  MotifConstraints constraints;
  constraints.follows = {{0, 1}, {1, 2}};
  constraints.time_order = TimeOrder::kStrict;
  const MotifTimes times(parse_motif(kChain), constraints);
  EXPECT_EQ(times.max_gap(2, 0), -2);  // two microseconds at least
}

TEST(MotifTimes, GapsAddUpInsideTheWindow) {
  MotifConstraints constraints;
  constraints.follows = {{0, 1, 10}, {1, 2, 20}};
  EXPECT_EQ(MotifTimes(parse_motif(kChain), constraints).max_gap(0, 2), 30);
  constraints.window = 25;
  const MotifTimes times(parse_motif(kChain), constraints);
  EXPECT_EQ(times.max_gap(0, 2), 25);
  EXPECT_EQ(times.max_gap(0, 1), 10);
}

TEST(MotifTimes, NegatedEdgesKnowNoWindow) {
  MotifConstraints constraints;
  constraints.window = 25;
  EXPECT_FALSE(MotifTimes(parse_motif(kChain), constraints).related(0, 3));
}

TEST(MotifTimes, WithoutOrderOnlyTheGapCounts) {
  MotifConstraints constraints;
  constraints.follows = {{0, 1, 10}};
  constraints.time_order = TimeOrder::kNone;
  const MotifTimes times(parse_motif(kChain), constraints);
  EXPECT_FALSE(times.before(0, 1));
  EXPECT_EQ(times.max_gap(0, 1), 10);
  EXPECT_EQ(times.max_gap(1, 0), kUnbounded);
}

TEST(MotifTimes, CirclesCannotBeMet) {
  for (const TimeOrder order : {TimeOrder::kStrict, TimeOrder::kLoose}) {
    MotifConstraints constraints;
    constraints.time_order = order;
    constraints.follows = {{0, 1}, {1, 2}};
    EXPECT_TRUE(MotifTimes(parse_motif(kChain), constraints).satisfiable());
    constraints.follows.push_back({2, 0});
    EXPECT_FALSE(MotifTimes(parse_motif(kChain), constraints).satisfiable());
  }
}

TEST(MotifTimes, RestrictedToPairsKeepsWhatFollowsFromThem) {
  MotifConstraints constraints;
  constraints.follows = {{0, 1, 10}, {1, 2, 20}};
  const MotifTimes times(parse_motif(kChain), constraints);
  EXPECT_EQ(times.restricted_to({{0, 1}, {1, 2}}), times);
  const MotifTimes one = times.restricted_to({{0, 1}});
  EXPECT_EQ(one.max_gap(0, 1), 10);
  EXPECT_FALSE(one.related(0, 2));
}

TEST(MotifTimes, SumsStayInsideTheRangeOfTime) {
  EXPECT_EQ(later_by(kLatest - 1, 5), kLatest);
  EXPECT_EQ(later_by(kEarliest + 1, -5), kEarliest);
  EXPECT_EQ(later_by(-7, kUnbounded), kLatest);
  EXPECT_EQ(earlier_by(kEarliest + 1, 5), kEarliest);
  EXPECT_EQ(earlier_by(kLatest - 1, -5), kLatest);
  EXPECT_EQ(earlier_by(7, kUnbounded), kEarliest);
  EXPECT_EQ(later_by(7, -2), 5);
}

}  // namespace
}  // namespace aml::graph
