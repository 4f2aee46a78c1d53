/// Covariances: what multiplies by a symmetric positive-definite matrix and by a root of it, with no more numbers than
/// it needs.
#pragma once

#include <cmath>
#include <string>
#include <utility>

#if defined(__GNUC__) && !defined(__clang__)  // as in kernels/eigen_gemm.hpp
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <Eigen/Cholesky>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/single_threaded_eigen.hpp"
#include "neb/core/tensor.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/matmul.hpp"
#include "neb/ops/movement.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

namespace bayes {

/// The lower triangular L of a symmetric matrix L L': (d, d), computed in double. Throws ShapeError unless it is
/// square, ValueError unless it is symmetric to rounding and positive definite.
template <Scalar T>
Tensor<T> cholesky(const Tensor<T>& matrix) {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const std::string shown = "   [matrix: " + matrix.shape().to_string() + "]";
  if (matrix.rank() != 2 || matrix.shape()[0] != matrix.shape()[1] || matrix.size() == 0)
    throw ShapeError("Covariance: expects a square matrix" + shown);
  if (first_not_finite(matrix.size(), matrix.data()) < matrix.size())
    throw ValueError("Covariance: an element of the matrix is not finite" + shown);
  const Index d = matrix.shape()[0];
  const Tensor<double> a = matrix.template to<double>();
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < i; ++j)
      if (std::abs(a(i, j) - a(j, i)) > 1e-5 * std::sqrt(std::abs(a(i, i) * a(j, j))))
        throw ValueError("Covariance: the matrix is symmetric, but element (" + std::to_string(i) + ", " +
                         std::to_string(j) + ") is " + std::to_string(a(i, j)) + " and its mirror image " +
                         std::to_string(a(j, i)) + shown);
  const neb::detail::SingleThreadedEigen guard;
  const Eigen::LLT<Matrix> factored(Eigen::Map<const Matrix>(a.data(), d, d));
  if (factored.info() != Eigen::Success)
    throw ValueError("Covariance: the matrix is positive definite, but this one has no Cholesky factor" + shown);
  Tensor<double> root(matrix.shape());
  Eigen::Map<Matrix>(root.mutable_data(), d, d) = factored.matrixL();
  return root.template to<T>();
}

}  // namespace bayes

/// A symmetric positive-definite matrix Sigma = diag(s)^2 + F F' on rows of d numbers, samples of any shape among them.
/// It is the covariance of noise (gaussian_noise.hpp), or what a walk is preconditioned with. Made by isotropic(),
/// diagonal(), low_rank() or full(); by default it is the identity. Products with a matrix may change in the last bit
/// with the number of rows beside a row, as all matrix products do.
template <Scalar T>
class Covariance {
 public:
  using value_type = T;  ///< the scalar

  /// The identity, for rows of any size.
  Covariance() = default;

  /// sigma^2 I, for rows of any size. Throws ValueError unless sigma > 0.
  static Covariance isotropic(T sigma) { return Covariance(sigma, {}, {}); }

  /// diag(s)^2 for standard deviations s: one sample, of any shape. Throws ValueError unless all are positive.
  static Covariance diagonal(const Tensor<T>& deviations) { return low_rank(deviations, {}); }

  /// diag(s)^2 + F F' for standard deviations s: one sample of d numbers, and F: (d, r), whose columns are directions
  /// of more noise. Products cost 2 d r multiplications a row, and the matrix is never formed. Throws ValueError unless
  /// all deviations are positive, ShapeError unless F has a row for each of them.
  static Covariance low_rank(const Tensor<T>& deviations, const Tensor<T>& factor) {
    return Covariance(0, deviations.reshaped({deviations.size()}), factor);
  }

  /// Any symmetric positive-definite matrix: (d, d). Its Cholesky factor is computed once, by d^3 / 6 multiplications.
  /// Throws ShapeError unless it is square, ValueError unless it is symmetric to rounding and positive definite.
  static Covariance full(const Tensor<T>& matrix) { return Covariance(0, {}, bayes::cholesky(matrix)); }

  /// Whether it is sigma^2 I.
  bool is_isotropic() const { return deviations_.size() == 0 && factor_.size() == 0; }
  /// The sigma of sigma^2 I; 0 where it is of another kind.
  T sigma() const { return sigma_; }

  /// Sigma v for each row of v: (N, ...), recorded. Throws ShapeError when a row has another size.
  Var<T> times(const Var<T>& v) const {
    if (is_isotropic()) return (sigma_ * sigma_) * v;
    check_rows("v", v.shape(), size());
    const Var<T> rows = flatten(v);
    const Var<T> s = Var<T>::constant(deviations_), f = Var<T>::constant(factor_);
    if (factor_.size() == 0) return reshape(rows * square(s), v.shape());
    const Var<T> product = matmul(matmul(rows, f), f, {.transpose_b = true});
    return reshape(deviations_.size() == 0 ? product : rows * square(s) + product, v.shape());
  }

  /// The same on values.
  Tensor<T> times(const Tensor<T>& v) const { return times(Var<T>::constant(v)).value(); }

  /// How many numbers e a row of noise of d numbers is made from: d, and the rank of F beside them.
  Index root_width(Index d) const {
    return deviations_.size() == 0 || factor_.size() == 0 ? d : d + factor_.shape()[1];
  }

  /// L e for each row of e: (N, root_width(d)) -> (N, d), where L L' = Sigma: L = (diag(s), F), or the Cholesky factor
  /// of a full matrix. Throws ShapeError when a row has another size.
  Tensor<T> root_times(const Tensor<T>& e) const {
    const Var<T> rows = Var<T>::constant(e);
    if (is_isotropic()) return (sigma_ * rows).value();
    const Index d = size(), width = root_width(d);
    check_rows("e", e.shape(), width);
    const Var<T> s = Var<T>::constant(deviations_), f = Var<T>::constant(factor_);
    if (factor_.size() == 0) return (rows * s).value();
    if (deviations_.size() == 0) return matmul(rows, f, {.transpose_b = true}).value();
    return (slice(rows, 1, 0, d) * s + matmul(slice(rows, 1, d, width), f, {.transpose_b = true})).value();
  }

  /// Numbers N(0, Sigma) of `shape`: (N, ...), L e for standard normal e; row i depends on the key and i alone. Throws
  /// ShapeError when a row has another size.
  Tensor<T> draw(const Shape& shape, const Key& key) const {
    if (is_isotropic()) return root_times(random_normal<T>(shape, key));
    check_rows("noise", shape, size());
    return root_times(random_normal<T>({shape[0], root_width(size())}, key)).reshaped(shape);
  }

  /// Throws ValueError unless deviations are positive, ShapeError when its tensors, which a file may have held, do not
  /// fit.
  void check() const {
    const auto check_positive = [](T s) {
      if (!is_positive(s)) throw ValueError("Covariance: standard deviations are positive, got " + std::to_string(s));
    };
    if (is_isotropic()) check_positive(sigma_);
    for (const T s : deviations_.span()) check_positive(s);
    if (factor_.size() == 0) return;
    if (factor_.rank() != 2 || factor_.shape()[0] != (deviations_.size() > 0 ? deviations_.size() : factor_.shape()[1]))
      throw ShapeError("Covariance: the factor has a row for each deviation, or is square   [deviations: " +
                       deviations_.shape().to_string() + ", factor: " + factor_.shape().to_string() + "]");
  }

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("sigma", self.sigma_);
    f("deviations", self.deviations_);
    f("factor", self.factor_);
  }

 private:
  Covariance(T sigma, Tensor<T> deviations, Tensor<T> factor)
      : sigma_(sigma), deviations_(std::move(deviations)), factor_(std::move(factor)) {
    check();
  }

  /// Numbers of a row, where it is not isotropic.
  Index size() const { return deviations_.size() > 0 ? deviations_.size() : factor_.shape()[0]; }

  static void check_rows(const char* name, const Shape& shape, Index wanted) {
    if (shape.rank() < 1 || shape.stride(0) != wanted)
      throw ShapeError("Covariance: expects rows of " + std::to_string(wanted) + " numbers   [" + name + ": " +
                       shape.to_string() + "]");
  }

  T sigma_ = 1;                        // the whole of it, where the others are empty
  Tensor<T> deviations_{}, factor_{};  // (d), and (d, r); of a full matrix a factor alone
};

}  // namespace neb

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
