#include "neb/kernels/conv2d/winograd_transforms.hpp"

#include <doctest/doctest.h>

#include "kernels/support.hpp"

using namespace neb::kernels;

namespace {

/// Scalars as registers of one lane: the transforms act on whatever adds, and takes a scalar as a factor.
struct Lane {
  double value[1];
  double operator[](int) const { return value[0]; }
};
Lane operator+(Lane a, Lane b) { return {{a[0] + b[0]}}; }
Lane operator-(Lane a, Lane b) { return {{a[0] - b[0]}}; }
Lane operator*(double a, Lane b) { return {{a * b[0]}}; }

template <std::size_t n>
void fill(Lane (&lanes)[n], unsigned seed) {
  const auto values = neb::test::reals<double>(n, seed);
  for (std::size_t i = 0; i < n; ++i) lanes[i] = {{values[i]}};
}

template <std::size_t n>
double dot(const Lane (&a)[n], const Lane (&b)[n]) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += a[i][0] * b[i][0];
  return sum;
}

}  // namespace

TEST_CASE("four outputs of three taps are the interpolated products at six points") {
  Lane x[6], w[3], x_points[6], w_points[6], products[6], y[4];
  fill(x, 1);
  fill(w, 2);
  winograd::transform_input(x, x_points);
  winograd::transform_filter(w, w_points);
  for (int i = 0; i < 6; ++i) products[i] = {{x_points[i][0] * w_points[i][0]}};
  winograd::transform_output(products, y);
  for (int i = 0; i < 4; ++i)
    CHECK(y[i][0] == doctest::Approx(x[i][0] * w[0][0] + x[i + 1][0] * w[1][0] + x[i + 2][0] * w[2][0]).epsilon(1e-13));
}

TEST_CASE("the transforms of the filter gradient are the transposes of the other two") {
  Lane m[6], y[4], m_to_y[4], y_to_m[6], w[3], u[6], w_to_u[6], u_to_w[3];
  fill(m, 1);
  fill(y, 2);
  fill(w, 3);
  fill(u, 4);
  winograd::transform_output(m, m_to_y);
  winograd::transform_upstream(y, y_to_m);
  CHECK(dot(m_to_y, y) == doctest::Approx(dot(m, y_to_m)).epsilon(1e-13));
  winograd::transform_filter(w, w_to_u);
  winograd::transform_filter_sums(u, u_to_w);
  CHECK(dot(w_to_u, u) == doctest::Approx(dot(w, u_to_w)).epsilon(1e-13));
}
