// SPDX-License-Identifier: Apache-2.0
#include "store/input_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "store/error.hpp"

namespace aml::store {
namespace {

class InputFileTest : public testing::Test {
 protected:
  InputFileTest() {
    std::string folder = std::filesystem::temp_directory_path() / "aml-input-file-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
  }
  ~InputFileTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& bytes) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  std::string path_of(const std::string& name) const { return folder_ / name; }

  std::string gzip(const std::string& content) const {
    const std::string path = folder_ / "made.gz";
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static std::string content_of(const std::string& path, std::size_t piece = 1000) {
    InputFile file(path);
    std::string content;
    std::string buffer(piece, ' ');
    while (const std::size_t got = file.read(buffer.data(), buffer.size()))
      content.append(buffer, 0, got);
    EXPECT_EQ(file.bytes_read(), file.bytes_total());
    return content;
  }

  static std::string refusal(const std::string& path) {
    try {
      content_of(path);
    } catch (const StoreError& error) {
      EXPECT_EQ(error.failure(), StoreFailure::kRefusedData);
      return std::string(error.what()).substr(path.size());
    }
    return "not refused";
  }

  // Hard to compress and longer than any buffer, so that pieces meet in every way.
  static std::string long_content() {
    std::string content;
    for (unsigned i = 0; i < 300'000; ++i) content += std::to_string(i * 2654435761U);
    return content;
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(InputFileTest, PlainAndGzipGiveTheSameContentWhateverTheName) {
  const std::string content = long_content();
  EXPECT_EQ(content_of(write("plain.gz", content)), content);
  EXPECT_EQ(content_of(write("packed.csv", gzip(content))), content);
  EXPECT_EQ(content_of(write("small.csv", gzip("a,b\n")), 1), "a,b\n");
}

TEST_F(InputFileTest, SeveralGzipMembersAreOneContentAndZeroPaddingIsNone) {
  EXPECT_EQ(content_of(write("two.gz", gzip("one ") + gzip("") + gzip("two"))), "one two");
  EXPECT_EQ(content_of(write("padded.gz", gzip("one") + std::string(1000, '\0'))), "one");
}

TEST_F(InputFileTest, EmptyAndTinyFilesArePlain) {
  EXPECT_EQ(content_of(write("empty", "")), "");
  EXPECT_EQ(content_of(write("one", "\x1f")), "\x1f");
}

TEST_F(InputFileTest, EveryTruncationOfAGzipFileIsRefused) {
  const std::string packed = gzip("a,b\n1,2\n3,4\n");
  for (std::size_t length = 2; length < packed.size(); ++length) {
    EXPECT_EQ(
        refusal(write("cut.gz", packed.substr(0, length))),
        ": gzip data end too early, at byte " + std::to_string(length) + ": the file is cut off");
  }
}

TEST_F(InputFileTest, DamagedGzipIsRefusedWithThePosition) {
  std::string packed = gzip(long_content());
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
  EXPECT_EQ(refusal(write("damaged.gz", packed)).substr(0, 31), ": gzip data are damaged near by");
  const std::string good = gzip("a");
  EXPECT_EQ(refusal(write("tail.gz", good + "tail")),
            ": gzip data are followed by something else at byte " + std::to_string(good.size()) +
                " of " + std::to_string(good.size() + 4));
}

TEST_F(InputFileTest, WhatIsNoReadableRegularFileIsRefused) {
  EXPECT_EQ(refusal(path_of("missing")), ": cannot be opened: No such file or directory");
  ASSERT_EQ(::mkfifo(path_of("pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal(path_of("pipe")).substr(0, 27), ": is not a regular file; a ");
  EXPECT_EQ(refusal(path_of("")).substr(0, 27), ": is not a regular file; a ");
}

}  // namespace
}  // namespace aml::store
