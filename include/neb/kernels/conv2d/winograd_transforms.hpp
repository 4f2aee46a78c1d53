/// Winograd's convolutions as a closed triple: what six to eight points of evaluation make of tiles, filters and cotangents.
///
/// A product of two polynomials, of `outputs` and of `taps` coefficients, is known from its values at outputs + taps - 1
/// points: evaluate both (A and G), multiply point by point, interpolate (B). As a form in three arguments that is
///
///   T(x, w, g) = sum over points of  (B^T x) (G w) (A g)  =  sum over i, k of  x[i + k] w[k] g[i],
///
/// a convolution along one axis, and each argument goes to the points by one matrix and comes back by its transpose. Its
/// three derivatives are the three passes of a layer. With both axes, and sums over channels c, o and tiles t:
///
///   X = B^T x B          y  = A^T (X . W) A       a product over channels, points by points
///   W = G w G^T          dx = B (Y . W) B^T       added up where tiles overlap
///   Y = A dy A^T         dw = G^T (Y . X) G       summed over tiles
///
/// (Winograd 1980; Lavin & Gray 2016.) Six points, 0, infinity and +-sqrt(1/2), +-sqrt(2), compute 4 outputs of 3 taps with a
/// quarter of the multiplications; eight, with +-1/2, +-1, +-2, compute 6 with a fifth. Seven have no infinity, and
/// a pair far out in its place. Errors in float are some 1.5e-6 of the result's size with six points, 2.5e-6 with seven and 6e-6
/// with eight: transforms weigh differences by the powers of their points.
/// Nothing below is written out by hand: the matrices follow from the points, whose pairs +-r share sums of even and of odd
/// coefficients.
#pragma once

#include <utility>

#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// The points beside 0: pairs of roots +-r, with their squares, which are exact, and infinity or not.
struct SixPoints {
  static constexpr int pairs = 2;
  static constexpr bool infinity = true;
  static constexpr long double squares[] = {0.5L, 2};
  static constexpr long double roots[] = {0.707106781186547524400844362104849039L,
                                          1.41421356237309504880168872420969808L};
};
struct SevenPoints {
  static constexpr int pairs = 3;
  static constexpr bool infinity = false;
  static constexpr long double squares[] = {0.3125L, 1.375L, 12.5L};
  static constexpr long double roots[] = {0.559016994374947424102293417182819058L,
                                          1.172603939955857388641407528386116570L,
                                          3.535533905932737622004221810524245196L};
};
struct EightPoints {
  static constexpr int pairs = 3;
  static constexpr bool infinity = true;
  static constexpr long double squares[] = {1, 4, 0.25L};
  static constexpr long double roots[] = {1, 2, 0.5L};
};

/// How many there are.
template <class Points>
inline constexpr int point_count = 2 * Points::pairs + (Points::infinity ? 2 : 1);

// Matrices have a row for each point, of which those for 0, +r of every pair, and infinity are written down: row q is that
// of +roots[q - 1], and the row of its negative has the opposite sign in odd columns.

/// The values of a polynomial with `Columns` coefficients at the points: A of cotangents.
template <class Points, int Columns>
struct Evaluation {
  using At = Points;
  static constexpr int columns = Columns;

  static constexpr long double at(int row, int column) {
    if (row == 0) return column == 0 ? 1 : 0;
    if (row > Points::pairs) return column == columns - 1 ? 1 : 0;
    long double power = column % 2 == 0 ? 1 : Points::roots[row - 1];
    for (int k = 2; k <= column; k += 2) power *= Points::squares[row - 1];
    return power;
  }
};

/// The coefficients of Lagrange's polynomials of the points, each times its divisor: B^T of images.
template <class Points>
struct Interpolation {
  using At = Points;
  static constexpr int pairs = Points::pairs, columns = point_count<Points>;

  /// The polynomial of a point is x times all (x^2 - square), without the point's factor.
  static constexpr long double at(int row, int column) {
    const int k = column / 2;
    if (row == 0) return column % 2 == 0 ? coefficient(k, -1) : 0;
    if (row > pairs) return column % 2 == 1 ? coefficient(k, -1) : 0;
    return column % 2 == 0 ? coefficient(k - 1, row - 1) : Points::roots[row - 1] * coefficient(k, row - 1);
  }

  /// Its value at the point; 1 at infinity.
  static constexpr long double divisor(int row) {
    if (row > pairs) return 1;
    const long double square = row == 0 ? 0 : Points::squares[row - 1];
    long double value = row == 0 ? 1 : 2 * square;
    for (int pair = 0; pair < pairs; ++pair)
      if (pair != row - 1) value *= square - Points::squares[pair];
    return value;
  }

 private:
  /// The coefficient of x^(2 k) in the product of (x^2 - square) over all pairs but one.
  static constexpr long double coefficient(int k, int left_out) {
    long double product[pairs + 1] = {1};
    for (int pair = 0; pair < pairs; ++pair) {
      if (pair == left_out) continue;
      for (int i = pairs; i >= 0; --i) product[i] = (i > 0 ? product[i - 1] : 0) - Points::squares[pair] * product[i];
    }
    return k >= 0 && k <= pairs ? product[k] : 0;
  }
};

/// Values at the points over the divisors of the interpolation: G of filters.
template <class Points, int Columns>
struct ScaledEvaluation {
  using At = Points;
  static constexpr int columns = Columns;

  static constexpr long double at(int row, int column) {
    return Evaluation<Points, Columns>::at(row, column) / Interpolation<Points>::divisor(row);
  }
};

/// F(outputs, taps): sizes along one axis, and the matrices.
template <class Points, int Taps>
struct Form {
  static constexpr int points = point_count<Points>;
  static constexpr int planes = points * points;     ///< matrix products
  static constexpr int taps = Taps;                  ///< of a filter
  static constexpr int outputs = points + 1 - Taps;  ///< of a tile
  static constexpr int overlap = Taps - 1;           ///< inputs that neighbouring tiles share

  using A = Evaluation<Points, outputs>;
  using G = ScaledEvaluation<Points, taps>;
  using BT = Interpolation<Points>;
};

/// body(index) for 0 ... count - 1, with the index known to the compiler.
template <int count, class Body>
[[gnu::always_inline]] inline void unrolled(Body&& body) {
  [&]<int... index>(std::integer_sequence<int, index...>) __attribute__((always_inline)) {
    (body(std::integral_constant<int, index>{}), ...);
  }
  (std::make_integer_sequence<int, count>{});
}

/// sum += weight * x, without a multiplication where the weight is 1 or -1, and without anything where it is 0.
template <class Weights, int index, class V>
[[gnu::always_inline]] inline void add_weighted(V& sum, const V& x) {
  constexpr auto weight = static_cast<LaneType<V>>(Weights::at(index));
  if constexpr (weight == 1) sum += x;
  if constexpr (weight == -1) sum -= x;
  if constexpr (weight != 0 && weight != 1 && weight != -1) sum += weight * x;
}

/// The sum of Weights::at(index) x(index) over index = first, first + step, ... < count.
template <class Weights, int first, int step, int count, class V, class X>
[[gnu::always_inline]] inline V weighted_sum(X&& x) {
  if constexpr (first >= count) {
    return V{};
  } else if constexpr (Weights::at(first) == 0) {
    return weighted_sum<Weights, first + step, step, count, V>(x);
  } else {
    constexpr auto weight = static_cast<LaneType<V>>(Weights::at(first));
    V sum = x(first);
    if constexpr (weight == -1) sum = -sum;
    if constexpr (weight != 1 && weight != -1) sum = weight * sum;
    unrolled<(count - 1 - first) / step>([&](auto k) __attribute__((always_inline)) {
      constexpr int index = first + step * (k + 1);
      add_weighted<Weights, index>(sum, x(index));
    });
    return sum;
  }
}

/// A row of a matrix, and a column of it over the sums (even columns) or differences (odd ones) of pairs of points.
template <class Matrix, int row>
struct RowOf {
  static constexpr long double at(int column) { return Matrix::at(row, column); }
};
template <class Matrix, int column>
struct ColumnOf {
  static constexpr long double at(int row) { return Matrix::at(row, column); }
};

/// to = Matrix from: the values at the points, in the order 0, r, -r, ..., infinity.
template <class Matrix, class V>
[[gnu::always_inline]] inline void to_points(const V* from, V* to) {
  constexpr int pairs = Matrix::At::pairs, columns = Matrix::columns;
  const auto x = [&](int column) __attribute__((always_inline)) { return from[column]; };
  to[0] = weighted_sum<RowOf<Matrix, 0>, 0, 1, columns, V>(x);
  unrolled<pairs>([&](auto pair) __attribute__((always_inline)) {
    const V even = weighted_sum<RowOf<Matrix, pair + 1>, 0, 2, columns, V>(x);
    const V odd = weighted_sum<RowOf<Matrix, pair + 1>, 1, 2, columns, V>(x);
    to[2 * pair + 1] = even + odd;
    to[2 * pair + 2] = even - odd;
  });
  if constexpr (Matrix::At::infinity) to[2 * pairs + 1] = weighted_sum<RowOf<Matrix, pairs + 1>, 0, 1, columns, V>(x);
}

/// to = Matrix^T from: from the points back to coefficients.
template <class Matrix, class V>
[[gnu::always_inline]] inline void from_points(const V* from, V* to) {
  constexpr int pairs = Matrix::At::pairs, rows = pairs + (Matrix::At::infinity ? 2 : 1);
  V sums[rows], differences[rows];
  sums[0] = differences[0] = from[0];
  if constexpr (Matrix::At::infinity) sums[pairs + 1] = differences[pairs + 1] = from[2 * pairs + 1];
  unrolled<pairs>([&](auto pair) __attribute__((always_inline)) {
    sums[pair + 1] = from[2 * pair + 1] + from[2 * pair + 2];
    differences[pair + 1] = from[2 * pair + 1] - from[2 * pair + 2];
  });
  unrolled<Matrix::columns>([&](auto column) __attribute__((always_inline)) {
    const V* const parts = column % 2 == 0 ? sums : differences;
    to[column] = weighted_sum<ColumnOf<Matrix, column>, 0, 1, rows, V>([&](int row) __attribute__((always_inline)) {
      return parts[row];
    });
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
