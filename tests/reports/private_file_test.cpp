// SPDX-License-Identifier: Apache-2.0
#include "reports/private_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace aml::reports {
namespace {

namespace fs = std::filesystem;

class PrivateFile : public testing::Test {
 protected:
  PrivateFile() {
    std::string name = (fs::temp_directory_path() / "aml-private-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~PrivateFile() override { fs::remove_all(folder_); }

  fs::path folder_;
};

std::string content(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(PrivateFile, ReplacesARegularFileAndIsReadableByItsOwnerOnly) {
  const auto file = folder_ / "report.html";
  std::ofstream(file) << "old and longer";
  fs::permissions(file, fs::perms(0644));
  write_private_file(file, "new");
  EXPECT_EQ(content(file), "new");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms(0600));
  EXPECT_FALSE(fs::exists(folder_ / "report.html.part"));
}

TEST_F(PrivateFile, APipeStaysAPipe) {
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  write_private_file(pipe, "through");
  char text[8] = {};
  EXPECT_EQ(::read(reader, text, sizeof text), 7);
  EXPECT_STREQ(text, "through");
  EXPECT_TRUE(fs::is_fifo(pipe));
  ::close(reader);
}

TEST_F(PrivateFile, ASymbolicLinkIsFollowed) {
  const auto link = folder_ / "link.html";
  fs::create_symlink(folder_ / "target.html", link);
  write_private_file(link, "told");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(content(folder_ / "target.html"), "told");
}

TEST_F(PrivateFile, WhatIsNotCompleteReplacesNothing) {
  const auto file = folder_ / "features.csv";
  write_private_file(file, "old");
  {
    PrivateFileWriter writer(file);
    writer.write("half");
    EXPECT_EQ(content(file), "old");
  }
  EXPECT_EQ(content(file), "old");
  EXPECT_FALSE(fs::exists(folder_ / "features.csv.part"));
  PrivateFileWriter writer(file);
  writer.write("one,");
  writer.write("two");
  writer.close();
  EXPECT_EQ(content(file), "one,two");
}

TEST_F(PrivateFile, AMissingFolderIsNamed) {
  try {
    write_private_file(folder_ / "no" / "report.html", "x");
    FAIL() << "expected std::system_error";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("no/report.html"), std::string::npos);
  }
}

}  // namespace
}  // namespace aml::reports
