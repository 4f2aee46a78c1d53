#include "neb/data/idx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "data/idx_bytes.hpp"
#include "io/packed.hpp"
#include "io/scratch.hpp"

using namespace neb;
using neb::test::idx_bytes;
using neb::test::Scratch;

namespace {

/// The bytes 0, 1, 2, ... (mod 256).
std::string counting(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(i % 256);
  return bytes;
}

}  // namespace

TEST_CASE("idx: rank 3 is grey, and pixels are bytes over 255") {
  const Scratch scratch;
  const std::string path = scratch.put("a", idx_bytes({2, 8, 16}, counting(256)));
  const Tensor<float> images = read_idx_images<float>(path);
  CHECK(images.shape() == Shape{2, 8, 16, 1});
  for (Index i = 0; i < 256; ++i) CHECK(images.data()[i] == static_cast<float>(i) / 255.0F);
  CHECK(read_idx_images<double>(path)(1, 7, 15, 0) == 1.0);
}

TEST_CASE("idx: rank 4 is colour, channels last") {
  const Scratch scratch;
  const Tensor<float> images = read_idx_images<float>(scratch.put("a", idx_bytes({2, 2, 4, 3}, counting(48))));
  CHECK(images.shape() == Shape{2, 2, 4, 3});
  CHECK(images(1, 0, 2, 1) == 31 / 255.0F);
}

TEST_CASE("idx: labels are rank 1") {
  const Scratch scratch;
  const std::string path = scratch.put("a", idx_bytes({4}, {7, 0, '\xFF', 1}));
  CHECK(read_idx_labels(path) == std::vector<std::uint8_t>{7, 0, 255, 1});
}

TEST_CASE("idx: a file of no images is valid") {
  const Scratch scratch;
  CHECK(read_idx_images<float>(scratch.put("a", idx_bytes({0, 28, 28}, ""))).shape() == Shape{0, 28, 28, 1});
  CHECK(read_idx_labels(scratch.put("b", idx_bytes({0}, ""))).empty());
}

TEST_CASE("idx: images and labels that were written are read again") {
  const Scratch scratch;
  for (const Index channels : {1, 2, 3}) {
    Tensor<float> images({2, 3, 4, channels});
    for (Index i = 0; i < images.size(); ++i) images.mutable_data()[i] = static_cast<float>(i * 3) / 255;
    write_idx_images(scratch.path("a"), images);
    const Tensor<float> again = read_idx_images<float>(scratch.path("a"));
    CHECK(again.shape() == images.shape());
    CHECK(std::equal(again.span().begin(), again.span().end(), images.span().begin()));
  }
  const std::vector<std::uint8_t> labels{1, 2, 255};
  write_idx_labels(scratch.path("b"), labels);
  CHECK(read_idx_labels(scratch.path("b")) == labels);
}

TEST_CASE("idx: every byte survives a round trip") {
  const Scratch scratch;
  const std::string bytes = idx_bytes({1, 16, 16}, counting(256));
  write_idx_images(scratch.path("b"), read_idx_images<float>(scratch.put("a", bytes)));
  CHECK(test::content_of(scratch.path("b")) == bytes);
}

TEST_CASE("idx: a pixel is written as the nearest byte") {
  const Scratch scratch;
  Tensor<float> images({1, 1, 5, 1});
  for (int i = 0; const float level : {0.4F, 0.6F, 100.45F, 100.55F, 254.6F}) images.mutable_data()[i++] = level / 255;
  write_idx_images(scratch.path("a"), images);
  const Tensor<float> again = read_idx_images<float>(scratch.path("a"));
  for (int i = 0; const int level : {0, 1, 100, 101, 255}) CHECK(again.data()[i++] == static_cast<float>(level) / 255);
}

TEST_CASE("idx: pixels outside [0, 1] are not written") {
  const Scratch scratch;
  for (const float bad : {-0.01F, 1.01F, NAN})
    CHECK_THROWS_AS(write_idx_images(scratch.path("a"), Tensor<float>::full({1, 1, 1, 1}, bad)), ValueError);
  CHECK_THROWS_AS(write_idx_images(scratch.path("a"), Tensor<float>::ones({2, 2, 1})), ShapeError);
  CHECK(scratch.file_count() == 0);
}

#if defined(NEB_HAVE_ZLIB)

TEST_CASE("idx: compressed files are read, whatever their name") {
  const Scratch scratch;
  const std::string bytes = idx_bytes({3, 100, 100}, counting(30'000));
  const Tensor<float> plain = read_idx_images<float>(scratch.put("a", bytes));
  for (const char* name : {"a.gz", "b"}) {
    const Tensor<float> packed = read_idx_images<float>(scratch.put(name, test::gzipped(bytes)));
    CHECK(packed.shape() == plain.shape());
    CHECK(std::equal(packed.span().begin(), packed.span().end(), plain.span().begin()));
  }
  CHECK(read_idx_labels(scratch.put("c", test::gzipped(idx_bytes({2}, "xy")))) == std::vector<std::uint8_t>{'x', 'y'});
}

#endif
