// SPDX-License-Identifier: Apache-2.0
#include "store/known_content.hpp"

#include <string_view>

#include "store/content_hash.hpp"
#include "store/input_file.hpp"

namespace aml::store {

std::vector<KnownContent> list_known_contents(LoadTransaction& transaction, const FilePlan& plan) {
  const Rows rows =
      transaction.run(query::list_known_contents,
                      {std::string(name_of(plan.dataset())), std::string(name_of(plan.format))});
  std::vector<KnownContent> known;
  for (int row = 0; row < rows.size(); ++row) {
    known.push_back({rows.number(row, 0), static_cast<std::uint64_t>(rows.number(row, 1)),
                     std::string(rows.text(row, 2)), std::string(rows.text(row, 3))});
  }
  return known;
}

HashedContent hash_content(const std::string& path, const std::vector<KnownContent>& known) {
  InputFile file(path);
  Sha256 hash;
  HashedContent content;
  auto next = known.begin();
  std::vector<char> buffer(std::size_t{256} << 10);
  while (const std::size_t got = file.read(buffer.data(), buffer.size())) {
    std::string_view unhashed(buffer.data(), got);
    for (; next != known.end() && next->bytes < content.bytes + unhashed.size(); ++next) {
      const std::string_view piece = unhashed.substr(0, next->bytes - content.bytes);
      hash.update(piece);
      content.bytes += piece.size();
      unhashed.remove_prefix(piece.size());
      if (hash.hex_so_far() == next->sha256) content.beginning = *next;
    }
    hash.update(unhashed);
    content.bytes += unhashed.size();
  }
  content.sha256 = hash.finish_hex();
  return content;
}

}  // namespace aml::store
