/// Image sets that train in no time, and models for them.
#pragma once

#include <cmath>
#include <string>

#include "io/scratch.hpp"
#include "neb/data/idx.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/model_file.hpp"

namespace neb::test {

/// (count, height, width, channels): a bright spot somewhere in each image, in a colour of its own.
inline Tensor<float> spots(Index count, const Shape& image, const Key& key) {
  Tensor<float> images({count, image[0], image[1], image[2]});
  float* pixel = images.mutable_data();
  for (Index n = 0; n < count; ++n) {
    const Tensor<float> u = random_uniform<float>({2 + image[2]}, key.at(static_cast<std::uint64_t>(n)));
    for (Index y = 0; y < image[0]; ++y)
      for (Index x = 0; x < image[1]; ++x) {
        const float dy = static_cast<float>(y) - u(0) * static_cast<float>(image[0] - 1);
        const float dx = static_cast<float>(x) - u(1) * static_cast<float>(image[1] - 1);
        const float light = std::exp(-(dy * dy + dx * dx) / 3);
        for (Index c = 0; c < image[2]; ++c) *pixel++ = light * (image[2] == 1 ? 1.0f : u(2 + c));
      }
  }
  return images;
}

/// Writes 96 training and 24 test images without labels, as IDX of rank 3 or (colour) 4; returns the folder.
inline std::string put_images(const Scratch& scratch, const std::string& name, const Shape& image) {
  const std::string folder = scratch.path(name);
  std::filesystem::create_directory(folder);
  const std::string ending = image[2] == 1 ? "-idx3-ubyte" : "-idx4-ubyte";
  write_idx_images(folder + "/train-images" + ending, spots(96, image, Key(1)));
  write_idx_images(folder + "/t10k-images" + ending, spots(24, image, Key(2)));
  return folder;
}

/// Writes an untrained model for such images, at sigma 0.3, whose walks stay near the data with the coefficient of a quadratic part;
/// returns its path.
inline std::string put_model(const Scratch& scratch, const std::string& name, const Shape& image,
                             double quadratic = 0) {
  const ConvEnergy<float> phi(
      {.image = image, .channels = {4, 8}, .stride = {2}, .padding = 1, .bottleneck = 4, .quadratic = quadratic},
      Key(3));
  write_model(scratch.path(name), phi, 0.3);
  return scratch.path(name);
}

}  // namespace neb::test
