#include "paper/judge.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <neb/bayes/chi.hpp>
#include <neb/core/memory.hpp>
#include <neb/core/parallel.hpp>
#include <neb/kernels/gemm.hpp>

#include "common/program.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor;

namespace {

/// Half the squared length of each row.
std::vector<float> half_squares(const Tensor<float>& x) {
  const Index d = x.shape().stride(0);
  std::vector<float> halves;
  for (Index i = 0; i < x.shape()[0]; ++i) {
    double sum = 0;
    for (Index p = 0; p < d; ++p) sum += std::pow(static_cast<double>(x.data()[i * d + p]), 2);
    halves.push_back(static_cast<float>(sum / 2));
  }
  return halves;
}

}  // namespace

Nearest nearest_rows(const Tensor<float>& y, const Tensor<float>& data) {
  const Index d = data.shape().stride(0), rows = y.shape()[0], n = data.shape()[0];
  constexpr Index block = 1024;
  const std::vector<float> halves = half_squares(data);
  std::vector<float> best(neb::memory_size(rows), HUGE_VALF), products(neb::memory_size(rows * block));
  Nearest nearest{std::vector<Index>(best.size()), std::vector<double>(best.size())};
  for (Index begin = 0; begin < n; begin += block) {
    const Index size = std::min(block, n - begin);
    neb::kernels::gemm<float>(rows, size, d, {y.data(), d}, {data.data() + begin * d, d, neb::kernels::Transpose::yes},
                              products.data(), block);
    neb::parallel_tasks(rows, [&](Index row) {
      const auto r = static_cast<std::size_t>(row);
      for (Index i = 0; i < size; ++i) {
        // |y - x|^2 / 2 but for |y|^2 / 2, which is the same for all x.
        const float distance =
            halves[static_cast<std::size_t>(begin + i)] - products[static_cast<std::size_t>(row * block + i)];
        if (!(distance < best[r])) continue;
        best[r] = distance;
        nearest.row[r] = begin + i;
      }
    });
  }
  for (Index row = 0; row < rows; ++row) {
    const auto r = static_cast<std::size_t>(row);
    nearest.chi[r] = neb::chi(d, y.data() + row * d, data.data() + nearest.row[r] * d);
  }
  return nearest;
}

NearestNeighbour::NearestNeighbour(Tensor<float> images, std::vector<std::uint8_t> labels)
    : images_(std::move(images)), labels_(std::move(labels)) {
  if (std::ssize(labels_) != images_.shape()[0] || labels_.empty())
    throw UsageError("a nearest neighbour needs the labels of the images: --data names a folder without train-labels");
}

std::vector<int> NearestNeighbour::operator()(const Tensor<float>& images) const {
  std::vector<int> classes;
  for (const Index row : nearest_rows(images, images_).row) classes.push_back(labels_[static_cast<std::size_t>(row)]);
  return classes;
}

Kept kept_classes(const Judge& judge, const Tensor<float>& starts, const std::vector<std::uint8_t>& labels,
                  const Tensor<float>& memories, const std::vector<bool>& counts) {
  const std::vector<int> before = judge.classify(starts), after = judge.classify(memories);
  Kept kept;
  for (std::size_t i = 0; i < before.size(); ++i) {
    kept.share += counts[i] && after[i] == before[i] ? 1 : 0;
    kept.labelled += counts[i] && after[i] == labels[i] ? 1 : 0;
    kept.accuracy += before[i] == labels[i] ? 1 : 0;
  }
  for (double* const count : {&kept.share, &kept.labelled, &kept.accuracy})
    *count /= static_cast<double>(before.size());
  return kept;
}

}  // namespace examples::paper
