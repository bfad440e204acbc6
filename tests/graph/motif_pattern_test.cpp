// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_pattern.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace aml::graph {
namespace {

using Names = std::vector<std::string>;

/// An edge as "name:source>target", negated with "!" in front.
Names edges_of(const MotifPattern& pattern) {
  Names edges;
  for (const MotifEdge& edge : pattern.edges) {
    edges.push_back((edge.negated ? "!" : "") + edge.name + ":" + std::to_string(edge.source) +
                    ">" + std::to_string(edge.target));
  }
  return edges;
}

TEST(MotifPattern, NamedEdgesAndVerticesInOrderOfFirstAppearance) {
  const MotifPattern pattern = parse_motif("(a)-[e1]->(b); (b)-[e2]->(c); (c)-[e3]->(a)");
  EXPECT_EQ(pattern.vertices, (Names{"a", "b", "c"}));
  EXPECT_EQ(edges_of(pattern), (Names{"e1:0>1", "e2:1>2", "e3:2>0"}));
}

TEST(MotifPattern, EveryAnonymousVertexIsAVertexOfItsOwn) {
  const MotifPattern pattern = parse_motif("(u)-[]->(); (u)-[]->(); ()-[e]->()");
  EXPECT_EQ(pattern.vertices, (Names{"u", "", "", "", ""}));
  EXPECT_EQ(edges_of(pattern), (Names{":0>1", ":0>2", "e:3>4"}));
}

TEST(MotifPattern, IncomingEdgeIsReadAsItsReverse) {
  const MotifPattern pattern = parse_motif("(d)<-[e]-(s)");
  EXPECT_EQ(pattern.vertices, (Names{"s", "d"}));
  EXPECT_EQ(edges_of(pattern), (Names{"e:0>1"}));
}

TEST(MotifPattern, NegatedEdges) {
  const MotifPattern pattern = parse_motif("(a)-[]->(b); !(b)-[]->(a); !(b)-[]->()");
  EXPECT_EQ(edges_of(pattern), (Names{":0>1", "!:1>0", "!:1>2"}));
}

TEST(MotifPattern, LoneVertexMayStandAnywhere) {
  const MotifPattern pattern = parse_motif("(a); (b)-[]->(a)");
  EXPECT_EQ(pattern.vertices, (Names{"a", "b"}));
  EXPECT_EQ(edges_of(pattern), (Names{":1>0"}));
}

TEST(MotifPattern, SelfLoop) {
  EXPECT_EQ(edges_of(parse_motif("(a)-[]->(a)")), (Names{":0>0"}));
}

TEST(MotifPattern, WhiteSpaceBetweenTokensDoesNotMatter) {
  EXPECT_EQ(edges_of(parse_motif(" ( a ) -[ e ] -> ( b ) ;\n\t! ( b ) -[ ]-> ( a ) ; ")),
            edges_of(parse_motif("(a)-[e]->(b);!(b)-[]->(a)")));
}

TEST(MotifPattern, TrailingSemicolonIsAccepted) {
  EXPECT_EQ(edges_of(parse_motif("(a)-[]->(b);")), (Names{":0>1"}));
}

TEST(MotifPattern, EmptyTextIsAnEmptyPattern) {
  EXPECT_TRUE(parse_motif("").vertices.empty());
  EXPECT_TRUE(parse_motif("  ").vertices.empty());
}

TEST(MotifPattern, NamesMayStartWithDigitsAndUnderscores) {
  EXPECT_EQ(parse_motif("(0)-[_1]->(__tmp)").vertices, (Names{"0", "__tmp"}));
}

/// "u e v _hop".
std::string columns(std::string_view text, MotifMode mode) {
  std::string names;
  for (const MotifColumn& column : read_motif(text, mode).columns) {
    names += (names.empty() ? "" : " ") + column.name;
  }
  return names;
}

/// The branches as "out: _e1:0>1 _e2:1>2", one each.
Names branches(std::string_view text, MotifMode mode) {
  Names all;
  for (const MotifBranch& branch : read_motif(text, mode).branches) {
    std::string line = branch.direction + ":";
    for (const std::string& edge : edges_of(branch.pattern)) line += " " + edge;
    all.push_back(line);
  }
  return all;
}

constexpr MotifMode kMoney = MotifMode::kMoney;
constexpr MotifMode kGraphFrames = MotifMode::kGraphFrames;

TEST(Motif, ColumnsAreNamedElementsInOrderOfFirstAppearance) {
  EXPECT_EQ(columns("(u)-[e]->(v)", kMoney), "u e v");
  EXPECT_EQ(columns("(v)<-[e]-(u); ()-[f]->(u); !(w)-[]->(v)", kMoney), "u e v f w");
  EXPECT_EQ(columns("(u)-[]->(v);(v)-[]->(w);!(a)-[]->(b);!(v)-[]->(c)", kGraphFrames),
            "u v w a b c");
  EXPECT_EQ(columns("", kMoney), "");
}

TEST(Motif, GraphFramesNamesAndColumnsOfLengths) {
  EXPECT_EQ(columns("(u)-[e*3]->(v)", kGraphFrames), "u _e1 _uv1 _e2 _uv2 _e3 v");
  EXPECT_EQ(columns("(u)-[*3]->(v)", kGraphFrames), "u _uv1 _uv2 v");
  EXPECT_EQ(columns("()-[e*3]->()", kGraphFrames), "_e1 _e2 _e3");
  EXPECT_EQ(columns("(u)-[e*2..3]->(v)", kGraphFrames),
            "u _e1 _uv1 _e2 _uv2 _e3 v _hop _pattern _direction");
  EXPECT_EQ(columns("(u)-[e*2]-(v)", kGraphFrames),
            "u _e1 _uv1 _e2 v _hop _pattern _direction _vu1");
  EXPECT_EQ(columns("(u)-[e]-(v);(v)-[f]->(k)", kGraphFrames), "u e v _pattern _direction f k");
  EXPECT_EQ(columns("(a)-[]->(__tmpv7);(a)-[__tmp]->(b)", kGraphFrames), "a __tmp b");
  EXPECT_EQ(branches("(u)-[e*1..2]-(v)", kGraphFrames),
            (Names{"out: _e1:0>1 _e2:1>2", "out: _e1:0>1", "in: _e1:0>1 _e2:1>2", "in: _e1:1>0"}));
}

TEST(Motif, OurNamesOfLengthsCannotBeWrittenByAnybody) {
  EXPECT_EQ(columns("(u)-[e*3]->(v)", kMoney), "u e[1] e(1) e[2] e(2) e[3] v");
  EXPECT_EQ(columns("(u)-[*3]->(v)", kMoney), "u v");
  EXPECT_EQ(columns("(u)-[e*1..2]-(v);(v)-[f]->(k)", kMoney),
            "u e[1] e(1) e[2] v _hop _pattern _direction f k");
  EXPECT_EQ(columns("(a)-[*2]->(bc);(ab)-[*2]->(c)", kMoney), "a bc ab c");
  EXPECT_EQ(columns("(a)<-[e*2]->(b)", kMoney), "a e1[1] e1(1) e1[2] b e2[1] e2(1) e2[2]");
}

TEST(Motif, BidirectionalTermIsTwoTransfers) {
  EXPECT_EQ(branches("(a)<-[e]->(b)", kMoney), (Names{": e1:0>1 e2:1>0"}));
  EXPECT_EQ(branches("(a)<-[]->(b)", kGraphFrames), (Names{": :0>1 :1>0"}));
}

TEST(Motif, BranchesAreTheProductOfTheTermsThatHaveSeveralReadings) {
  const Motif motif = read_motif("(a)-[e]-(b);(b)-[f*1..2]->(c)");
  ASSERT_EQ(motif.branches.size(), 4U);
  const auto& last = motif.branches.back();
  EXPECT_EQ(last.hop, "1");
  EXPECT_EQ(last.direction, "in; out");
  EXPECT_EQ(last.written, "(a)<-[e]-(b); (b)-[f*1]->(c)");
  EXPECT_EQ(read_motif("(a)-[e]-(b);(b)-[f]-(c)", kGraphFrames).branches[1].direction, "in");
}

TEST(Motif, PositionsLeadFromColumnsToTheirElements) {
  const Motif motif = read_motif("(u)-[e*1..2]->(v)");
  // u e[1] e(1) e[2] v _hop _pattern _direction
  EXPECT_EQ(motif.branches[0].positions, (std::vector<int>{0, 0, 1, 1, 2, -1, -1, -1}));
  EXPECT_EQ(motif.branches[1].positions, (std::vector<int>{0, 0, -1, -1, 1, -1, -1, -1}));
}

TEST(Motif, PlainPatternHasOneBranch) {
  EXPECT_EQ(edges_of(parse_motif("(a)-[e*2]->(b)")), (Names{"e[1]:0>1", "e[2]:1>2"}));
  EXPECT_THROW(parse_motif("(a)-[e]-(b)"), MotifError);
}

struct Refusal {
  std::string text;
  std::size_t position;
  std::string reason;
  MotifMode mode = MotifMode::kMoney;
};

/// For what GraphFrames refuses and our own language allows.
Refusal in_graphframes(const std::string& text, std::size_t position, const std::string& reason) {
  return {text, position, reason, MotifMode::kGraphFrames};
}

class MotifPatternRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(MotifPatternRefusal, IsRefusedAtItsPositionWithItsReason) {
  const auto& [text, position, reason, mode] = GetParam();
  try {
    read_motif(text, mode);
    FAIL() << "accepted: " << text;
  } catch (const MotifError& error) {
    EXPECT_EQ(error.position(), position) << error.what();
    EXPECT_EQ(std::string(error.what()),
              "bad motif: " + reason + "\n  " + text + "\n  " + std::string(position, ' ') + "^");
  }
}

const std::string kLone = "a vertex on its own needs a name";
const std::string kUndirected =
    "an undirected term cannot be negated (GraphFrames fails on it): negate each direction";
const std::string kBidirectional = "a bidirectional term cannot be negated: negate each direction";
const std::string kNegatedWalk =
    "a negated variable-length term would say that some transfer of the walk is missing, not that "
    "there is no such walk";
const std::string kNegatedName = "a negated edge cannot have a name";
const std::string kAnonymous = "a term needs at least one name";
const std::string kUnbounded = "a length without a bound is not supported";
const std::string kZero = "a length must be greater than 0";
const std::string kWholeMotif =
    "GraphFrames takes a variable-length term only as the whole motif, and not with '<-['";
const std::string kNoSpace = "GraphFrames reads '<-[' and '*' only in a term without white space";

INSTANTIATE_TEST_SUITE_P(LoneAnonymousVertex, MotifPatternRefusal,
                         ::testing::Values(Refusal{"()", 0, kLone},
                                           Refusal{"(a)-[]->(b); ()", 13, kLone}));

INSTANTIATE_TEST_SUITE_P(
    Syntax, MotifPatternRefusal,
    ::testing::Values(Refusal{"(", 1, "expected ')'"}, Refusal{"->(a)", 0, "expected '('"},
                      Refusal{"!(a)", 0, "only an edge can be negated, not a lone vertex"},
                      Refusal{"!!(a)-[]->(b)", 1, "expected '('"},
                      Refusal{"(a)-[]->(b);;", 12, "expected '('"}, Refusal{";", 0, "expected '('"},
                      Refusal{"(a)-[e]->", 9, "expected '('"},
                      Refusal{"(a)-[e->(b)", 6, "expected ']'"},
                      Refusal{"(a)-[e]>(b)", 7, "expected '->' or '-'"},
                      Refusal{"(a)<-[e](b)", 8, "expected '-'"},
                      Refusal{"(a) (b)", 4, "expected ';', '-[' or '<-['"},
                      Refusal{"(a)-[e]->(b) x", 13, "expected ';' between two terms"},
                      Refusal{"(a b)", 3, "expected ')'"},
                      Refusal{"(\xc3\xa4)", 1, "expected ')'"}));

INSTANTIATE_TEST_SUITE_P(Negation, MotifPatternRefusal,
                         ::testing::Values(Refusal{"!(a)-[ab]->(b)", 6, kNegatedName},
                                           Refusal{"!()-[ab]->()", 5, kNegatedName},
                                           Refusal{"!(u)<-[]->(v)", 4, kBidirectional},
                                           Refusal{"!(a)-[]-(b)", 4, kUndirected},
                                           Refusal{"!(a)-[*2]->(b)", 6, kNegatedWalk},
                                           Refusal{"!(a)-[*1..3]->(b)", 6, kNegatedWalk}));

INSTANTIATE_TEST_SUITE_P(
    CompletelyAnonymous, MotifPatternRefusal,
    ::testing::Values(Refusal{"()-[]->()", 0, kAnonymous}, Refusal{"!()-[]->()", 0, kAnonymous},
                      Refusal{"(a); ()<-[]-()", 5, kAnonymous}, Refusal{"()-[]-()", 0, kAnonymous},
                      Refusal{"!()-[]-()", 0, kAnonymous}, Refusal{"()-[*2]->()", 0, kAnonymous},
                      in_graphframes("()-[*1]->()", 0, kAnonymous)));

INSTANTIATE_TEST_SUITE_P(
    NameReused, MotifPatternRefusal,
    ::testing::Values(
        Refusal{"(a)-[a]->(b)", 5, "name 'a' is used for a vertex and for an edge"},
        Refusal{"(a)-[]->(b); ()-[a]->()", 17, "name 'a' is used for a vertex and for an edge"},
        Refusal{"(a)-[e]->(b); (e)-[]->(b)", 15, "name 'e' is used for a vertex and for an edge"},
        Refusal{"(a)-[e]->(b); (e)", 15, "name 'e' is used for a vertex and for an edge"},
        Refusal{"(a)-[e]->(b); ()-[e]->()", 18, "edge name 'e' is used twice"}));

INSTANTIATE_TEST_SUITE_P(
    MadeUpNames, MotifPatternRefusal,
    ::testing::Values(
        Refusal{"(a)<-[e]->(b);(a)-[e1]->(c)", 19, "edge name 'e1' is used twice"},
        in_graphframes("(a)<-[e*2]->(b)", 6, "edge name '_e1' is used twice"),
        in_graphframes("(a)-[e*2]->(b);(a)-[_e2]->(c)", 20, "edge name '_e2' is used twice"),
        Refusal{"(_direction)-[e]-(b)", 0, "name '_direction' is taken by the column of that name"},
        Refusal{"(a)-[e]-(b);(_pattern)", 13,
                "name '_pattern' is taken by the column of that name"}));

INSTANTIATE_TEST_SUITE_P(
    Lengths, MotifPatternRefusal,
    ::testing::Values(Refusal{"(u)-[*]->(v)", 6, "expected a number of transfers after '*'"},
                      Refusal{"(u)-[*0]->(v)", 5, kZero}, Refusal{"(a)-[e*0..2]->(b)", 6, kZero},
                      Refusal{"(u)-[*..5]->(v)", 5, kUnbounded},
                      Refusal{"(a)-[e*1..]->(b)", 6, kUnbounded},
                      Refusal{"(a)-[e*101]->(b)", 7, "a term has at most 100 transfers"},
                      Refusal{"(a)-[e*99999999999999999999]->(b)", 7,
                              "a term has at most 100 transfers"},
                      Refusal{"(a)-[*60]->(b);(c);(b)-[*40]->(d)", 19,
                              "a motif has at most 100 transfers and vertices on their own"},
                      in_graphframes("(a)-[*100]->(b);(c)", 16,
                                     "a motif has at most 100 transfers and vertices on their own"),
                      Refusal{"(a)-[*1..32]->(b);(b)-[*1..32]->(c)", 18,
                              "the lengths and directions of this motif have more than 1000 "
                              "combinations"}));

INSTANTIATE_TEST_SUITE_P(GraphFramesOnly, MotifPatternRefusal,
                         ::testing::Values(in_graphframes("(a)-[e*1..3]->(b);(b)-[]->(c)", 6,
                                                          kWholeMotif),
                                           in_graphframes("(a)<-[e*1..2]-(b)", 7, kWholeMotif),
                                           in_graphframes("(a)-[e*2]-(b);", 6, kWholeMotif),
                                           in_graphframes(" (a)-[e*1..2]->(b)", 7, kWholeMotif),
                                           in_graphframes("(a)-[e*1..2 ]->(b)", 0, kNoSpace),
                                           in_graphframes("(a) <-[e]- (b)", 0, kNoSpace),
                                           in_graphframes("(a)-[e *2]->(b)", 0, kNoSpace)));

const std::string kMergedDirections =
    "after several undirected terms GraphFrames' negation would merge rows of different "
    "directions: it keeps the direction of the last term only";

std::string silently_joined(const std::string& name) {
  return "GraphFrames would call a vertex of this term '" + name +
         "', which is another vertex of the motif, and silently join the two";
}

INSTANTIATE_TEST_SUITE_P(
    TrapsInGraphFrames, MotifPatternRefusal,
    ::testing::Values(in_graphframes("(a)-[*2]->(bc);(ab)-[*2]->(c)", 21, silently_joined("_abc1")),
                      in_graphframes("()-[*2]->();()-[*2]->()", 16, silently_joined("__tmpv1")),
                      in_graphframes("(a)-[*2]->(b);(b)-[]->(_ab1)", 5, silently_joined("_ab1")),
                      in_graphframes("(a)<-[*2]->(a)", 6, silently_joined("_aa1")),
                      in_graphframes("!(a)-[*2]->(b)", 6, kNegatedWalk),
                      in_graphframes("(c); !(a)-[]-(b)", 9, kUndirected),
                      in_graphframes("(a)-[e*3..2]->(b)", 6,
                                     "the shortest length 3 is greater than the longest 2"),
                      Refusal{"(a)-[*3..2]->(b)", 5,
                              "the shortest length 3 is greater than the longest 2"},
                      in_graphframes("(a)-[]-(b);(b)-[]-(c);!(c)-[]->(a)", 22, kMergedDirections)));

TEST(MotifError, ShowsNoCharacterThatATerminalWouldObey) {
  const std::string text{"(a)\x1b[2J\0\x7f\t(b)", 13};
  EXPECT_EQ(std::string(MotifError(text, 11, "why").what()),
            "bad motif: why\n  (a)?[2J??\t(b)\n           \t ^");
}

TEST(MotifError, ShowsTheLineOfTheErrorOnly) {
  try {
    parse_motif("(a)-[e]->(b);\n(b)-[e]->(c);\n(c)-[f]->(a)");
    FAIL() << "accepted an edge name twice";
  } catch (const MotifError& error) {
    EXPECT_STREQ(error.what(), "bad motif: edge name 'e' is used twice\n  (b)-[e]->(c);\n       ^");
    EXPECT_EQ(error.position(), 19U);
  }
}

RC_GTEST_PROP(MotifPattern, AnyTextIsParsedOrRefusedInsideItself, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("()()[]-->><;!*ae1. \n")));
  const auto mode = *rc::gen::element(MotifMode::kMoney, MotifMode::kGraphFrames);
  try {
    const Motif motif = read_motif(text, mode);
    RC_ASSERT(!motif.branches.empty());
    for (const auto& [pattern, positions, hop, written, direction] : motif.branches) {
      for (const MotifEdge& edge : pattern.edges) {
        RC_ASSERT(edge.source >= 0 && edge.source < static_cast<int>(pattern.vertices.size()));
        RC_ASSERT(edge.target >= 0 && edge.target < static_cast<int>(pattern.vertices.size()));
      }
      RC_ASSERT(positions.size() == motif.columns.size());
    }
  } catch (const MotifError& error) {
    RC_ASSERT(error.position() <= text.size());
  }
}

}  // namespace
}  // namespace aml::graph
