/// What is measured of the attractors that flows of NEBULA end at.
#pragma once

#include <vector>

#include "parts/associative_memory.hpp"

namespace examples::paper {

/// Two attractors are one when chi between them is below this; the two closest training digits have 0.0196. Flows stop near
/// an attractor, not at it.
inline constexpr double same_attractor = 0.01;

/// Of the flows that converged, the first one to each attractor: their rows, in order.
std::vector<neb::Index> distinct_attractors(const neb::Flow<float>& flow, double tolerance = same_attractor);

/// chi of each row of y: (N, ...) and the row of data: (n, ...) that is nearest to it.
std::vector<double> chi_to_nearest(const neb::Tensor<float>& y, const neb::Tensor<float>& data);

/// phi at each row of y: (N, ...).
std::vector<double> energies_at(const TrainedEnergy& energy, const neb::Tensor<float>& y);

/// The smallest eigenvalue of sigma^2 times the Hessian of phi at each row of y: (N, ...). A strict minimum has it above 0
/// (Saremi & Hyvärinen 2019, Def. 9); a single sample's is 1.
std::vector<double> smallest_curvatures(const TrainedEnergy& energy, const neb::Tensor<float>& y);

/// The rows of x with these numbers.
neb::Tensor<float> rows_of(const neb::Tensor<float>& x, const std::vector<neb::Index>& rows);
std::vector<double> rows_of(const std::vector<double>& values, const std::vector<neb::Index>& rows);

/// The rows of the flows that converged.
std::vector<neb::Index> converged_rows(const neb::Flow<float>& flow);

/// Values above the lowest of them: energies are defined up to a constant.
std::vector<double> above_lowest(std::vector<double> values);

/// The least, the middle and the largest value, and the mean; NaN when there are none.
struct Spread {
  double least, median, largest, mean;
};
Spread spread_of(std::vector<double> values);

}  // namespace examples::paper
