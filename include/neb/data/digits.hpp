/// A data set in a folder, under the file names of MNIST.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "neb/core/tensor.hpp"
#include "neb/data/idx.hpp"
#include "neb/io/file.hpp"

namespace neb {

/// Images to train on and to test with; labels are empty where the folder has none.
template <Scalar T>
struct Dataset {
  Tensor<T> train;                         ///< (N, H, W, C), pixels in [0, 1]
  Tensor<T> test;                          ///< (M, H, W, C)
  std::vector<std::uint8_t> train_labels;  ///< N or none
  std::vector<std::uint8_t> test_labels;   ///< M or none
};

namespace detail {

/// Both spellings of an MNIST file name, for IDX of each of `ranks`.
inline std::vector<std::string> idx_names(const std::string& part, const std::string& kind,
                                          std::initializer_list<int> ranks) {
  const std::string stem = part + "-" + kind;
  std::vector<std::string> names;
  for (const int rank : ranks) {
    for (const char* separator : {"-", "."})
      names.emplace_back(stem).append(separator).append("idx").append(std::to_string(rank)).append("-ubyte");
  }
  return names;
}

/// The first of `names` that `dir` has, plain rather than compressed.
inline std::optional<std::string> find_file(const std::string& dir, const std::vector<std::string>& names) {
  struct ::stat status {};
  for (const char* suffix : {"", ".gz"}) {
    for (const std::string& name : names) {
      std::string path = dir;
      path.append("/").append(name).append(suffix);
      if (::stat(path.c_str(), &status) == 0) return path;
    }
  }
  return std::nullopt;
}

/// Images `part` ("train" or "t10k") of the folder, and the labels when it has them.
template <Scalar T>
void read_part(const std::string& dir, const std::string& part, Tensor<T>& images, std::vector<std::uint8_t>& labels) {
  const std::string advice = "; run scripts/get_mnist.sh, or name another folder (--data DIR)";
  struct ::stat status {};
  if (::stat(dir.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) throw file_error(dir, "no such folder" + advice);
  const std::vector<std::string> names = idx_names(part, "images", {3, 4});
  const std::optional<std::string> image_path = find_file(dir, names);
  if (!image_path) {
    std::string tried;
    for (const std::string& name : names) tried += (tried.empty() ? "" : ", ") + name;
    throw file_error(dir, "no images to " + std::string(part == "train" ? "train on" : "test with") + ": tried " +
                              tried + ", each plain and with .gz" + advice);
  }
  images = read_idx_images<T>(*image_path);
  if (images.size() == 0) throw file_error(*image_path, "expected at least one image");
  const std::optional<std::string> label_path = find_file(dir, idx_names(part, "labels", {1}));
  if (!label_path) return;
  labels = read_idx_labels(*label_path);
  if (std::ssize(labels) != images.shape()[0]) {
    throw file_error(*label_path, "expected " + std::to_string(images.shape()[0]) + " labels, one for each image of " +
                                      *image_path + ", got " + std::to_string(labels.size()));
  }
}

}  // namespace detail

/// The data set in folder `dir`: train- and t10k-images, and their labels if present, as IDX, plain or gzip-compressed,
/// under either spelling of their names (`-idx3-ubyte`, `.idx3-ubyte`; idx4 for colour).
/// Throws FileError that says what was looked for, or what is wrong with a file.
template <Scalar T>
Dataset<T> read_digits(const std::string& dir) {
  Dataset<T> data;
  detail::read_part(dir, "train", data.train, data.train_labels);
  detail::read_part(dir, "t10k", data.test, data.test_labels);
  if (data.train.shape().with(0, 0) != data.test.shape().with(0, 0)) {
    throw file_error(dir, "images to train on and to test with differ in size   [train: " +
                              data.train.shape().to_string() + ", test: " + data.test.shape().to_string() + "]");
  }
  return data;
}

}  // namespace neb
