// IDX files, plain or packed: a plain one is read if it keeps the format's rules, and what is read is written the same again.
#include "neb/data/idx.hpp"

#include <algorithm>
#include <cstdint>

#include "data/idx_bytes.hpp"
#include "fuzz.hpp"
#include "packed.hpp"

using namespace neb;
using namespace neb::fuzz;

namespace {

/// Whether `file` is an array of unsigned bytes of that many axes, and nothing else. The product of the extents that are not zero
/// fits 63 bits, and what lies behind the first axis is not empty.
bool is_idx(const std::string& file, std::size_t least_rank, std::size_t largest_rank) {
  if (file.size() < 4 || !file.starts_with(std::string("\0\0\x08", 3))) return false;
  const std::size_t rank = static_cast<unsigned char>(file[3]), header = 4 + 4 * rank;
  if (rank < least_rank || rank > largest_rank || file.size() < header) return false;
  __extension__ unsigned __int128 product = 1;  // four extents of 32 bits
  bool empty = false;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    std::uint32_t extent = 0;
    for (std::size_t i = 0; i < 4; ++i) extent = extent << 8 | static_cast<unsigned char>(file[4 + 4 * axis + i]);
    if (extent == 0 && axis > 0) return false;
    empty = empty || extent == 0;
    product *= std::max<std::uint32_t>(extent, 1);
  }
  return product <= INT64_MAX && (empty ? 0 : product) == file.size() - header;
}

void try_images(const MemoryFile& file, const std::string& input, bool plain) {
  Tensor<float> images;
  const bool refused = refuses([&] { images = read_idx_images<float>(file.path()); });
  if (plain) require(refused != is_idx(input, 3, 4), "the rules for images say otherwise");
  if (refused) return;
  const Folder folder;
  write_idx_images(folder.path("images"), images);
  const Tensor<double> again = read_idx_images<double>(folder.path("images"));
  require(again.shape() == images.shape() && std::equal(again.span().begin(), again.span().end(), images.span().begin(),
                                                        [](double a, float b) { return static_cast<float>(a) == b; }),
          "images differ that were written and read");
  // Grey images may have come as rank 4; they are written as rank 3.
  if (plain && (input[3] == 3 || images.shape()[3] != 1))
    require(content_of(folder.path("images")) == input, "images are written otherwise than they came");
}

void try_labels(const MemoryFile& file, const std::string& input, bool plain) {
  std::vector<std::uint8_t> labels;
  const bool refused = refuses([&] { labels = read_idx_labels(file.path()); });
  if (plain) require(refused != is_idx(input, 1, 1), "the rules for labels say otherwise");
  if (refused || !plain) return;
  const Folder folder;
  write_idx_labels(folder.path("labels"), labels);
  require(content_of(folder.path("labels")) == input, "labels are written otherwise than they came");
}

void try_input(ByteSpan bytes) {
  const std::string input = text_of(bytes);
  const MemoryFile file(bytes);
  const bool plain = !input.starts_with("\x1F\x8B");
  const bool has_rank = plain && input.size() >= 4;
  if (!has_rank || input[3] != 1) try_images(file, input, plain);
  if (!has_rank || input[3] < 3) try_labels(file, input, plain);
}

std::vector<std::string> seeds() {
  return {test::idx_bytes({2, 3, 3}, "abcdefghijklmnopqr"), test::idx_bytes({1, 2, 2, 3}, "abcdefghijkl"),
          test::idx_bytes({5}, "01234"), gzipped(test::idx_bytes({2, 3, 3}, "abcdefghijklmnopqr")),
          gzipped(test::idx_bytes({5}, "01234"))};
}

}  // namespace

const Target neb::fuzz::target{.try_input = try_input, .seeds = seeds};
