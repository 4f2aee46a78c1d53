/// Matrix products. With a transpose flag for each operand the product is closed under differentiation: every vjp is
/// again one product, and no transposed copy is ever made.
#pragma once

#include <cmath>
#include <string>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/gemm.hpp"

namespace neb {

/// Which operands of a matrix product enter transposed.
struct MatmulOptions {
  bool transpose_a = false;  ///< a: (K, M) stands for its transpose
  bool transpose_b = false;  ///< b: (N, K) stands for its transpose
};

template <Scalar T>
Var<T> matmul(const Var<T>& a, const Var<T>& b, MatmulOptions options = {});

namespace ops {

template <Scalar T>
struct Matmul {
  static constexpr const char* name = "matmul";
  MatmulOptions options;

  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    const auto [ta, tb] = options;
    const Index rows = a.shape()[ta ? 1 : 0], depth = a.shape()[ta ? 0 : 1], columns = b.shape()[tb ? 0 : 1];
    const auto as_stored = [](bool transposed) {
      return transposed ? kernels::Transpose::yes : kernels::Transpose::no;
    };
    Tensor<T> y(Shape{rows, columns});
    kernels::gemm<T>(rows, columns, depth, {a.data(), a.shape()[1], as_stored(ta)},
                     {b.data(), b.shape()[1], as_stored(tb)}, y.mutable_data(), columns);
    return y;
  }
  /// 2 M K N, whichever operands are transposed.
  static double flops(const Shape& y, const Shape& a, const Shape& b) {
    const auto size = [](const Shape& shape) { return static_cast<double>(shape.size()); };
    return 2 * std::sqrt(size(a) * size(b) * size(y));  // of (M K) (K N) (M N)
  }
  Var<T> vjp(Index i, const Var<T>& g, const Var<T>& a, const Var<T>& b) const {
    const auto [ta, tb] = options;
    // With Y = A B: dA = G B^T and dB = A^T G; an operand that entered transposed gets the transpose of that.
    if (i == 0) return ta ? matmul(b, g, {tb, true}) : matmul(g, b, {false, !tb});
    return tb ? matmul(g, a, {true, ta}) : matmul(a, g, {!ta, false});
  }
};

}  // namespace ops

/// The matrix product of a: (M, K) and b: (K, N), each transposed first if the options say so.
/// Throws ShapeError when an operand is not a matrix or the inner extents differ.
template <Scalar T>
Var<T> matmul(const Var<T>& a, const Var<T>& b, MatmulOptions options) {
  const auto shapes = [&] { return "   [a: " + a.shape().to_string() + ", b: " + b.shape().to_string() + "]"; };
  if (a.rank() != 2 || b.rank() != 2) throw ShapeError("matmul: expects two matrices" + shapes());
  const Index inner_a = a.shape()[options.transpose_a ? 0 : 1], inner_b = b.shape()[options.transpose_b ? 1 : 0];
  if (inner_a != inner_b)
    throw ShapeError("matmul: inner extents " + std::to_string(inner_a) + " and " + std::to_string(inner_b) +
                     " differ" + (options.transpose_a ? " (a is transposed)" : "") +
                     (options.transpose_b ? " (b is transposed)" : "") + shapes());
  return apply(ops::Matmul<T>{options}, a, b);
}

}  // namespace neb
