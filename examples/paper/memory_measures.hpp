/// What is measured of memories, and of the flows of NEBULA that lead to them.
#pragma once

#include <string>
#include <vector>

#include <neb/flow/flow.hpp>

#include "common/trained_energy.hpp"

namespace examples::paper {

/// Two memories are one when chi between them is below this; the two closest training digits have 0.0196.
inline constexpr double same_memory = 0.01;

/// Flows down the energy from each row of y0: (N, H, W, C), with a bar.
neb::Flow<float> flow_down(const Program& program, const TrainedEnergy& energy, const neb::Tensor<float>& y0,
                           const neb::FlowOptions& options);

/// Those rows of y: (N, ...) that are no closer than `tolerance` to one before them, in order.
std::vector<neb::Index> distinct_rows(const neb::Tensor<float>& y, double tolerance = same_memory);

/// The smallest eigenvalue of sigma^2 times the Hessian of phi at each row of y: (N, ...). A strict minimum has it above 0
/// (Saremi & Hyvärinen 2019, Def. 9); a single sample's is 1.
std::vector<double> smallest_curvatures(const Program& program, const TrainedEnergy& energy,
                                        const neb::Tensor<float>& y);

/// The rows of x with these numbers.
neb::Tensor<float> rows_of(const neb::Tensor<float>& x, const std::vector<neb::Index>& rows);
std::vector<double> rows_of(const std::vector<double>& values, const std::vector<neb::Index>& rows);

/// Of each flow, whether it ended so.
std::vector<bool> ended(const neb::Flow<float>& flow, neb::FlowEnd how);
/// The rows of the flows that did.
std::vector<neb::Index> rows_ended(const neb::Flow<float>& flow, neb::FlowEnd how);

/// The least, the middle, that which nine of ten do not exceed, the largest, and the mean; NaN when there are none.
struct Spread {
  double least, median, ninth, largest, mean;
};
Spread spread_of(std::vector<double> values);

/// "0.0131": the means of several lists, with commas between.
std::string means_text(const char* format, const std::vector<std::vector<double>>& lists);

}  // namespace examples::paper
