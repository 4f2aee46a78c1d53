/// The walk with a Metropolis test: exact, for any energy and any step size.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/sampling/dual_averaging.hpp"
#include "neb/sampling/walk.hpp"

namespace neb {

/// Points with their energies and gradients.
template <Scalar T>
struct EnergyPoints {
  Tensor<T> y;         ///< (N, ...)
  Tensor<T> energy;    ///< phi(y): (N)
  Tensor<T> gradient;  ///< grad phi(y), of y's shape
};

/// The logarithm of exp(-phi(y')) q(y | y') / (exp(-phi(y)) q(y' | y)) for a step from each row of `from` to the same row of
/// `to`, where q is the density of a Langevin step of size delta: with D = y' - y,
///
///   phi - phi' + (g + g').D / 2 + (delta^2 / 4) (|g|^2 - |g'|^2),
///
/// added up in double. On a quadratic energy only the last term is left.
template <Scalar T>
std::vector<double> log_acceptance(double delta, const EnergyPoints<T>& from, const EnergyPoints<T>& to) {
  const Index rows = from.y.shape()[0], d = from.y.shape().stride(0);
  std::vector<double> logs(static_cast<std::size_t>(rows));
  parallel_tasks(rows, [&](Index row) {
    double work = 0, squares = 0;
    for (Index i = row * d; i < (row + 1) * d; ++i) {
      const double g = static_cast<double>(from.gradient.data()[i]), g_to = static_cast<double>(to.gradient.data()[i]);
      work += (g + g_to) * (static_cast<double>(to.y.data()[i]) - static_cast<double>(from.y.data()[i]));
      squares += g * g - g_to * g_to;
    }
    const double fall = static_cast<double>(from.energy.data()[row]) - static_cast<double>(to.energy.data()[row]);
    logs[static_cast<std::size_t>(row)] = fall + work / 2 + delta * delta / 4 * squares;
  });
  return logs;
}

/// Chains of the Metropolis-adjusted Langevin algorithm (Besag 1994; Roberts & Tweedie 1996): a step of the walk proposes, and
/// is taken with probability min(1, a), see log_acceptance(); otherwise the chain stays where it is, as it does where a is not
/// finite. The stationary density is exp(-phi).
///
/// In the first `warm_up` steps delta is found by DualAveraging of the mean over chains of min(1, a), one for all chains,
/// which then depend on each other; the delta that is given is where that begins, and sigma / 10 is a good one. Then it is
/// frozen. What is drawn while it changes is no sample.
template <Scalar T>
struct Mala {
  using value_type = T;                        ///< the scalar
  static constexpr const char* name = "mala";  ///< in files and messages

  Tensor<T> y;                 ///< where the chains are: (N, ...)
  double delta = 0;            ///< step size, in data units
  Index warm_up = 0;           ///< steps in which it is found
  Index steps = 0;             ///< taken so far, those of the warm-up included
  DualAveraging adaptation{};  ///< of delta
  Tensor<T> energy{};          ///< phi(y): (N)
  Tensor<T> gradient{};        ///< grad phi(y), of y's shape
  Tensor<double> accepted{};   ///< proposals that each chain has taken since the warm-up: (N)
  double last_acceptance = 0;  ///< mean over chains of min(1, a) in the last step

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("y", self.y);
    f("delta", self.delta);
    f("warm_up", self.warm_up);
    f("steps", self.steps);
    self.adaptation.visit(self.adaptation, [&](const char* field, auto& value) {
      f((std::string("adaptation.") + field).c_str(), value);
    });
    f("energy", self.energy);
    f("gradient", self.gradient);
    f("accepted", self.accepted);
    f("last_acceptance", self.last_acceptance);
  }

  /// Throws ValueError unless delta > 0, ShapeError when the other fields do not fit y.
  void check() const {
    sampling::check_delta(name, delta);
    if (y.rank() < 1)
      throw ShapeError(std::string(name) + ": y is a batch (N, ...)   [y: " + y.shape().to_string() + "]");
    sampling::check_field(name, "energy", energy, {y.shape()[0]});
    sampling::check_field(name, "gradient", gradient, y.shape());
    sampling::check_field(name, "accepted", accepted, {y.shape()[0]});
  }

  /// The part of the proposals since the warm-up that each chain has taken; 0 where there were none.
  std::vector<double> acceptance() const {
    const double proposals = static_cast<double>(std::max<Index>(1, steps - warm_up));
    std::vector<double> parts;
    for (const double count : accepted.span()) parts.push_back(count / proposals);
    return parts;
  }

  /// One step, which costs a gradient; the first one costs two.
  template <Energy<T> Phi>
  void step(const Phi& phi, const Key& key) {
    const Index rows = y.shape()[0];
    if (energy.size() == 0 || gradient.size() == 0) {
      EnergyPoints<T> here = points(phi, y);
      energy = std::move(here.energy);
      gradient = std::move(here.gradient);
    }
    if (accepted.size() == 0) accepted = Tensor<double>::zeros({rows});
    const bool warming = steps < warm_up;
    if (warming && adaptation.count == 0) adaptation.start = delta;

    const Key stream = key.fold(name);
    const EnergyPoints<T> to = points(phi, proposal(stream));
    const std::vector<double> logs = log_acceptance<T>(delta, {y, energy, gradient}, to);
    const auto u = random_uniform<double>({rows, 1}, stream.fold("accept").at(static_cast<std::uint64_t>(steps)));
    double chance = 0;
    for (Index row = 0; row < rows; ++row) {
      const double log_a = logs[static_cast<std::size_t>(row)];
      if (!is_finite(log_a)) continue;
      chance += std::min(1.0, std::exp(log_a));
      // 1 - u is in (0, 1], so that its logarithm is finite, and a >= 1 always accepted.
      if (std::log(1 - u.data()[row]) <= log_a) take(to, row, /*counts=*/!warming);
    }
    last_acceptance = rows == 0 ? 0 : chance / static_cast<double>(rows);
    ++steps;
    if (warming) {
      const double next = adaptation.update(last_acceptance);
      delta = steps == warm_up ? adaptation.result() : next;
    }
  }

 private:
  template <Energy<T> Phi>
  static EnergyPoints<T> points(const Phi& phi, Tensor<T> at) {
    const EnergyGradient<T> found = energy_and_gradient(phi, Var<T>::constant(at));
    return {std::move(at), found.energy.value(), found.gradient.value()};
  }

  Tensor<T> proposal(const Key& stream) const {
    const T drift = static_cast<T>(delta * delta), spread = static_cast<T>(std::sqrt(2.0) * delta);
    Tensor<T> moved = sampling::noise_of(y, stream, steps);
    kernels::update(
        moved.size(), moved.mutable_data(), [=](T n, T p, T g) { return p - drift * g + spread * n; }, y.data(),
        gradient.data());
    return moved;
  }

  void take(const EnergyPoints<T>& to, Index row, bool counts) {
    const Index d = y.shape().stride(0);
    std::copy_n(to.y.data() + row * d, d, y.mutable_data() + row * d);
    std::copy_n(to.gradient.data() + row * d, d, gradient.mutable_data() + row * d);
    energy.mutable_data()[row] = to.energy.data()[row];
    if (counts) accepted.mutable_data()[row] += 1;
  }
};

}  // namespace neb
