// SPDX-License-Identifier: Apache-2.0
#include "store/graph_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "store/error.hpp"

namespace aml::store {
namespace {

class GraphFile : public testing::Test {
 protected:
  GraphFile() {
    std::string folder = std::filesystem::temp_directory_path() / "aml-graph-file-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
  }
  ~GraphFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  EdgeFile edges(const std::string& content) const {
    return read_edge_file(write("e.csv", content));
  }
  std::string refusal(const std::string& content) const {
    try {
      edges(content);
    } catch (const StoreError& error) {
      EXPECT_EQ(error.failure(), StoreFailure::kRefusedData);
      const std::string message = error.what();
      return message.substr(message.find("e.csv"));
    }
    return "was read";
  }

  std::filesystem::path folder_;
};

std::vector<std::string> texts(const graph::KeyColumn& keys) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < keys.size(); ++i) all.emplace_back(keys[i]);
  return all;
}
using Texts = std::vector<std::string>;

TEST_F(GraphFile, IdsAreKeptAsTheyAreWrittenAndEdgesAreTheirRows) {
  const EdgeFile file = edges("src,dst\n007, 7\n\"a,b\",007\n");
  EXPECT_EQ(texts(file.transfers.vertex_keys), (Texts{"007", " 7", "a,b"}));
  EXPECT_EQ(file.transfers.source, (std::vector<graph::Vertex>{0, 2}));
  EXPECT_EQ(file.transfers.target, (std::vector<graph::Vertex>{1, 0}));
  EXPECT_EQ(texts(file.transfers.transfer_keys), (Texts{"0", "1"}));
  EXPECT_FALSE(file.has_time);
  EXPECT_FALSE(file.has_amount);
}

TEST_F(GraphFile, AmountsHaveAsManyDecimalsAsTheFileUses) {
  const EdgeFile file = edges("Amount;SRC;dst\n1;a;b\n2.125;a;b\n-3.5;a;b\n");
  EXPECT_EQ(file.amount_decimals, 3);
  EXPECT_EQ(file.transfers.amount_minor, (std::vector<graph::MinorUnits>{1000, 2125, -3500}));
}

TEST_F(GraphFile, OtherColumnsAreKeptAndEmptyValuesAreNull) {
  const EdgeFile file = edges("src,dst,Kind,time\na,b,friend,60\nb,a,,1970-01-01T00:02\n");
  EXPECT_EQ(file.transfers.booked_at, (std::vector<graph::Micros>{60'000'000, 120'000'000}));
  ASSERT_EQ(file.columns.size(), 1U);
  EXPECT_EQ(file.columns[0].name, "kind");
  EXPECT_EQ(texts(file.columns[0].values), (Texts{"friend", ""}));
  EXPECT_EQ(file.columns[0].is_null, (std::vector<char>{0, 1}));
}

TEST_F(GraphFile, ListedVerticesComeFirstAndOthersBehindThem) {
  const VertexFile vertices = read_vertex_file(write("v.csv", "name,id\nAda,z\nBob,y\n"));
  EXPECT_EQ(texts(vertices.ids), (Texts{"z", "y"}));
  ASSERT_NE(vertices.find("name"), nullptr);
  EXPECT_EQ(texts(vertices.find("name")->values), (Texts{"Ada", "Bob"}));
  EXPECT_EQ(vertices.find("id"), nullptr);
  const EdgeFile file = read_edge_file(write("e.csv", "src,dst\na,y\n"), vertices);
  EXPECT_EQ(texts(file.transfers.vertex_keys), (Texts{"z", "y", "a"}));
}

TEST_F(GraphFile, WhatCannotBeReadIsRefusedWithItsLine) {
  EXPECT_EQ(refusal(""), "e.csv: is empty: expected a header line");
  EXPECT_EQ(refusal("from,to\n"), "e.csv:1: has no column 'src'; its columns: from, to");
  EXPECT_EQ(refusal("src,dst,SRC\n"), "e.csv:1: has two columns called 'src'");
  EXPECT_EQ(refusal("src,dst\na,b\na\n"), "e.csv:3: cannot be read: wrong_column_count");
  EXPECT_EQ(refusal("src,dst\na,\n"), "e.csv:2: src or dst is empty");
  EXPECT_EQ(refusal("src,dst,amount\na,b,12 EUR\n"),
            "e.csv:2: amount '12 EUR' is no decimal number, or has more digits than fit");
  EXPECT_EQ(
      refusal("src,dst,time\na,b,noon\n"),
      "e.csv:2: time 'noon' is neither ISO 8601 nor seconds since 1970 (not milliseconds), to the "
      "microsecond, in the years 1 to 9999");
  EXPECT_EQ(refusal("src,dst,amount\na,b,9223372036854775807\na,b,0.1\n"),
            "e.csv: an amount does not fit: others need 1 decimal places");
}

TEST_F(GraphFile, AnAmountOfMoreDecimalsThanFitIsRefusedInsteadOfScalingAllOthers) {
  EXPECT_EQ(edges("src,dst,amount\na,b,0.000000000000000001\n").amount_decimals, 18);
  EXPECT_EQ(refusal("src,dst,amount\na,b,0\na,b,0.0000000000000000000\n"),
            "e.csv:3: amount '0.0000000000000000000' is no decimal number, or has more digits than "
            "fit");
}

TEST_F(GraphFile, AVertexThatStandsTwiceIsRefused) {
  const std::string path = write("v.csv", "id\na\n\na\n");
  try {
    read_vertex_file(path);
    FAIL() << "was read";
  } catch (const StoreError& error) {
    EXPECT_NE(std::string(error.what()).find("v.csv:4: id 'a' stands twice"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace aml::store
