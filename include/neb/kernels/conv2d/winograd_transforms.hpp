/// Winograd's F(4 x 4, 3 x 3): 3 x 3 convolutions with a quarter of the multiplications.
///
/// A polynomial of three coefficients times one of four is known from its values at six points (0, 1, -1, 2, -2 and
/// infinity): evaluate both factors (G and A), multiply point by point, interpolate (B). The convolution along one axis, of
/// six inputs to four outputs, is the same trilinear form with the image in the place of the product: its inputs go through
/// the transposed interpolation B^T, its products through the transposed evaluation A^T. Six multiplications do the work of
/// twelve. Along both axes, 36 do the work of 144, and each of the 36 is a matrix product over the channels:
///
///   y = A^T [ (G w G^T) * (B^T x B) ] A      for tiles x: 6 x 6, y: 4 x 4, filters w: 3 x 3, with * summed over channels
///
/// (Winograd 1980; Lavin & Gray 2016). The filter gradient is the same form read for w: dw = G^T [ (A dy A^T) * (B^T x B) ] G.
/// This header holds the transforms, each acting on whole vectors of channels; winograd.hpp has the loops.
/// The transforms weigh differences by up to 8, which costs a digit: errors are some 4e-6 of the result's size in float.
#pragma once

#include <type_traits>

#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

inline constexpr int points = 6;                ///< of evaluation, along one axis
inline constexpr int planes = points * points;  ///< matrix products
inline constexpr int taps = 3;                  ///< of a filter, along one axis
inline constexpr Index outputs = 4;             ///< of a tile, along one axis

/// to = B^T from: six inputs to six points, the transpose of interpolation.
template <class V>
inline void transform_input(const V (&x)[6], V (&to)[6]) {
  const V even = x[4] - 4 * x[2], odd = x[3] - 4 * x[1];
  const V outer_even = x[4] - x[2], outer_odd = 2 * (x[3] - x[1]);
  to[0] = 4 * x[0] - 5 * x[2] + x[4];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = outer_even + outer_odd;
  to[4] = outer_even - outer_odd;
  to[5] = 4 * x[1] - 5 * x[3] + x[5];
}

/// to = A^T from: six points to four outputs, the transpose of evaluation.
template <class V>
inline void transform_output(const V (&m)[6], V (&to)[4]) {
  const V sum = m[1] + m[2], difference = m[1] - m[2], outer_sum = m[3] + m[4], outer_difference = m[3] - m[4];
  to[0] = m[0] + sum + outer_sum;
  to[1] = difference + 2 * outer_difference;
  to[2] = sum + 4 * outer_sum;
  to[3] = difference + 8 * outer_difference + m[5];
}

/// to = A from: four output cotangents to six points, the transpose of transform_output.
template <class V>
inline void transform_upstream(const V (&y)[4], V (&to)[6]) {
  const V even = y[0] + y[2], odd = y[1] + y[3];
  const V outer_even = y[0] + 4 * y[2], outer_odd = 2 * y[1] + 8 * y[3];
  to[0] = y[0];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = outer_even + outer_odd;
  to[4] = outer_even - outer_odd;
  to[5] = y[3];
}

/// to = G from: three taps to their values at six points, over the divisors of the interpolation.
template <class V>
inline void transform_filter(const V (&w)[3], V (&to)[6]) {
  using T = std::remove_cvref_t<decltype(w[0][0])>;
  const V even = T(-1.0L / 6) * (w[0] + w[2]), odd = T(1.0L / 6) * w[1];
  const V outer_even = T(1.0L / 24) * w[0] + T(1.0L / 6) * w[2], outer_odd = T(1.0L / 12) * w[1];
  to[0] = T(0.25) * w[0];
  to[1] = even - odd;
  to[2] = even + odd;
  to[3] = outer_even + outer_odd;
  to[4] = outer_even - outer_odd;
  to[5] = w[2];
}

/// to = G^T from: six points to three taps, the transpose of transform_filter.
template <class V>
inline void transform_filter_sums(const V (&u)[6], V (&to)[3]) {
  using T = std::remove_cvref_t<decltype(u[0][0])>;
  const V sum = T(-1.0L / 6) * (u[1] + u[2]), difference = T(1.0L / 6) * (u[2] - u[1]);
  const V outer_sum = u[3] + u[4], outer_difference = u[3] - u[4];
  to[0] = T(0.25) * u[0] + sum + T(1.0L / 24) * outer_sum;
  to[1] = difference + T(1.0L / 12) * outer_difference;
  to[2] = sum + T(1.0L / 6) * outer_sum + u[5];
}

/// Applies a transform of `From` values to `To` along the rows of a square of vectors, then along its columns.
/// load(i, j) gives the vectors, store(i, j, v) takes the results.
template <class V, int From, int To, class Load, class Transform, class Store>
[[gnu::always_inline]] inline void transform_square(Load&& load, Transform&& transform, Store&& store) {
  V half[From][To];
#pragma GCC unroll 6
  for (int i = 0; i < From; ++i) {
    V row[From];
#pragma GCC unroll 6
    for (int j = 0; j < From; ++j) row[j] = load(i, j);
    transform(row, half[i]);
  }
#pragma GCC unroll 6
  for (int j = 0; j < To; ++j) {
    V column[From], results[To];
#pragma GCC unroll 6
    for (int i = 0; i < From; ++i) column[i] = half[i][j];
    transform(column, results);
#pragma GCC unroll 6
    for (int i = 0; i < To; ++i) store(i, j, results[i]);
  }
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
