// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_pattern.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
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

TEST(MotifPattern, EveryExampleOfItsPageIsAccepted) {
  std::ifstream page(AML_SOURCE_DIR "/docs/motifs.md");
  int examples = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("    (")) continue;
    const std::string motif = line.substr(4, line.find("  ", 4) - 4);
    EXPECT_NO_THROW(parse_motif(motif)) << motif;
    ++examples;
  }
  EXPECT_EQ(examples, 5);
}

struct Refusal {
  std::string text;
  std::size_t position;
  std::string reason;
};

class MotifPatternRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(MotifPatternRefusal, IsRefusedAtItsPositionWithItsReason) {
  const auto& [text, position, reason] = GetParam();
  try {
    parse_motif(text);
    FAIL() << "accepted: " << text;
  } catch (const MotifError& error) {
    EXPECT_EQ(error.position(), position) << error.what();
    EXPECT_EQ(std::string(error.what()),
              "bad motif: " + reason + "\n  " + text + "\n  " + std::string(position, ' ') + "^");
  }
}

const std::string kLone = "a vertex on its own needs a name";
const std::string kUndirected = "undirected terms are not supported yet";
const std::string kBidirectional = "bidirectional terms are not supported yet";
const std::string kVariable = "variable-length terms are not supported yet";
const std::string kNegatedName = "a negated edge cannot have a name";
const std::string kAnonymous = "a term needs at least one name";

INSTANTIATE_TEST_SUITE_P(LoneAnonymousVertex, MotifPatternRefusal,
                         ::testing::Values(Refusal{"()", 0, kLone},
                                           Refusal{"(a)-[]->(b); ()", 13, kLone}));

INSTANTIATE_TEST_SUITE_P(
    Syntax, MotifPatternRefusal,
    ::testing::Values(
        Refusal{"(", 1, "expected ')'"}, Refusal{"->(a)", 0, "expected '('"},
        Refusal{"!(a)", 0, "only an edge can be negated, not a lone vertex"},
        Refusal{"!!(a)-[]->(b)", 1, "expected '('"}, Refusal{"(a)-[]->(b);;", 12, "expected '('"},
        Refusal{";", 0, "expected '('"}, Refusal{"(a)-[e]->", 9, "expected '('"},
        Refusal{"(a)-[e->(b)", 6, "expected ']'"}, Refusal{"(a)-[e]>(b)", 7, "expected '->'"},
        Refusal{"(a)<-[e](b)", 8, "expected '-'"},
        Refusal{"(a) (b)", 4, "expected ';', '-[' or '<-['"},
        Refusal{"(a)-[e]->(b) x", 13, "expected ';' between two terms"},
        Refusal{"(a b)", 3, "expected ')'"}, Refusal{"(\xc3\xa4)", 1, "expected ')'"}));

INSTANTIATE_TEST_SUITE_P(Negation, MotifPatternRefusal,
                         ::testing::Values(Refusal{"!(a)-[ab]->(b)", 6, kNegatedName},
                                           Refusal{"!()-[ab]->()", 5, kNegatedName},
                                           Refusal{"!(u)<-[]->(v)", 4, kBidirectional},
                                           Refusal{"!(a)-[]-(b)", 4, kUndirected},
                                           Refusal{"!(a)-[*2]->(b)", 6, kVariable}));

INSTANTIATE_TEST_SUITE_P(CompletelyAnonymous, MotifPatternRefusal,
                         ::testing::Values(Refusal{"()-[]->()", 0, kAnonymous},
                                           Refusal{"!()-[]->()", 0, kAnonymous},
                                           Refusal{"(a); ()<-[]-()", 5, kAnonymous},
                                           Refusal{"()-[]-()", 2, kUndirected},
                                           Refusal{"!()-[]-()", 3, kUndirected}));

INSTANTIATE_TEST_SUITE_P(
    NameReused, MotifPatternRefusal,
    ::testing::Values(
        Refusal{"(a)-[a]->(b)", 5, "name 'a' is used for a vertex and for an edge"},
        Refusal{"(a)-[]->(b); ()-[a]->()", 17, "name 'a' is used for a vertex and for an edge"},
        Refusal{"(a)-[e]->(b); (e)-[]->(b)", 15, "name 'e' is used for a vertex and for an edge"},
        Refusal{"(a)-[e]->(b); (e)", 15, "name 'e' is used for a vertex and for an edge"},
        Refusal{"(a)-[e]->(b); ()-[e]->()", 18, "edge name 'e' is used twice"}));

INSTANTIATE_TEST_SUITE_P(NotSupportedYet, MotifPatternRefusal,
                         ::testing::Values(Refusal{"(u)-[e]-(v)", 3, kUndirected},
                                           Refusal{"(a)<-[e]->(b)", 3, kBidirectional},
                                           Refusal{"(u)-[*3]->(v)", 5, kVariable},
                                           Refusal{"(u)-[e*3]->(v)", 6, kVariable},
                                           Refusal{"(u)-[*]->(v)", 5, kVariable},
                                           Refusal{"(u)-[*0]->(v)", 5, kVariable},
                                           Refusal{"(a)-[e*0..2]->(b)", 6, kVariable},
                                           Refusal{"(u)-[*..5]->(v)", 5, kVariable},
                                           Refusal{"(a)-[e*1..]->(b)", 6, kVariable},
                                           Refusal{"(a)-[e*3..2]->(b)", 6, kVariable},
                                           Refusal{"(a)-[e*1..3]->(b);(b)-[]->(c)", 6, kVariable},
                                           Refusal{"(a)<-[e*1..2]-(b)", 7, kVariable}));

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
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("()()[]-->><;!*ae1 \n")));
  try {
    const MotifPattern pattern = parse_motif(text);
    for (const MotifEdge& edge : pattern.edges) {
      RC_ASSERT(edge.source >= 0 && edge.source < static_cast<int>(pattern.vertices.size()));
      RC_ASSERT(edge.target >= 0 && edge.target < static_cast<int>(pattern.vertices.size()));
    }
  } catch (const MotifError& error) {
    RC_ASSERT(error.position() <= text.size());
  }
}

}  // namespace
}  // namespace aml::graph
