#include "neb/kernels/conv2d/winograd_transforms.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "kernels/support.hpp"
#include "neb/kernels/vector_register.hpp"

using namespace neb::kernels;
using winograd::EightPoints;
using winograd::Form;
using winograd::SevenPoints;
using winograd::SixPoints;

namespace {

/// The entry of a matrix at point `point`, in the order 0, r, -r, ..., infinity, by the rule for negative points.
template <class Matrix>
long double entry(int point, int column) {
  if (point == 2 * Matrix::At::pairs + 1) return Matrix::at(Matrix::At::pairs + 1, column);
  const long double value = Matrix::at((point + 1) / 2, column);
  return point > 0 && point % 2 == 0 && column % 2 == 1 ? -value : value;
}

template <class Matrix>
long double at_point(int point, const std::vector<long double>& values) {
  long double sum = 0;
  for (int column = 0; column < Matrix::columns; ++column)
    sum += entry<Matrix>(point, column) * values[static_cast<std::size_t>(column)];
  return sum;
}

/// Both sides of the trilinear form at random arguments.
template <class F>
void check_form() {
  CAPTURE(F::points);
  CAPTURE(F::taps);
  const auto x = neb::test::reals<long double>(F::points, 1), w = neb::test::reals<long double>(F::taps, 2),
             g = neb::test::reals<long double>(F::outputs, 3);
  long double at_points = 0, direct = 0;
  for (int point = 0; point < F::points; ++point)
    at_points +=
        at_point<typename F::BT>(point, x) * at_point<typename F::G>(point, w) * at_point<typename F::A>(point, g);
  for (std::size_t i = 0; i < g.size(); ++i)
    for (std::size_t k = 0; k < w.size(); ++k) direct += x[i + k] * w[k] * g[i];
  CHECK(static_cast<double>(std::abs(at_points - direct)) <= 1e-16);
}

/// The transforms of registers against sums over the matrix's entries.
template <class Matrix>
void check_transforms() {
  using V = Vector<double>;
  constexpr int columns = Matrix::columns, points = winograd::point_count<typename Matrix::At>;
  const auto coefficients = neb::test::reals<long double>(columns, 1),
             values = neb::test::reals<long double>(points, 2);
  V from[columns], to[points], back_from[points], back[columns];
  for (int column = 0; column < columns; ++column)
    from[column] = broadcast_lane<V>(static_cast<double>(coefficients[static_cast<std::size_t>(column)]));
  for (int point = 0; point < points; ++point)
    back_from[point] = broadcast_lane<V>(static_cast<double>(values[static_cast<std::size_t>(point)]));
  winograd::to_points<Matrix>(from, to);
  winograd::from_points<Matrix>(back_from, back);
  for (int point = 0; point < points; ++point)
    CHECK(std::abs(to[point][0] - static_cast<double>(at_point<Matrix>(point, coefficients))) <= 1e-14);
  for (int column = 0; column < columns; ++column) {
    long double expected = 0;
    for (int point = 0; point < points; ++point)
      expected += entry<Matrix>(point, column) * values[static_cast<std::size_t>(point)];
    CHECK(std::abs(back[column][0] - static_cast<double>(expected)) <= 2e-14);
  }
}

template <class Points, int taps>
void check_all() {
  using F = Form<Points, taps>;
  check_form<F>();
  check_transforms<typename F::A>();
  check_transforms<typename F::G>();
  check_transforms<typename F::BT>();
}

}  // namespace

TEST_CASE("every F(outputs, taps) is the convolution's trilinear form, and its transforms are its matrices") {
  check_all<SixPoints, 2>();
  check_all<SixPoints, 3>();
  check_all<SixPoints, 4>();
  check_all<SixPoints, 5>();
  check_all<SevenPoints, 3>();
  check_all<SevenPoints, 4>();
  check_all<SevenPoints, 5>();
  check_all<EightPoints, 3>();
  check_all<EightPoints, 4>();
  check_all<EightPoints, 5>();
}
