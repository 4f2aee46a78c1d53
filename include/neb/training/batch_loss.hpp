/// The loss of a batch, or of the part of it that one shard has.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/bayes/filled_spheres.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/core/random.hpp"
#include "neb/core/tensor.hpp"
#include "neb/data/sample.hpp"
#include "neb/distributed/all_reduce.hpp"
#include "neb/energy/energy.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/training/options.hpp"

namespace neb {

/// What rows of a batch contribute to its loss.
template <Scalar T>
struct BatchLoss {
  Var<T> trained;       ///< to what is trained on
  double on_shell = 0;  ///< to the mean error of the samples on the shell, which is reported: Eq. 1 of the paper
};

/// The part of the loss of a batch of options.batch samples that `rows` of it have; their samples and noise are those that they
/// have in the whole batch, and parts add up to its loss. Some samples are drawn inside the spheres (options.fill), and of these
/// some are veiled by uniform noise (options.veil).
template <Scalar T, Energy<T> Phi>
BatchLoss<T> batch_loss(const Phi& phi, const Tensor<T>& data, const TrainOptions& options, Share rows,
                        const Key& key) {
  const T sigma = static_cast<T>(options.sigma);
  const auto of_rows = [&](const std::vector<double>& batch) {
    return std::vector<double>(batch.begin() + rows.begin, batch.begin() + rows.end);
  };
  // Where all rows are here nothing is multiplied: the bits are those of a mean.
  const auto part = [&](Var<T> loss) {
    return rows.size() == options.batch ? loss : loss * (static_cast<T>(rows.size()) / static_cast<T>(options.batch));
  };
  const Tensor<T> clean = sample_rows(data, rows.size(), key, rows.begin);
  const Var<T> x = Var<T>::constant(clean);
  if (options.fill == 0) {
    Var<T> loss = part(deen_loss(phi, x, smooth(x, sigma, key, rows.begin), sigma));
    const double on_shell = static_cast<double>(loss.item());
    return {std::move(loss), on_shell};
  }
  const std::vector<double> batch_radii = filled_radii(options.batch, options.fill, key), radii = of_rows(batch_radii);
  Tensor<T> y = smooth_inside(clean, sigma, radii, key, rows.begin);
  if (options.veil > 0)
    y = veiled(std::move(y), clean, of_rows(veils(batch_radii, options.veil, key)), key, rows.begin);
  const Var<T> errors = deen_errors(phi, x, Var<T>::constant(y), sigma);
  const auto on_shell = [](const std::vector<double>& of) { return std::count(of.begin(), of.end(), 1.0); };
  const auto here = static_cast<double>(on_shell(radii)), all = static_cast<double>(on_shell(batch_radii));
  return {part(filled_loss(errors, radii, options.fill_weight)),
          here == 0 ? 0 : shell_loss(errors.value(), radii) * (here / all)};
}

}  // namespace neb
