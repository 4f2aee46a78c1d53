#include "paper/chi.hpp"

#include <algorithm>
#include <cmath>

#include <neb/bayes/sphere_overlap.hpp>

namespace examples::paper {

using neb::Index, neb::Tensor;

double chi(const float* a, const float* b, Index d) {
  return std::sqrt(neb::bayes::squared_distance(a, b, d) / static_cast<double>(d)) / 2;
}

std::vector<double> chi_of_rows(const Tensor<float>& a, const Tensor<float>& b) {
  const Index d = a.shape().stride(0);
  std::vector<double> distances;
  for (Index row = 0; row < a.shape()[0]; ++row) distances.push_back(chi(a.data() + row * d, b.data() + row * d, d));
  return distances;
}

std::vector<double> chi_to_nearest(const Tensor<float>& y, const Tensor<float>& data) {
  const Index d = data.shape().stride(0);
  std::vector<double> distances(static_cast<std::size_t>(y.shape()[0]));
  neb::parallel_tasks(y.shape()[0], [&](Index row) {
    double nearest = HUGE_VAL;
    for (Index i = 0; i < data.shape()[0]; ++i)
      nearest = std::min(nearest, chi(y.data() + row * d, data.data() + i * d, d));
    distances[static_cast<std::size_t>(row)] = nearest;
  });
  return distances;
}

}  // namespace examples::paper
