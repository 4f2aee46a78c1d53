/// Smoothing, X -> Y: data plus Gaussian noise.
#pragma once

#include <type_traits>

#include "neb/autodiff/var.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/limits.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/ops/arithmetic.hpp"

namespace neb {

/// y = x + sigma e with e ~ N(0, I) (Saremi & Hyvärinen 2019, Sec. 1), for x: (N, ...); row i of the noise depends on the
/// key and first + i alone. Throws ValueError unless sigma is a noise level.
template <Scalar T>
Tensor<T> smooth(const Tensor<T>& x, std::type_identity_t<T> sigma, const Key& key, Index first) {
  check_sigma("smooth", static_cast<double>(sigma));
  Tensor<T> y = random_normal<T>(x.shape(), key.fold("smooth"), first);
  kernels::update(
      y.size(), y.mutable_data(), [sigma](T e, T clean) { return clean + sigma * e; }, x.data());
  return y;
}

/// The same for a variable: gradients pass through to x.
template <Scalar T>
Var<T> smooth(const Var<T>& x, std::type_identity_t<T> sigma, const Key& key, Index first) {
  check_sigma("smooth", static_cast<double>(sigma));
  return x + sigma * Var<T>::constant(random_normal<T>(x.shape(), key.fold("smooth"), first));
}

// Not a default argument: compilers would tell who forgot the key that four arguments are needed.

/// The same from row 0 on.
template <Scalar T>
Tensor<T> smooth(const Tensor<T>& x, std::type_identity_t<T> sigma, const Key& key) {
  return smooth(x, sigma, key, 0);
}

/// The same from row 0 on.
template <Scalar T>
Var<T> smooth(const Var<T>& x, std::type_identity_t<T> sigma, const Key& key) {
  return smooth(x, sigma, key, 0);
}

}  // namespace neb
