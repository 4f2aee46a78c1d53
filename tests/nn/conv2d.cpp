#include "neb/nn/conv2d.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/check_grads.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::moments;
using neb::test::relative_difference;

namespace {

/// The layer as seven loops, for a square kernel.
Tensor<double> plain_loops(const neb::Conv2d<double>& layer, const Tensor<double>& x) {
  const Tensor<double>& w = layer.weight.value();
  const Index kernel = w.shape()[1], stride = layer.options.stride, padding = layer.options.padding;
  const Index height = (x.shape()[1] + 2 * padding - kernel) / stride + 1;
  const Index width = (x.shape()[2] + 2 * padding - kernel) / stride + 1;
  Tensor<double> y({x.shape()[0], height, width, w.shape()[0]});
  double* out = y.mutable_data();
  for (Index n = 0; n < x.shape()[0]; ++n)
    for (Index r = 0; r < height; ++r)
      for (Index c = 0; c < width; ++c)
        for (Index o = 0; o < w.shape()[0]; ++o) {
          double sum = layer.bias.value()(o);
          for (Index kr = 0; kr < kernel; ++kr)
            for (Index kc = 0; kc < kernel; ++kc)
              for (Index i = 0; i < x.shape()[3]; ++i) {
                const Index row = r * stride + kr - padding, column = c * stride + kc - padding;
                if (row >= 0 && row < x.shape()[1] && column >= 0 && column < x.shape()[2])
                  sum += w(o, kr, kc, i) * x(n, row, column, i);
              }
          *out++ = sum;
        }
  return y;
}

}  // namespace

TEST_CASE("conv2d layer: y = conv2d(x, W) + b, against plain loops") {
  for (const Conv2dOptions options : {Conv2dOptions{1, 0}, {2, 1}, {3, 2}}) {
    CAPTURE(options.stride);
    neb::Conv2d<double> layer(2, 5, 3, options, Key(1));
    layer.bias = Var<double>(random_normal<double>({5}, Key(2)));
    const Tensor<double> x = random_normal<double>({2, 7, 6, 2}, Key(3));
    CHECK(relative_difference(layer(Var<double>::constant(x)).value(), plain_loops(layer, x)) < 1e-13);
  }
}

TEST_CASE("conv2d layer: weights have variance 2 / (kernel^2 in), the bias is zero") {
  const neb::Conv2d<float> layer(40, 50, 5, {}, Key(1));
  CHECK(layer.weight.shape() == Shape{50, 5, 5, 40});
  CHECK(std::abs(moments(layer.weight.value()).variance / (2.0 / 1000) - 1) < 5 * std::sqrt(0.8 / 50000));
  for (const float b : layer.bias.value().span()) CHECK(b == 0);
  CHECK(parameter_count(layer) == 50050);
  CHECK(state(layer).size() == 2);
}

TEST_CASE("conv2d layer: derivatives with respect to x, W and b agree with finite differences to second order") {
  const Function<double> f = [](const std::vector<Var<double>>& v) {
    neb::Conv2d<double> layer;
    layer.options = {.stride = 2, .padding = 1};
    layer.weight = v[1];
    layer.bias = v[2];
    return layer(v[0]);
  };
  CHECK_NOTHROW(
      check_grads<double>(f, {random_normal<double>({2, 4, 5, 2}, Key(1)), random_normal<double>({3, 3, 3, 2}, Key(2)),
                              random_normal<double>({3}, Key(3))}));
}
