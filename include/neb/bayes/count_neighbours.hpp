/// The energies of counts, and of the same with one or two counts more in one pixel: what jumps of counts are made of.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/ops/rows.hpp"

namespace neb::bayes {

/// Throws ShapeError unless y is a batch with elements, ValueError unless they are counts.
template <Scalar T>
void check_counts(const char* noise, const Tensor<T>& y) {
  if (y.rank() < 1 || y.size() == 0)
    throw ShapeError(std::string(noise) + ": y has at least one sample   [y: " + y.shape().to_string() + "]");
  for (const T count : y.span())
    if (!is_finite(count) || count < 0 || count != std::floor(count))
      throw ValueError(std::string(noise) + ": y are counts, whole numbers from 0, got " + std::to_string(count) +
                       "; scale them inside phi");
}

/// For each of `rows` samples of d pixels, `count` of these: one drawn evenly from each of `count` equal strata.
inline std::vector<Index> stratified_pixels(Index rows, Index d, Index count, const Key& key) {
  const Tensor<double> places = random_uniform<double>({rows, count}, key.fold("pixels"));
  std::vector<Index> pixels(memory_size(rows * count));
  for (Index i = 0; i < rows * count; ++i) {
    const double place = (static_cast<double>(i % count) + places.data()[i]) / static_cast<double>(count);
    pixels[static_cast<std::size_t>(i)] = std::min(static_cast<Index>(place * static_cast<double>(d)), d - 1);
  }
  return pixels;
}

/// The rows of y: (N, ...) with the given numbers; `more` counts are added in one of `pixels` to each of the last of
/// them.
template <Scalar T>
Tensor<T> neighbours(const Tensor<T>& y, const std::vector<Index>& rows, const std::vector<Index>& pixels, T more) {
  Tensor<T> points = gather_rows(y, rows);
  const Index d = y.shape().stride(0), first = std::ssize(rows) - std::ssize(pixels);
  T* const point = points.mutable_data() + first * d;
  for (std::size_t i = 0; i < pixels.size(); ++i) point[static_cast<Index>(i) * d + pixels[i]] += more;
  return points;
}

/// phi(y) - phi(y + more e_i) for every pixel i of y: (N, ...), of y's shape, in batches.
template <Scalar T, Energy<T> Phi>
Tensor<T> energy_falls(const Phi& phi, const Tensor<T>& y, T more, Index batch) {
  if (batch < 1) throw ValueError("xhat, variance: batch is at least 1, got " + std::to_string(batch));
  const Index n = y.shape()[0], d = y.shape().stride(0);
  std::vector<T> here;
  for (Index begin = 0; begin < n; begin += batch) {
    const auto part = energies(phi, Var<T>::constant(y.rows(begin, std::min(begin + batch, n))));
    here.insert(here.end(), part.value().span().begin(), part.value().span().end());
  }
  Tensor<T> falls(y.shape());
  for (Index begin = 0; begin < n * d; begin += batch) {
    std::vector<Index> rows, pixels;
    for (Index i = begin; i < std::min(begin + batch, n * d); ++i) {
      rows.push_back(i / d);
      pixels.push_back(i % d);
    }
    const Tensor<T> there = energies(phi, Var<T>::constant(neighbours(y, rows, pixels, more))).value();
    for (Index i = 0; i < there.size(); ++i)
      falls.mutable_data()[begin + i] = here[static_cast<std::size_t>((begin + i) / d)] - there.data()[i];
  }
  return falls;
}

}  // namespace neb::bayes
