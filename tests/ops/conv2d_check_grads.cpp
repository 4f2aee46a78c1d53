// The three convolutions at every stride from 1 to 3 and every padding from 0 to 3: derivatives with respect to all inputs
// against finite differences, to second order.
#include <doctest/doctest.h>

#include "draw.hpp"
#include "neb/ops/conv2d.hpp"

using namespace neb;
using neb::test::Draw;

namespace {

using Vars = std::vector<Var<double>>;

/// Calls `check` with a small random geometry for each stride and padding.
template <class Check>
void for_each_geometry(Check&& check) {
  unsigned number = 0;
  for (const Index stride : {1, 2, 3})
    for (const Index padding : {0, 1, 2, 3})
      for (int repeat = 0; repeat < 2; ++repeat) {
        Draw d(number++);
        const Index height = d.between(1, 3), width = d.between(1, 3);
        const Shape x{d.between(1, 2), d.between(height, 5), d.between(width, 5), d.between(1, 2)};
        const Shape w{d.between(1, 2), height, width, x[3]};
        CAPTURE(stride);
        CAPTURE(padding);
        CAPTURE(x.to_string());
        CAPTURE(w.to_string());
        check(d, x, w, Conv2dOptions{.stride = stride, .padding = padding});
      }
}

Shape output_of(const Shape& x, const Shape& w, Conv2dOptions options) {
  return Conv2dGeometry::from(x, w, options).output_shape();
}

void check(const Function<double>& f, Draw& d, const Shape& a, const Shape& b) {
  CHECK_NOTHROW(
      check_grads<double>(f, {d.uniform<double>(a, -1, 1), d.uniform<double>(b, -1, 1)}, {.tolerance = 1e-6}));
}

}  // namespace

TEST_CASE("conv2d agrees with finite differences at every stride and padding") {
  for_each_geometry([](Draw& d, const Shape& x, const Shape& w, Conv2dOptions options) {
    check([&](const Vars& v) { return conv2d(v[0], v[1], options); }, d, x, w);
  });
}

TEST_CASE("conv2d with a bias agrees with finite differences, by all three inputs") {
  for_each_geometry([](Draw& d, const Shape& x, const Shape& w, Conv2dOptions options) {
    CHECK_NOTHROW(check_grads<double>(
        [&](const Vars& v) { return conv2d(v[0], v[1], v[2], options); },
        {d.uniform<double>(x, -1, 1), d.uniform<double>(w, -1, 1), d.uniform<double>({w[0]}, -1, 1)},
        {.tolerance = 1e-6}));
  });
}

TEST_CASE("conv2d_input_grad agrees with finite differences at every stride and padding") {
  for_each_geometry([](Draw& d, const Shape& x, const Shape& w, Conv2dOptions options) {
    check([&](const Vars& v) { return conv2d_input_grad(v[0], v[1], x, options); }, d, output_of(x, w, options), w);
  });
}

TEST_CASE("conv2d_filter_grad agrees with finite differences at every stride and padding") {
  for_each_geometry([](Draw& d, const Shape& x, const Shape& w, Conv2dOptions options) {
    check([&](const Vars& v) { return conv2d_filter_grad(v[0], v[1], w, options); }, d, x, output_of(x, w, options));
  });
}

TEST_CASE("convolutions of empty batches and of no channels have empty or zero gradients") {
  for (const Shape& x : {Shape{0, 4, 4, 2}, Shape{2, 4, 4, 0}})
    for (const Index filters : {0, 3}) {
      Draw d(0);
      const Shape w{filters, 2, 2, x[3]};
      CAPTURE(x.to_string());
      check([](const Vars& v) { return conv2d(v[0], v[1], {.padding = 1}); }, d, x, w);
    }
}

TEST_CASE("no convolution is left out of these checks") {
  CHECK(test::names_in_header(NEB_SOURCE_DIR "/include/neb/ops/conv2d.hpp") ==
        std::set<std::string>{"conv2d", "conv2d_input_grad", "conv2d_filter_grad"});
}
