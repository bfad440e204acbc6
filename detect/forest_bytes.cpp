// SPDX-License-Identifier: Apache-2.0
#include "detect/forest_bytes.hpp"

#include <fmt/format.h>

#include <bit>
#include <boost/crc.hpp>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace aml::detect {
namespace {

constexpr std::string_view kMagic = "amlforst";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint16_t kLeaf = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t kSizeEnd = kMagic.size() + sizeof(std::uint32_t) + sizeof(std::uint64_t);
constexpr std::size_t kChecksumBytes = sizeof(std::uint32_t);

std::uint32_t checksum(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

class Writer {
 public:
  template <std::unsigned_integral Number>
  void put(Number number) {
    for (std::size_t byte = 0; byte < sizeof number; ++byte) {
      bytes_ += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * byte) & 0xFFU);
    }
  }
  void put(float number) { put(std::bit_cast<std::uint32_t>(number)); }
  void put(double number) { put(std::bit_cast<std::uint64_t>(number)); }
  void put(std::string_view text) { bytes_ += text; }

  std::string finish() {
    const std::uint64_t size = bytes_.size() + kChecksumBytes;
    Writer number;
    number.put(size);
    bytes_.replace(kSizeEnd - sizeof size, sizeof size, number.bytes_);
    put(checksum(bytes_));
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

void write_node(Writer& out, const IsolationTree& tree, std::uint32_t node) {
  if (tree.is_leaf(node)) {
    out.put(kLeaf);
    out.put(tree.rows[node]);
    return;
  }
  if (tree.is_oblique()) {
    const auto terms = tree.terms_of(node);
    out.put(static_cast<std::uint16_t>(terms.size()));
    for (const ObliqueTerm& term : terms) {
      out.put(term.column);
      out.put(term.weight);
      out.put(term.point);
    }
  } else {
    out.put(tree.nodes[node].column);
    out.put(tree.nodes[node].threshold);
  }
  write_node(out, tree, tree.nodes[node].left);
  write_node(out, tree, tree.nodes[node].left + 1);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <std::unsigned_integral Number>
  Number take() {
    const std::string_view text = take_text(sizeof(Number));
    std::uint64_t number = 0;
    for (std::size_t byte = 0; byte < text.size(); ++byte) {
      number |= std::uint64_t{static_cast<unsigned char>(text[byte])} << (8 * byte);
    }
    return static_cast<Number>(number);
  }
  /// A number that a forest can work with. Throws: std::invalid_argument if it is not finite.
  template <std::floating_point Number>
  Number take_finite(const char* what) {
    const Number number = take_number<Number>();
    if (!std::isfinite(number)) refuse(fmt::format("{} is not a finite number", what));
    return number;
  }
  template <std::floating_point Number>
  Number take_number() {
    using Bits = std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>;
    return std::bit_cast<Number>(take<Bits>());
  }
  std::string_view take_text(std::size_t size) {
    if (size > bytes_.size() - position_) refuse("it ends too early");
    position_ += size;
    return bytes_.substr(position_ - size, size);
  }
  bool is_at_end() const { return position_ == bytes_.size(); }

  [[noreturn]] void refuse(const std::string& why) const {
    throw std::invalid_argument(
        fmt::format("is no valid forest model: {} (byte {})", why, position_));
  }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
};

/// What a tree must fit to.
struct Shape {
  std::uint16_t columns;
  int depth_limit;
  std::uint32_t sample_size;
  bool is_oblique;
};

std::uint16_t take_column(Reader& in, const Shape& shape) {
  const auto column = in.take<std::uint16_t>();
  if (column >= shape.columns) in.refuse(fmt::format("a split names column {}", column));
  return column;
}

std::vector<ObliqueTerm> read_terms(Reader& in, const Shape& shape, std::uint16_t count) {
  if (count < 1 || count > shape.columns) in.refuse(fmt::format("a split has {} terms", count));
  std::vector<ObliqueTerm> terms;
  for (std::uint16_t i = 0; i < count; ++i) {
    const std::uint16_t column = take_column(in, shape);
    const auto weight = in.take_finite<double>("a weight");
    terms.push_back({weight, in.take_finite<float>("a point"), column});
  }
  return terms;
}

class TreeReader {
 public:
  TreeReader(Reader& in, const Shape& shape) : in_(in), shape_(shape) {}

  IsolationTree read() {
    read_node(tree_.add_leaf(), 0);
    if (shape_.is_oblique) {
      tree_.first_term.resize(tree_.nodes.size());
      tree_.term_count.resize(tree_.nodes.size());
    }
    tree_.complete();
    return std::move(tree_);
  }

 private:
  void read_node(std::uint32_t node, int depth) {
    const auto tag = in_.take<std::uint16_t>();
    if (tag == kLeaf) {
      read_leaf(node);
      return;
    }
    if (depth == shape_.depth_limit) {
      in_.refuse(fmt::format("a tree is deeper than {}", depth));
    }
    const std::uint32_t left = read_split(node, tag);
    read_node(left, depth + 1);
    read_node(left + 1, depth + 1);
  }

  void read_leaf(std::uint32_t node) {
    const auto rows = in_.take<std::uint32_t>();
    if (rows < 1 || rows > shape_.sample_size - rows_) {
      in_.refuse(fmt::format("a leaf has {} rows", rows));
    }
    rows_ += rows;
    tree_.rows[node] = rows;
  }

  std::uint32_t read_split(std::uint32_t node, std::uint16_t tag) {
    if (shape_.is_oblique) return tree_.split(node, read_terms(in_, shape_, tag));
    if (tag >= shape_.columns) in_.refuse(fmt::format("a split names column {}", tag));
    return tree_.split(node, tag, in_.take_finite<float>("a threshold"));
  }

  Reader& in_;
  const Shape& shape_;
  IsolationTree tree_;
  std::uint32_t rows_ = 0;  ///< in the leaves read so far
};

/// The bytes between the size and the checksum, if both are right.
Reader open_content(std::string_view bytes) {
  Reader head(bytes.substr(0, kSizeEnd));
  if (!bytes.starts_with(kMagic)) {
    throw std::invalid_argument(
        fmt::format("is no forest model: it does not begin with '{}'", kMagic));
  }
  head.take_text(kMagic.size());
  if (const auto version = head.take<std::uint32_t>(); version != kVersion) {
    throw std::invalid_argument(fmt::format(
        "is a forest model of format {}; this program reads format {}", version, kVersion));
  }
  if (const auto size = head.take<std::uint64_t>(); size != bytes.size()) {
    throw std::invalid_argument(fmt::format(
        "is a damaged forest model: {} bytes, but it was written with {}", bytes.size(), size));
  }
  if (bytes.size() < kSizeEnd + kChecksumBytes) head.refuse("it ends too early");
  const std::string_view checked = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (Reader(bytes.substr(checked.size())).take<std::uint32_t>() != checksum(checked)) {
    throw std::invalid_argument("is a damaged forest model: its checksum is wrong");
  }
  Reader content(checked);
  content.take_text(kSizeEnd);
  return content;
}

struct Columns {
  std::vector<std::string> names;
  std::vector<float> medians;
};

Columns read_columns(Reader& in) {
  const auto count = in.take<std::uint16_t>();
  if (count == 0 || count > kMaxTreeColumns) in.refuse(fmt::format("{} columns", count));
  Columns columns;
  for (std::uint16_t column = 0; column < count; ++column) {
    const auto length = in.take<std::uint16_t>();
    if (length == 0) in.refuse("a column has no name");
    columns.names.emplace_back(in.take_text(length));
    columns.medians.push_back(in.take_number<float>());
    if (std::isinf(columns.medians.back())) in.refuse("a median is infinite");
  }
  return columns;
}

std::vector<IsolationTree> read_trees(Reader& in, const Shape& shape) {
  const auto count = in.take<std::uint32_t>();
  if (count == 0) in.refuse("no trees");
  std::vector<IsolationTree> trees;
  for (std::uint32_t tree = 0; tree < count; ++tree) trees.push_back(TreeReader(in, shape).read());
  if (!in.is_at_end()) in.refuse("more follows its last tree");
  return trees;
}

}  // namespace

std::string to_bytes(const ForestModel& model) {
  const auto trees = model.forest.trees();
  Writer out;
  out.put(kMagic);
  out.put(kVersion);
  out.put(std::uint64_t{0});  // the size, known at the end
  out.put(static_cast<std::uint32_t>(model.forest.sample_size()));
  out.put(model.threshold);
  out.put(static_cast<std::uint16_t>(trees.front().is_oblique() ? 1 : 0));
  out.put(static_cast<std::uint16_t>(model.columns.size()));
  for (std::size_t column = 0; column < model.columns.size(); ++column) {
    out.put(static_cast<std::uint16_t>(model.columns[column].size()));
    out.put(std::string_view(model.columns[column]));
    out.put(model.medians[column]);
  }
  out.put(static_cast<std::uint32_t>(trees.size()));
  for (const IsolationTree& tree : trees) write_node(out, tree, 0);
  return out.finish();
}

ForestModel forest_model_from_bytes(std::string_view bytes) {
  Reader in = open_content(bytes);
  const auto sample_size = in.take<std::uint32_t>();
  if (sample_size < 2 || sample_size > kMaxSampleSize) {
    in.refuse(fmt::format("sample size {}", sample_size));
  }
  const auto threshold = in.take_finite<double>("the threshold");
  const auto oblique = in.take<std::uint16_t>();
  if (oblique > 1) in.refuse(fmt::format("splits of kind {}", oblique));
  Columns columns = read_columns(in);
  const auto count = static_cast<std::uint16_t>(columns.names.size());
  const Shape shape{count, depth_limit(static_cast<int>(sample_size)), sample_size, oblique == 1};
  IsolationForest forest(read_trees(in, shape), count, static_cast<int>(sample_size));
  return {std::move(columns.names), std::move(columns.medians), threshold, std::move(forest)};
}

}  // namespace aml::detect
