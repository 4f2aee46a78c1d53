/// What the jump does not know: the covariance of the clean data, given y, and the cumulants beyond it.
///
/// With f the density of y = x + sigma e, the posterior of x given y is an exponential family in y / sigma^2, whose cumulants are
/// derivatives of log f(y) + |y|^2 / (2 sigma^2). With phi = -log f the first is the jump, y - sigma^2 grad phi, and the second
///
///   C(y) = sigma^2 (1 - sigma^2 H(y)),   H the Hessian of phi.
///
/// All of it is exact for the optimal energy. A learned one is near it where it has learned, and its C need not be positive; that
/// of a ConvexEnergy is. In double: where x is certain C is a small difference, of 1 and sigma^2 H.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/bayes/lanczos.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/bayes/symmetric_eigen.hpp"
#include "neb/core/error.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// C(y) for each row of y: (N, ...), as an operator. Keeps the graph of the gradient at y, so a product costs one sweep. T is
/// double always; it is a template so that files which include it and do not use it need not compile its sweeps.
template <class T = double>
class PosteriorCovariance {
  static_assert(std::is_same_v<T, double>);

 public:
  /// Throws ShapeError when y has no rows, ValueError unless sigma > 0.
  template <Energy<double> Phi>
  PosteriorCovariance(const Phi& phi, const Tensor<double>& y, double sigma) : variance_(sigma * sigma), y_(y) {
    check_sigma("posterior_covariance", sigma);
    if (y.rank() < 2 || y.size() == 0)
      throw ShapeError("posterior_covariance: expects points (N, ...)   [y: " + y.shape().to_string() + "]");
    gradient_ = energy_and_gradient(phi, y_, {.create_graph = true}).gradient;
  }

  /// The shape of y, and of what the operator takes: (N, ...).
  const Shape& shape() const { return y_.shape(); }

  /// sigma^2: what C would be without any knowledge of x.
  double variance() const { return variance_; }

  /// The jump y - sigma^2 grad phi(y), the mean of the posterior: (N, ...).
  Tensor<double> xhat() const { return (y_.detach() - variance_ * gradient_.detach()).value(); }

  /// grad phi(y): (N, ...).
  const Tensor<double>& gradient() const { return gradient_.value(); }

  /// H v, row by row, for v: (N, ...). Throws ShapeError for another shape.
  Tensor<double> hessian_times(const Tensor<double>& v) const {
    return vjp(gradient_, y_, Var<double>::constant(v), {.unreached_is_zero = true}).value();
  }

  /// C v = sigma^2 (v - sigma^2 H v), row by row, for v: (N, ...). Throws ShapeError for another shape.
  Tensor<double> operator()(const Tensor<double>& v) const {
    const auto hv = Var<double>::constant(hessian_times(v));
    return (variance_ * (Var<double>::constant(v) - variance_ * hv)).value();
  }

  /// All of it: (N, d, d) for rows of d numbers, by d products.
  Tensor<double> matrix() const {
    const Index n = shape()[0], d = shape().stride(0);
    Tensor<double> c({n, d, d});
    for (Index column = 0; column < d; ++column) {
      Tensor<double> unit = Tensor<double>::zeros(shape());
      for (Index row = 0; row < n; ++row) unit.mutable_data()[row * d + column] = 1;
      const Tensor<double> product = (*this)(unit);
      for (Index row = 0; row < n; ++row)
        std::copy_n(product.data() + row * d, d, c.mutable_data() + (row * d + column) * d);
    }
    return c;
  }

 private:
  double variance_;
  Var<double> y_, gradient_;
};

/// The covariance of the clean data given each row of y: (N, ...), by the energy phi of noise level sigma. Throws ShapeError when
/// y has no rows, ValueError unless sigma > 0.
template <Energy<double> Phi>
PosteriorCovariance<> posterior_covariance(const Phi& phi, const Tensor<double>& y, double sigma) {
  return {phi, y, sigma};
}

/// The `count` largest eigenpairs of C for each row of y: the directions in which x is least certain. By lanczos(), whose
/// tolerance is relative to the largest eigenvalue; throws as it does.
template <class T>
Eigenpairs leading_eigenpairs(const PosteriorCovariance<T>& c, Index count, const Key& key,
                              LanczosOptions options = {}) {
  return lanczos(c, c.shape(), count, key, options);
}

/// All d eigenpairs of C for each row of y, by d products and a dense solver.
template <class T>
Eigenpairs eigenpairs(const PosteriorCovariance<T>& c) {
  Eigenpairs found = symmetric_eigenpairs(c.matrix());
  found.products = c.shape().stride(0);
  found.vectors = std::move(found.vectors).reshaped(bayes::with_pairs(c.shape(), c.shape().stride(0)));
  return found;
}

/// All eigenvalues of C for each row of y, the largest first: (N, d).
template <class T>
Tensor<double> eigenvalues(const PosteriorCovariance<T>& c) {
  return symmetric_eigenvalues(c.matrix());
}

/// Cumulants of v.x under the posterior of x given y, one of each a row: (N).
struct PosteriorCumulants {
  Tensor<double> mean;      ///< v.xhat
  Tensor<double> variance;  ///< v.C v
  Tensor<double> third;     ///< -sigma^6 D^3 phi[v, v, v]; over variance^(3/2) it is the skewness
  Tensor<double> fourth;    ///< -sigma^8 D^4 phi[v, v, v, v]; over variance^2 it is the excess kurtosis
};

/// The first four cumulants along the direction v of each row of y: (N, ...), by derivatives of phi(y + t v) with respect to t.
/// Throws ShapeError when v has not y's shape, ValueError unless sigma > 0.
template <Energy<double> Phi>
PosteriorCumulants posterior_cumulants(const Phi& phi, const Tensor<double>& y, const Tensor<double>& v, double sigma) {
  check_sigma("posterior_cumulants", sigma);
  if (y.rank() < 2 || y.shape() != v.shape())
    throw ShapeError("posterior_cumulants: expects a direction for each point (N, ...)   [y: " + y.shape().to_string() +
                     ", v: " + v.shape().to_string() + "]");
  const Index n = y.shape()[0];
  const Var<double> point = flatten(Var<double>::constant(y)), direction = flatten(Var<double>::constant(v));
  const Var<double> t(Tensor<double>::zeros({n, 1}));
  const Var<double> along = reshape(point + t * direction, y.shape());
  Var<double> slope = energies(phi, along);
  const auto differentiate = [&](bool again) {
    slope = reshape(grad(sum(slope), t, {.create_graph = again, .unreached_is_zero = true}), Shape{n});
    return slope.detach();
  };
  const double variance = sigma * sigma;
  const Var<double> first = differentiate(true), second = differentiate(true), third = differentiate(true),
                    fourth = differentiate(false);
  const Var<double> squares = sum(direction * direction, 1);
  return {(sum(point * direction, 1) - variance * first).value(), (variance * (squares - variance * second)).value(),
          (-variance * variance * variance * third).value(),
          (-variance * variance * variance * variance * fourth).value()};
}

}  // namespace neb
