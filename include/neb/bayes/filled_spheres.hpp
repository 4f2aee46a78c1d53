/// Filled spheres: noisy data not only on the shell of radius sigma sqrt(d) around each sample, but inside it as well.
///
/// In many dimensions all of x + sigma e lies on that shell, so an energy that learns from it alone has seen nothing of the
/// inside, where flows end. A share of each batch is therefore drawn at a smaller radius, y = x + u sigma e with u in
/// (0, 1), and asked to jump to x with the SAME sigma (the noise levels of Li, Chen & Sommer 2023, Multiscale denoising
/// score matching, at a single level of the jump). Where samples are some sigma apart the posterior of such a y is x
/// itself, so the closed-form energy is the optimum of this loss as of the paper's.
///
/// Noise is not all that flows meet inside. Those that start at uniform noise w come from outside, through what no noise of sigma
/// around a sample looks like, and come to rest in blobs, or near the mean of the data, with which a jump that is unsure answers.
/// So some of the samples inside are veiled by it, y = (1 - v) x + v w + u sigma e, with v in (0, 0.9), and are asked to jump to x
/// all the same. The mean of w, 1/2 in each pixel, is as far from black as from white: to images of black and white pixels no
/// sample is nearer to such a y, on average over w, than its own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/reduction.hpp"

namespace neb {

/// Radii of `rows` samples, in units of the shell's: a share `fill` of them uniform in [0, 1), the others 1. The share is
/// exact to one row, and all of them come from one uniform number (systematic sampling). Throws ValueError unless fill is
/// in [0, 1/2], which leaves a row on the shell in every batch of two or more.
inline std::vector<double> filled_radii(Index rows, double fill, const Key& key) {
  if (!is_within(fill, 0.0, 0.5))
    throw ValueError("filled_radii: the share of filled rows is in [0, 0.5], got " + std::to_string(fill));
  const double shift = random_uniform<double>({1}, key.fold("radii")).item();
  std::vector<double> radii(memory_size(rows), 1.0);
  for (Index i = 0; i < rows; ++i) {
    const double place = (static_cast<double>(i) + shift) / static_cast<double>(rows);
    if (place < fill) radii[static_cast<std::size_t>(i)] = place / fill;
  }
  return radii;
}

/// How much of samples of these radii is uniform noise: in [0, 0.9), uniform as well, for a share of those inside their sphere,
/// 0 for the others and on the shell. Throws ValueError unless the share is in [0, 1].
inline std::vector<double> veils(const std::vector<double>& radii, double share, const Key& key) {
  if (!is_within(share, 0.0, 1.0))
    throw ValueError("veils: the share of veiled samples is in [0, 1], got " + std::to_string(share));
  constexpr double strongest = 0.9;
  const Tensor<double> places = random_uniform<double>({std::ssize(radii)}, key.fold("veils"));
  std::vector<double> strengths(radii.size());
  for (std::size_t row = 0; row < radii.size(); ++row)
    if (radii[row] < 1 && places.data()[row] < share) strengths[row] = strongest * places.data()[row] / share;
  return strengths;
}

/// What the error of a sample at radius u counts for: 1 / max(u, 0.2)^power. The error of a good jump falls about as u, so a
/// power of 2 balances the radii, and 0 leaves the inside to count for little.
inline double radius_weight(double u, double power) { return std::pow(std::max(u, 0.2), -power); }

/// y = x + u sigma e for x: (N, ...) and one radius u a row; with all radii 1 it is smooth(x, sigma, key, first) to the
/// last bit. Throws ShapeError unless there is one radius a row, ValueError unless sigma > 0.
template <Scalar T>
Tensor<T> smooth_inside(const Tensor<T>& x, std::type_identity_t<T> sigma, const std::vector<double>& radii,
                        const Key& key, Index first = 0) {
  check_sigma("smooth_inside", static_cast<double>(sigma));
  if (x.rank() < 1 || x.shape()[0] != std::ssize(radii))
    throw ShapeError("smooth_inside: expects one radius a row   [x: " + x.shape().to_string() +
                     ", radii: " + std::to_string(radii.size()) + "]");
  Tensor<T> y = random_normal<T>(x.shape(), key.fold("smooth"), first);
  T* const out = y.mutable_data();
  const Index d = x.shape().stride(0);
  for (Index row = 0; row < std::ssize(radii); ++row) {
    const T level = static_cast<T>(radii[static_cast<std::size_t>(row)]) * sigma;
    for (Index p = row * d; p < (row + 1) * d; ++p) out[p] = x.data()[p] + level * out[p];
  }
  return y;
}

/// y + v (w - x) for y and x: (N, ...) and one strength v a row, with w uniform in [0, 1) at each pixel: of y = x + u sigma e
/// it makes (1 - v) x + v w + u sigma e. Row i of w depends on the key and first + i alone. Throws ShapeError unless the shapes
/// are these.
template <Scalar T>
Tensor<T> veiled(Tensor<T> y, const Tensor<T>& x, const std::vector<double>& strengths, const Key& key,
                 Index first = 0) {
  if (y.rank() < 1 || y.shape() != x.shape() || y.shape()[0] != std::ssize(strengths))
    throw ShapeError(
        "veiled: expects samples of the shape of y, and one strength a row   [y: " + y.shape().to_string() +
        ", x: " + x.shape().to_string() + ", strengths: " + std::to_string(strengths.size()) + "]");
  const Tensor<T> noise = random_uniform<T>(x.shape(), key.fold("veil"), T(0), T(1), first);
  T* const out = y.mutable_data();
  const Index d = y.shape().stride(0);
  for (Index row = 0; row < std::ssize(strengths); ++row) {
    const T strength = static_cast<T>(strengths[static_cast<std::size_t>(row)]);
    for (Index p = row * d; p < (row + 1) * d; ++p) out[p] += strength * (noise.data()[p] - x.data()[p]);
  }
  return y;
}

/// What a filled batch is trained on: the mean over samples of their deen_errors(): (N), weighted by radius. Throws
/// ShapeError unless there is one radius a sample.
template <Scalar T>
Var<T> filled_loss(const Var<T>& errors, const std::vector<double>& radii, double power) {
  if (errors.shape() != Shape{std::ssize(radii)})
    throw ShapeError("filled_loss: expects one radius an error   [errors: " + errors.shape().to_string() +
                     ", radii: " + std::to_string(radii.size()) + "]");
  Tensor<T> weights(errors.shape());
  for (std::size_t row = 0; row < radii.size(); ++row)
    weights.mutable_data()[row] = static_cast<T>(radius_weight(radii[row], power));
  return sum(errors * Var<T>::constant(weights)) / static_cast<T>(radii.size());
}

/// The mean error of the samples on the shell, the loss of the paper's Eq. 1; NaN when there are none.
template <Scalar T>
double shell_loss(const Tensor<T>& errors, const std::vector<double>& radii) {
  double total = 0, samples = 0;
  for (std::size_t row = 0; row < radii.size(); ++row) {
    if (radii[row] < 1) continue;
    total += static_cast<double>(errors.data()[row]);
    ++samples;
  }
  return total / samples;
}

}  // namespace neb
