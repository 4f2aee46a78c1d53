/// A trained energy as the programs use it, and the images that go with it.
#pragma once

#include <functional>
#include <string>

#include <neb/autodiff/var.hpp>
#include <neb/data/digits.hpp>
#include <neb/io/image.hpp>

#include "common/program.hpp"

namespace examples {

using Images = neb::Dataset<float>;

/// phi: (N, H, W, C) -> (N), whatever network is behind it. Keeps the convolutions out of the files that only call it,
/// which compile in a fraction of the time.
using EnergyFunction = std::function<neb::Var<float>(const neb::Var<float>&)>;

/// An energy, the noise level that it was trained at, and the shape (H, W, C) of its images.
struct TrainedEnergy {
  EnergyFunction phi;
  double sigma = 0;
  neb::Shape image;
};

/// The images in the folder that --data names, or the shipped digits. Throws UsageError.
Images read_images(const CommandLine& line);

/// The energy in a file, when it fits the images. Throws UsageError.
TrainedEnergy read_energy(const std::string& file, const Images& images);

/// The energy that --model names on rank 0, when it fits the images. A --sigma other than the one that it was trained at is an error.
/// Throws UsageError.
TrainedEnergy read_energy(const Program& program, const CommandLine& line, const Images& images);

/// The closed form of the training images at a noise level, what a perfect network would learn from them: the control beside
/// a learned energy, wherever one is asked for. Gradients at 200 images take a second of a core with all of MNIST.
TrainedEnergy closed_form(const Images& images, double sigma);

/// The loss on all test images with noise that is the same in every program and for every seed: the sum over pixels of
/// (x - xhat)^2, averaged over images.
double test_loss(const TrainedEnergy& energy, const Images& images);

/// The smallest and largest pixel.
neb::PixelRange pixel_range(const neb::Tensor<float>& images);

/// 28 x 28, and the channels when there is more than one.
std::string size_text(const neb::Shape& image);

}  // namespace examples
