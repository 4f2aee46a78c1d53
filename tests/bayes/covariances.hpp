/// A covariance of each kind beside its matrix, and small matrices by plain loops to compare with.
#pragma once

#include <string>
#include <vector>

#include "neb/bayes/covariance.hpp"
#include "neb/core/random.hpp"
#include "neb/ops/reduction.hpp"

namespace neb::test {

/// a b, for a: (n, k) and b: (k, m).
inline Tensor<double> product(const Tensor<double>& a, const Tensor<double>& b) {
  const Index n = a.shape()[0], k = a.shape()[1], m = b.shape()[1];
  Tensor<double> c = Tensor<double>::zeros({n, m});
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < m; ++j)
      for (Index l = 0; l < k; ++l) c.mutable_data()[i * m + j] += a(i, l) * b(l, j);
  return c;
}

inline Tensor<double> transposed(const Tensor<double>& a) {
  Tensor<double> t({a.shape()[1], a.shape()[0]});
  for (Index i = 0; i < a.shape()[0]; ++i)
    for (Index j = 0; j < a.shape()[1]; ++j) t.mutable_data()[j * a.shape()[0] + i] = a(i, j);
  return t;
}

/// a + factor b.
inline Tensor<double> plus(Tensor<double> a, const Tensor<double>& b, double factor = 1) {
  for (Index i = 0; i < a.size(); ++i) a.mutable_data()[i] += factor * b.data()[i];
  return a;
}

inline Tensor<double> identity(Index d) {
  Tensor<double> one = Tensor<double>::zeros({d, d});
  for (Index i = 0; i < d; ++i) one.mutable_data()[i * d + i] = 1;
  return one;
}

/// By Gauss and Jordan, without pivoting: of a positive definite matrix.
inline Tensor<double> inverse(Tensor<double> a) {
  const Index d = a.shape()[0];
  Tensor<double> b = identity(d);
  for (Index i = 0; i < d; ++i) {
    const double pivot = a(i, i);
    for (Index j = 0; j < d; ++j) {
      a.mutable_data()[i * d + j] /= pivot;
      b.mutable_data()[i * d + j] /= pivot;
    }
    for (Index row = 0; row < d; ++row) {
      const double times = a(row, i);
      if (row == i) continue;
      for (Index j = 0; j < d; ++j) {
        a.mutable_data()[row * d + j] -= times * a(i, j);
        b.mutable_data()[row * d + j] -= times * b(i, j);
      }
    }
  }
  return b;
}

/// A covariance of d numbers whose directions go together.
inline Tensor<double> some_covariance(Index d, const Key& key) {
  const Tensor<double> root = random_uniform<double>({d, d}, key, -0.6, 0.6);
  return plus(product(root, transposed(root)), identity(d), 0.1);
}

/// A covariance, and the matrix that it stands for.
struct NamedCovariance {
  std::string name;
  Covariance<double> covariance;
  Tensor<double> matrix;
};

/// One of each kind, on rows of d numbers.
inline std::vector<NamedCovariance> covariances(Index d) {
  const Tensor<double> s = random_uniform<double>({d}, Key(11), 0.2, 0.9), f = random_normal<double>({d, 2}, Key(12));
  Tensor<double> diagonal = Tensor<double>::zeros({d, d});
  for (Index i = 0; i < d; ++i) diagonal.mutable_data()[i * d + i] = s(i) * s(i);
  const Tensor<double> any = some_covariance(d, Key(13));
  return {{"isotropic", Covariance<double>::isotropic(0.7), plus(Tensor<double>::zeros({d, d}), identity(d), 0.49)},
          {"diagonal", Covariance<double>::diagonal(s), diagonal},
          {"low rank", Covariance<double>::low_rank(s, f), plus(diagonal, product(f, transposed(f)))},
          {"full", Covariance<double>::full(any), any}};
}

/// (y - m)' A (y - m) / 2: the energy of a normal number of mean m: (d) and covariance A^-1.
struct NormalEnergy {
  Tensor<double> mean, precision;
  Var<double> operator()(const Var<double>& y) const {
    const Var<double> offset = flatten(y) - Var<double>::constant(mean);
    return 0.5 * sum(offset * matmul(offset, Var<double>::constant(precision)), 1);
  }
};

}  // namespace neb::test
