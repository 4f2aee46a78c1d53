#include "paper/attractor_measures.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <neb/autodiff/transforms.hpp>
#include <neb/bayes/chi.hpp>
#include <neb/core/parallel.hpp>
#include <neb/data/sample.hpp>

namespace examples::paper {

using neb::Index, neb::Tensor, neb::Var;

std::vector<Index> converged_rows(const neb::Flow<float>& flow) {
  std::vector<Index> rows;
  for (Index row = 0; row < std::ssize(flow.end); ++row)
    if (flow.end[static_cast<std::size_t>(row)] == neb::FlowEnd::minimum) rows.push_back(row);
  return rows;
}

std::vector<Index> distinct_attractors(const neb::Flow<float>& flow, double tolerance) {
  const Index d = flow.y.shape().stride(0);
  std::vector<Index> distinct;
  for (const Index row : converged_rows(flow)) {
    const bool known = std::any_of(distinct.begin(), distinct.end(), [&](Index other) {
      return neb::chi(d, flow.y.data() + row * d, flow.y.data() + other * d) < tolerance;
    });
    if (!known) distinct.push_back(row);
  }
  return distinct;
}

std::vector<double> chi_to_nearest(const Tensor<float>& y, const Tensor<float>& data) {
  const Index d = data.shape().stride(0);
  std::vector<double> distances(static_cast<std::size_t>(y.shape()[0]));
  neb::parallel_tasks(y.shape()[0], [&](Index row) {
    double nearest = HUGE_VAL;
    for (Index i = 0; i < data.shape()[0]; ++i)
      nearest = std::min(nearest, neb::chi(d, y.data() + row * d, data.data() + i * d));
    distances[static_cast<std::size_t>(row)] = nearest;
  });
  return distances;
}

std::vector<double> energies_at(const TrainedEnergy& energy, const Tensor<float>& y) {
  if (y.size() == 0) return {};
  const Tensor<float> values = energy.phi(Var<float>::constant(y)).value();
  return {values.span().begin(), values.span().end()};
}

std::vector<double> smallest_curvatures(const TrainedEnergy& energy, const Tensor<float>& y) {
  std::vector<double> smallest;
  for (Index row = 0; row < y.shape()[0]; ++row) {
    const Tensor<float> hessian = neb::hessian(energy.phi, Var<float>(y.rows(row, row + 1)));
    const Index d = hessian.shape()[1];
    const Eigen::MatrixXd matrix = Eigen::Map<const Eigen::MatrixXf>(hessian.data(), d, d).cast<double>();
    // Rounding leaves the two halves a little different.
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver((matrix + matrix.transpose()) / 2,
                                                                Eigen::EigenvaluesOnly);
    smallest.push_back(energy.sigma * energy.sigma * solver.eigenvalues()[0]);
  }
  return smallest;
}

Tensor<float> rows_of(const Tensor<float>& x, const std::vector<Index>& rows) { return neb::gather_rows(x, rows); }

std::vector<double> rows_of(const std::vector<double>& values, const std::vector<Index>& rows) {
  std::vector<double> chosen;
  for (const Index row : rows) chosen.push_back(values[static_cast<std::size_t>(row)]);
  return chosen;
}

std::vector<double> above_lowest(std::vector<double> values) {
  const double lowest = spread_of(values).least;
  for (double& value : values) value -= lowest;
  return values;
}

Spread spread_of(std::vector<double> values) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return {none, none, none, none};
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values.back(),
          std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size())};
}

}  // namespace examples::paper
