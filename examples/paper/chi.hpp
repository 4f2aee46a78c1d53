/// Distances in the paper's unit.
#pragma once

#include <vector>

#include <neb/core/tensor.hpp>

namespace examples::paper {

/// chi = |a - b| / (2 sqrt d) of two points of d numbers (Saremi & Hyvärinen 2019, Eq. 2).
double chi(const float* a, const float* b, neb::Index d);

/// chi of each row of a: (N, ...) and the same row of b.
std::vector<double> chi_of_rows(const neb::Tensor<float>& a, const neb::Tensor<float>& b);

/// chi of each row of y: (N, ...) and the row of data: (n, ...) that is nearest to it.
std::vector<double> chi_to_nearest(const neb::Tensor<float>& y, const neb::Tensor<float>& data);

}  // namespace examples::paper
