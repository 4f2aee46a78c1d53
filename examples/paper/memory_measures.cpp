#include "paper/memory_measures.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include <neb/autodiff/transforms.hpp>
#include <neb/bayes/chi.hpp>
#include <neb/bayes/symmetric_eigen.hpp>
#include <neb/data/sample.hpp>
#include <neb/flow/gradient_flow.hpp>

#include "paper/text.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor, neb::Var;

neb::Flow<float> flow_down(const Program& program, const TrainedEnergy& energy, const Tensor<float>& y0,
                           const neb::FlowOptions& options) {
  ProgressBar bar = program.progress("flowing", "memories");
  return neb::gradient_flow(energy.phi, y0, static_cast<float>(energy.sigma), options, std::ref(bar));
}

std::vector<Index> distinct_rows(const Tensor<float>& y, double tolerance) {
  const Index d = y.shape().stride(0);
  std::vector<Index> distinct;
  for (Index row = 0; row < y.shape()[0]; ++row) {
    const bool known = std::any_of(distinct.begin(), distinct.end(), [&](Index other) {
      return neb::chi(d, y.data() + row * d, y.data() + other * d) < tolerance;
    });
    if (!known) distinct.push_back(row);
  }
  return distinct;
}

std::vector<double> smallest_curvatures(const Program& program, const TrainedEnergy& energy, const Tensor<float>& y) {
  std::vector<double> smallest;
  ProgressBar bar = program.progress("Hessians", "memories");
  for (Index row = 0; row < y.shape()[0]; ++row) {
    const Tensor<float> hessian = neb::hessian(energy.phi, Var<float>(y.rows(row, row + 1)));
    const Index d = hessian.shape()[1];
    Tensor<double> symmetric({1, d, d});
    double* out = symmetric.mutable_data();
    const float* const h = hessian.data();
    for (Index i = 0; i < d; ++i)  // rounding leaves the two halves a little different
      for (Index j = 0; j < d; ++j)
        *out++ = (static_cast<double>(h[i * d + j]) + static_cast<double>(h[j * d + i])) / 2;
    smallest.push_back(energy.sigma * energy.sigma * neb::symmetric_eigenvalues(symmetric)(0, d - 1));
    bar.update(static_cast<double>(row + 1) / static_cast<double>(y.shape()[0]), static_cast<double>(row + 1));
  }
  return smallest;
}

Tensor<float> rows_of(const Tensor<float>& x, const std::vector<Index>& rows) { return neb::gather_rows(x, rows); }

std::vector<double> rows_of(const std::vector<double>& values, const std::vector<Index>& rows) {
  std::vector<double> chosen;
  for (const Index row : rows) chosen.push_back(values[static_cast<std::size_t>(row)]);
  return chosen;
}

std::vector<bool> ended(const neb::Flow<float>& flow, neb::FlowEnd how) {
  std::vector<bool> so;
  for (const neb::FlowEnd end : flow.end) so.push_back(end == how);
  return so;
}

std::vector<Index> rows_ended(const neb::Flow<float>& flow, neb::FlowEnd how) {
  std::vector<Index> rows;
  for (Index row = 0; row < std::ssize(flow.end); ++row)
    if (flow.end[static_cast<std::size_t>(row)] == how) rows.push_back(row);
  return rows;
}

Spread spread_of(std::vector<double> values) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return {none, none, none, none, none};
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values[(values.size() * 9 + 9) / 10 - 1], values.back(),
          std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size())};
}

std::string means_text(const char* format, const std::vector<std::vector<double>>& lists) {
  std::vector<double> means;
  for (const std::vector<double>& values : lists) means.push_back(spread_of(values).mean);
  return list_text(format, means);
}

}  // namespace examples::paper
