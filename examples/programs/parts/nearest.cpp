#include "parts/nearest.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <neb/bayes/chi.hpp>
#include <neb/core/memory.hpp>
#include <neb/core/parallel.hpp>
#include <neb/kernels/gemm.hpp>

#include "common/program.hpp"

namespace examples {

using neb::Index, neb::Tensor;

NearestRow::NearestRow(Tensor<float> data) : data_(std::move(data)) {
  const Index d = data_.shape().stride(0);
  for (Index i = 0; i < data_.shape()[0]; ++i) {
    double sum = 0;
    for (Index p = 0; p < d; ++p) sum += std::pow(static_cast<double>(data_.data()[i * d + p]), 2);
    half_squares_.push_back(static_cast<float>(sum / 2));
  }
}

Nearest NearestRow::operator()(const Tensor<float>& y) const {
  const Index d = data_.shape().stride(0), rows = y.shape()[0], n = data_.shape()[0];
  constexpr Index block = 1024;
  std::vector<float> best(neb::memory_size(rows), HUGE_VALF), products(neb::memory_size(rows * block));
  Nearest nearest{std::vector<Index>(best.size()), std::vector<double>(best.size())};
  for (Index begin = 0; begin < n; begin += block) {
    const Index size = std::min(block, n - begin);
    neb::kernels::gemm<float>(rows, size, d, {y.data(), d}, {data_.data() + begin * d, d, neb::kernels::Transpose::yes},
                              products.data(), block);
    neb::parallel_tasks(rows, [&](Index row) {
      const auto r = static_cast<std::size_t>(row);
      for (Index i = 0; i < size; ++i) {
        // |y - x|^2 / 2 but for |y|^2 / 2, which is the same for all x.
        const float distance =
            half_squares_[static_cast<std::size_t>(begin + i)] - products[static_cast<std::size_t>(row * block + i)];
        if (!(distance < best[r])) continue;
        best[r] = distance;
        nearest.row[r] = begin + i;
      }
    });
  }
  for (Index row = 0; row < rows; ++row) {
    const auto r = static_cast<std::size_t>(row);
    nearest.chi[r] = neb::chi(d, y.data() + row * d, data_.data() + nearest.row[r] * d);
  }
  return nearest;
}

NearestNeighbour::NearestNeighbour(const Tensor<float>& images, std::vector<std::uint8_t> labels)
    : nearest_(images), labels_(std::move(labels)) {
  if (std::ssize(labels_) != images.shape()[0] || labels_.empty())
    throw UsageError("a nearest neighbour needs the labels of the images: --data names a folder without train-labels");
}

std::vector<int> NearestNeighbour::operator()(const Tensor<float>& images) const {
  std::vector<int> classes;
  for (const Index row : nearest_(images).row) classes.push_back(labels_[static_cast<std::size_t>(row)]);
  return classes;
}

}  // namespace examples
