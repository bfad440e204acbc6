// SPDX-License-Identifier: Apache-2.0
#include "store/input_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "store/error.hpp"
#include "store/landing_folder.hpp"

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

  /// A frame as `zstd` writes it, with a checksum.
  static std::string zstd(const std::string& content) {
    std::string packed(ZSTD_compressBound(content.size()), ' ');
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    packed.resize(
        ZSTD_compress2(context, packed.data(), packed.size(), content.data(), content.size()));
    ZSTD_freeCCtx(context);
    return packed;
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

TEST_F(InputFileTest, PlainGzipAndZstdGiveTheSameContentWhateverTheName) {
  const std::string content = long_content();
  EXPECT_EQ(content_of(write("plain.gz", content)), content);
  EXPECT_EQ(content_of(write("packed.csv", gzip(content))), content);
  EXPECT_EQ(content_of(write("packed.gz", zstd(content))), content);
  EXPECT_EQ(content_of(write("small.csv", gzip("a,b\n")), 1), "a,b\n");
  EXPECT_EQ(content_of(write("small.csv", zstd("a,b\n")), 1), "a,b\n");
}

TEST_F(InputFileTest, SeveralZstdFramesAreOneContentAndSkippableOnesAndPaddingAreNone) {
  const std::string skippable("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  EXPECT_EQ(content_of(write("two.zst", zstd("one ") + zstd("") + zstd("two"))), "one two");
  EXPECT_EQ(content_of(write("skip.zst", skippable + zstd("one") + skippable)), "one");
  EXPECT_EQ(content_of(write("padded.zst", zstd("one") + std::string(1000, '\0'))), "one");
}

TEST_F(InputFileTest, EveryTruncationOfAZstdFileIsRefused) {
  const std::string packed = zstd("a,b\n1,2\n3,4\n");
  for (std::size_t length = 4; length < packed.size(); ++length) {
    EXPECT_EQ(
        refusal(write("cut.zst", packed.substr(0, length))),
        ": zstd data end too early, at byte " + std::to_string(length) + ": the file is cut off");
  }
}

TEST_F(InputFileTest, DamagedZstdIsRefusedWithThePosition) {
  std::string packed = zstd(long_content());
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
  EXPECT_EQ(refusal(write("damaged.zst", packed)).substr(0, 31), ": zstd data are damaged near by");
  const std::string good = zstd("a");
  EXPECT_EQ(refusal(write("tail.zst", good + "tail")),
            ": zstd data are followed by something else at byte " + std::to_string(good.size()) +
                " of " + std::to_string(good.size() + 4));
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

TEST_F(InputFileTest, AFolderTellsFinishedFilesFromUnfinishedOnesAndPassesOverMarkers) {
  for (const std::string name : {"b.csv", "a.csv", "c.csv.tmp", "d.part", "e.csv~", ".hidden.csv",
                                 "_SUCCESS", "f.filepart"}) {
    write(name, "x");
  }
  std::filesystem::create_directory(path_of("folder.csv"));
  const auto content = files_in(path_of(""));
  EXPECT_EQ(content.files, (std::vector<std::string>{path_of("a.csv"), path_of("b.csv")}));
  EXPECT_EQ(content.unfinished,
            (std::vector<std::string>{path_of("c.csv.tmp"), path_of("d.part"), path_of("e.csv~"),
                                      path_of("f.filepart")}));
  EXPECT_TRUE(is_named_as_data("x/a.jsonl.zst"));
  EXPECT_FALSE(is_named_as_data("x.csv/README.zst"));
}

TEST_F(InputFileTest, AFolderThatCannotBeReadIsNamedWithTheReason) {
  try {
    files_in(path_of("nowhere"));
    FAIL() << "read";
  } catch (const std::system_error& error) {
    EXPECT_EQ(std::string(error.what()), path_of("nowhere") + ": No such file or directory");
  }
}

TEST_F(InputFileTest, AFileOfALandingFolderIsReadyWhenItHasNotChangedForAWhile) {
  using std::chrono::seconds;
  using Paths = std::vector<std::string>;
  const std::string still = write("still.csv", "a");
  const std::string growing = write("growing.csv", "a");
  LandingFolder folder(path_of(""), seconds(5));
  const std::chrono::steady_clock::time_point start{};
  EXPECT_EQ(folder.files_ready(start), Paths{});
  write("growing.csv", "ab");
  EXPECT_EQ(folder.files_ready(start + seconds(3)), Paths{});
  EXPECT_EQ(folder.files_ready(start + seconds(5)), Paths{still});
  EXPECT_EQ(folder.files_ready(start + seconds(8)), (Paths{growing, still}));
  // Another file under the old name, as large and with the old time of change.
  const auto written_at = std::filesystem::last_write_time(still);
  std::filesystem::rename(write("new.tmp", "b"), still);
  std::filesystem::last_write_time(still, written_at);
  EXPECT_EQ(folder.files_ready(start + seconds(9)), Paths{growing});
  EXPECT_EQ(folder.files_ready(start + seconds(14)), (Paths{growing, still}));
  std::filesystem::remove(still);
  EXPECT_EQ(folder.files_ready(start + seconds(20)), Paths{growing});
}

TEST_F(InputFileTest, WhatIsNoReadableRegularFileIsRefused) {
  EXPECT_EQ(refusal(path_of("missing")), ": cannot be opened: No such file or directory");
  ASSERT_EQ(::mkfifo(path_of("pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal(path_of("pipe")).substr(0, 27), ": is not a regular file; a ");
  EXPECT_EQ(refusal(path_of("")).substr(0, 27), ": is not a regular file; a ");
}

}  // namespace
}  // namespace aml::store
