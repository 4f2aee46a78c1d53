#include "neb/data/digits.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "data/idx_bytes.hpp"
#include "io/packed.hpp"
#include "io/scratch.hpp"

using namespace neb;
using neb::test::idx_bytes;
using neb::test::Scratch;

namespace {

const std::string train_images = idx_bytes({3, 2, 2}, std::string(12, 'a'));
const std::string test_images = idx_bytes({2, 2, 2}, std::string(8, 'b'));
const std::string train_labels = idx_bytes({3}, "xyz");
const std::string test_labels = idx_bytes({2}, "xy");

std::string error_of(const Scratch& scratch) {
  return test::without(test::file_error_of([&] { read_digits<float>(scratch.folder()); }), scratch.folder());
}

}  // namespace

TEST_CASE("digits: four files make a data set, under either spelling of their names") {
  for (const std::string& separator : {std::string("-"), std::string(".")}) {
    const Scratch scratch;
    scratch.put("train-images" + separator + "idx3-ubyte", train_images);
    scratch.put("train-labels" + separator + "idx1-ubyte", train_labels);
    scratch.put("t10k-images" + separator + "idx3-ubyte", test_images);
    scratch.put("t10k-labels" + separator + "idx1-ubyte", test_labels);
    const Dataset<float> data = read_digits<float>(scratch.folder());
    CHECK(data.train.shape() == Shape{3, 2, 2, 1});
    CHECK(data.test.shape() == Shape{2, 2, 2, 1});
    CHECK(data.train(0, 0, 0, 0) == 'a' / 255.0F);
    CHECK(data.test(0, 0, 0, 0) == 'b' / 255.0F);
    CHECK(data.train_labels == std::vector<std::uint8_t>{'x', 'y', 'z'});
    CHECK(data.test_labels == std::vector<std::uint8_t>{'x', 'y'});
  }
}

TEST_CASE("digits: labels may be absent, and colour has rank 4") {
  const Scratch scratch;
  scratch.put("train-images-idx4-ubyte", idx_bytes({1, 2, 2, 3}, std::string(12, 'a')));
  scratch.put("t10k-images.idx4-ubyte", idx_bytes({2, 2, 2, 3}, std::string(24, 'a')));
  const Dataset<double> data = read_digits<double>(scratch.folder() + "/");
  CHECK(data.train.shape() == Shape{1, 2, 2, 3});
  CHECK(data.test.shape() == Shape{2, 2, 2, 3});
  CHECK(data.train_labels.empty());
  CHECK(data.test_labels.empty());
}

TEST_CASE("digits: a folder or images that are missing give the names that were tried, and what to do") {
  const Scratch scratch;
  CHECK(test::file_error_of([&] { read_digits<float>(scratch.path("no")); }) ==
        scratch.path("no") + ": no such folder; run scripts/get_mnist.sh, or name another folder (--data DIR)");
  CHECK(test::file_error_of([&] { read_digits<float>(scratch.put("file", "")); }).find("no such folder") !=
        std::string::npos);
  const std::string tail = "each plain and with .gz; run scripts/get_mnist.sh, or name another folder (--data DIR)";
  CHECK(error_of(scratch) ==
        ": no images to train on: tried train-images-idx3-ubyte, train-images.idx3-ubyte, "
        "train-images-idx4-ubyte, "
        "train-images.idx4-ubyte, " +
            tail);
  scratch.put("train-images-idx3-ubyte", train_images);
  CHECK(error_of(scratch) ==
        ": no images to test with: tried t10k-images-idx3-ubyte, t10k-images.idx3-ubyte, "
        "t10k-images-idx4-ubyte, "
        "t10k-images.idx4-ubyte, " +
            tail);
}

TEST_CASE("digits: files that do not fit each other are errors") {
  const Scratch scratch;
  scratch.put("train-images-idx3-ubyte", train_images);
  scratch.put("t10k-images-idx3-ubyte", test_images);
  CHECK(error_of(scratch).empty());
  scratch.put("train-labels-idx1-ubyte", test_labels);
  CHECK(error_of(scratch) ==
        "/train-labels-idx1-ubyte: expected 3 labels, one for each image of /train-images-idx3-ubyte, got 2");
  scratch.put("train-labels-idx1-ubyte", train_labels);
  scratch.put("t10k-images-idx3-ubyte", idx_bytes({1, 4, 2}, std::string(8, 'b')));
  CHECK(error_of(scratch) ==
        ": images to train on and to test with differ in size   [train: (3, 2, 2, 1), test: (1, 4, 2, 1)]");
  scratch.put("t10k-images-idx3-ubyte", idx_bytes({0, 2, 2}, ""));
  CHECK(error_of(scratch) == "/t10k-images-idx3-ubyte: expected at least one image");
  scratch.put("t10k-images-idx3-ubyte", "");
  CHECK(error_of(scratch).starts_with("/t10k-images-idx3-ubyte: offset 0: the file ends"));
  std::filesystem::remove(scratch.path("t10k-images-idx3-ubyte"));
  std::filesystem::create_directory(scratch.path("t10k-images-idx3-ubyte"));
  CHECK(error_of(scratch) == "/t10k-images-idx3-ubyte: is a directory, expected a file");
}

#if defined(NEB_HAVE_ZLIB)

TEST_CASE("digits: compressed files are found, and plain ones come first") {
  const Scratch scratch;
  scratch.put("train-images-idx3-ubyte.gz", test::gzipped(train_images));
  scratch.put("t10k-images.idx3-ubyte.gz", test::gzipped(test_images));
  scratch.put("t10k-labels.idx1-ubyte.gz", test::gzipped(test_labels));
  CHECK(read_digits<float>(scratch.folder()).train.shape() == Shape{3, 2, 2, 1});
  CHECK(read_digits<float>(scratch.folder()).test_labels == std::vector<std::uint8_t>{'x', 'y'});
  scratch.put("train-images.idx3-ubyte", idx_bytes({1, 2, 2}, "abcd"));
  CHECK(read_digits<float>(scratch.folder()).train.shape() == Shape{1, 2, 2, 1});
}

#endif
