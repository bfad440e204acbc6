// SPDX-License-Identifier: Apache-2.0
#include "store/decoder.hpp"

#include <fmt/format.h>
#define ZLIB_CONST  // zlib then takes input that it must not change
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <new>

#include "store/input_file.hpp"

namespace aml::store {
namespace {

constexpr std::array<unsigned char, 2> kGzipMagic{0x1f, 0x8b};
constexpr std::array<unsigned char, 4> kZstdMagic{0x28, 0xb5, 0x2f, 0xfd};

bool gzip_begins(FileBytes& file) {
  return file.continues_with(kGzipMagic);
}

/// Also before a skippable frame, with which parallel compressors begin.
bool zstd_begins(FileBytes& file) {
  if (file.continues_with(kZstdMagic)) return true;
  const auto next = file.available();
  return next.size() >= 4 && (next[0] & 0xf0) == 0x50 && next[1] == 0x2a && next[2] == 0x4d &&
         next[3] == 0x18;
}

class GzipDecoder : public Decoder {
 public:
  explicit GzipDecoder(FileBytes& file) : Decoder(file, "gzip") {
    constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's way to ask for the gzip wrapper
    if (inflateInit2(&inflater_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecoder() override { inflateEnd(&inflater_); }

 private:
  bool frame_begins(FileBytes& file) override { return gzip_begins(file); }
  void begin_frame() override { inflateReset(&inflater_); }

  Progress decode(std::span<const unsigned char> input, char* buffer, std::size_t size) override {
    const auto capacity = static_cast<uInt>(std::min<std::size_t>(size, 1U << 30));
    inflater_.next_in = input.data();
    inflater_.avail_in = static_cast<uInt>(input.size());
    inflater_.next_out = reinterpret_cast<unsigned char*>(buffer);
    inflater_.avail_out = capacity;
    const int status = inflate(&inflater_, Z_NO_FLUSH);
    const bool is_fine = status == Z_OK || status == Z_BUF_ERROR || status == Z_STREAM_END;
    const char* const words = inflater_.msg != nullptr ? inflater_.msg : "unknown error";
    return {input.size() - inflater_.avail_in, capacity - inflater_.avail_out,
            status == Z_STREAM_END, is_fine ? nullptr : words};
  }

  z_stream inflater_{};
};

class ZstdDecoder : public Decoder {
 public:
  // zstd's own limit of 128 MiB for the window holds: a file cannot ask for more memory.
  explicit ZstdDecoder(FileBytes& file) : Decoder(file, "zstd"), stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
  }

 private:
  bool frame_begins(FileBytes& file) override { return zstd_begins(file); }
  void begin_frame() override { ZSTD_DCtx_reset(stream_.get(), ZSTD_reset_session_only); }

  Progress decode(std::span<const unsigned char> input, char* buffer, std::size_t size) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{buffer, size, 0};
    const std::size_t left = ZSTD_decompressStream(stream_.get(), &out, &in);
    const bool is_damaged = ZSTD_isError(left) != 0;
    return {in.pos, out.pos, left == 0, is_damaged ? ZSTD_getErrorName(left) : nullptr};
  }

  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_;
};

}  // namespace

std::size_t Decoder::read(char* buffer, std::size_t size) {
  for (;;) {
    if (!is_inside_frame_ && !begin_next_frame()) return 0;
    const bool is_at_end = file_.available().empty() && !file_.fetch();
    const Progress progress = decode(file_.available(), buffer, size);
    file_.take(progress.taken);
    if (progress.damage != nullptr) {
      refuse_file(file_.path(), fmt::format("{} data are damaged near byte {} of {}: {}", format_,
                                            file_.position(), file_.size(), progress.damage));
    }
    is_inside_frame_ = !progress.is_end_of_frame;
    if (progress.produced > 0) return progress.produced;
    if (is_at_end && is_inside_frame_) {
      refuse_file(file_.path(),
                  fmt::format("{} data end too early, at byte {}: the file is cut off", format_,
                              file_.position()));
    }
  }
}

bool Decoder::begin_next_frame() {
  if (frame_begins(file_)) {
    begin_frame();
    is_inside_frame_ = true;
    return true;
  }
  do {
    const auto next = file_.available();
    const auto rest = std::find_if(next.begin(), next.end(), [](auto byte) { return byte != 0; });
    file_.take(static_cast<std::size_t>(rest - next.begin()));
    if (rest != next.end()) {
      refuse_file(file_.path(),
                  fmt::format("{} data are followed by something else at byte {} of {}", format_,
                              file_.position(), file_.size()));
    }
  } while (file_.fetch());
  return false;
}

std::unique_ptr<Decoder> make_decoder(FileBytes& file) {
  if (gzip_begins(file)) return std::make_unique<GzipDecoder>(file);
  if (zstd_begins(file)) return std::make_unique<ZstdDecoder>(file);
  return nullptr;
}

}  // namespace aml::store
