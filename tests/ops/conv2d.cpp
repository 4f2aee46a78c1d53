#include "neb/ops/conv2d.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "neb/ops/arithmetic.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

struct Convolution {
  Shape x, w;
  Conv2dOptions options;
};

const Convolution convolutions[] = {
    {{2, 5, 6, 3}, {4, 3, 3, 3}, {}},
    {{1, 7, 7, 1}, {2, 3, 3, 1}, {.padding = 1}},
    {{2, 8, 7, 2}, {3, 3, 3, 2}, {.stride = 2, .padding = 1}},
    {{1, 9, 5, 2}, {1, 4, 2, 2}, {.stride = 3, .padding = 2}},
    {{3, 4, 4, 5}, {2, 1, 1, 5}, {}},
    {{2, 4, 4, 2}, {3, 4, 4, 2}, {}},
    {{1, 6, 6, 1}, {1, 2, 2, 1}, {.stride = 4}},  // leaves two rows and columns out
    {{1, 1, 1, 2}, {3, 3, 3, 2}, {.padding = 1}},
    {{1, 2, 3, 1}, {2, 2, 2, 1}, {.stride = 2, .padding = 3}},
    {{1, 12, 12, 16}, {32, 5, 5, 16}, {.padding = 2}},
    {{0, 5, 5, 2}, {3, 3, 3, 2}, {}},
    {{2, 5, 5, 2}, {0, 3, 3, 2}, {}},
    {{2, 5, 5, 0}, {3, 3, 3, 0}, {}},
};

std::string describe(const Convolution& c) {
  return "x " + c.x.to_string() + " w " + c.w.to_string() + " stride " + std::to_string(c.options.stride) +
         " padding " + std::to_string(c.options.padding);
}

/// The definition, one output element at a time.
Tensor<double> convolve(const Tensor<double>& x, const Tensor<double>& w, const Conv2dOptions& options) {
  const auto extent = [&](Index axis) {
    return (x.shape()[axis] + 2 * options.padding - w.shape()[axis]) / options.stride + 1;
  };
  return tabulate({x.shape()[0], extent(1), extent(2), w.shape()[0]}, [&](const Indices& i) {
    double sum = 0;
    for (Index kh = 0; kh < w.shape()[1]; ++kh)
      for (Index kw = 0; kw < w.shape()[2]; ++kw) {
        const Index row = i[1] * options.stride + kh - options.padding,
                    column = i[2] * options.stride + kw - options.padding;
        if (row < 0 || row >= x.shape()[1] || column < 0 || column >= x.shape()[2]) continue;
        for (Index c = 0; c < w.shape()[3]; ++c) sum += x(i[0], row, column, c) * w(i[3], kh, kw, c);
      }
    return sum;
  });
}

double dot(const Var<double>& a, const Var<double>& b) {
  REQUIRE(a.shape() == b.shape());
  double total = 0;
  for (Index i = 0; i < a.size(); ++i) total += a.value().data()[i] * b.value().data()[i];
  return total;
}

}  // namespace

TEST_CASE("conv2d agrees with its definition") {
  for (const Convolution& c : convolutions) {
    CAPTURE(describe(c));
    const auto x = random_tensor(c.x, 1), w = random_tensor(c.w, 2);
    CHECK(difference(conv2d<double>(x, w, c.options).value(), convolve(x, w, c.options)) < 1e-13);
  }
}

TEST_CASE("a bias is added to each channel of conv2d, whose other derivatives do not change") {
  for (const Convolution& c : convolutions) {
    CAPTURE(describe(c));
    const Var<double> x = random_tensor(c.x, 1), w = random_tensor(c.w, 2), b = random_tensor({c.w[0]}, 4);
    const auto y = conv2d(x, w, b, c.options), plain = conv2d(x, w, c.options);
    CHECK(difference(y.value(), (plain + b).value()) < 1e-13);
    const Var<double> g = random_tensor(y.shape(), 3);
    const auto got = vjp<double>(y, std::vector{x, w, b}, g), expected = vjp<double>(plain, std::vector{x, w}, g);
    CHECK(same_bits(got[0], expected[0]));
    CHECK(same_bits(got[1], expected[1]));
    CHECK(difference(got[2].value(), sum_to(g, b.shape()).value()) == 0);
  }
}

TEST_CASE("the three convolutions are the derivatives of one trilinear form") {
  for (const Convolution& c : convolutions) {
    CAPTURE(describe(c));
    const Var<double> x = random_tensor(c.x, 1), w = random_tensor(c.w, 2);
    const auto y = conv2d(x, w, c.options);
    const Var<double> g = random_tensor(y.shape(), 3);
    const double form = dot(y, g);
    CHECK(dot(x, conv2d_input_grad(g, w, c.x, c.options)) == doctest::Approx(form).epsilon(1e-12));
    CHECK(dot(w, conv2d_filter_grad(x, g, c.w, c.options)) == doctest::Approx(form).epsilon(1e-12));
  }
}

TEST_CASE("each of the three is what the vjps of the others compute") {
  for (const Convolution& c : convolutions) {
    CAPTURE(describe(c));
    const Var<double> x = random_tensor(c.x, 1), w = random_tensor(c.w, 2);
    const auto y = conv2d(x, w, c.options);
    const Var<double> g = random_tensor(y.shape(), 3);
    const auto dx = conv2d_input_grad(g, w, c.x, c.options), dw = conv2d_filter_grad(x, g, c.w, c.options);
    const auto of_conv = vjp<double>(y, std::vector{x, w}, g);
    CHECK(difference(of_conv[0].value(), dx.value()) < 1e-12);
    CHECK(difference(of_conv[1].value(), dw.value()) < 1e-12);
    const auto of_input_grad = vjp<double>(dx, std::vector{g, w}, x);
    CHECK(difference(of_input_grad[0].value(), y.value()) < 1e-12);
    CHECK(difference(of_input_grad[1].value(), dw.value()) < 1e-12);
    const auto of_filter_grad = vjp<double>(dw, std::vector{x, g}, w);
    CHECK(difference(of_filter_grad[0].value(), dx.value()) < 1e-12);
    CHECK(difference(of_filter_grad[1].value(), y.value()) < 1e-12);
  }
}

TEST_CASE("with a stride several inputs give one output size, and the gradient has the size of the one used") {
  for (const Index size : {7, 8}) {
    const Var<double> x = random_tensor({1, size, size, 1}, 1), w = random_tensor({1, 3, 3, 1}, 2);
    const auto y = conv2d(x, w, {.stride = 2, .padding = 1});
    CHECK(y.shape() == Shape{1, 4, 4, 1});
    CHECK(grad(sum(y * y), x).shape() == x.shape());
    CHECK(grad(sum(grad(sum(y * y), x, {.create_graph = true}) * x), w).shape() == w.shape());
  }
}

TEST_CASE("cotangents that are computed together have the bits of each alone") {
  const Shape filter{48, 3, 3, 32};
  const Var<float> x = random_normal<float>({3, 14, 14, 32}, Key(1)), w = random_normal<float>(filter, Key(2));
  const Var<float> g = random_normal<float>({3, 12, 12, 48}, Key(3));
  const auto check = [](const Var<float>& y, const std::vector<Var<float>>& inputs, const Tensor<float>& c) {
    const Var<float> output = sum(y * Var<float>::constant(c));
    const auto together = grad(output, inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) CHECK(same_bits(together[i], grad(output, inputs[i])));
  };
  check(conv2d(x, w), {x, w}, g.value());
  const Var<float> b = random_normal<float>({48}, Key(4));
  check(conv2d(x, w, b), {x, w, b}, g.value());
  check(conv2d_input_grad(g, w, x.shape()), {g, w}, x.value());
  check(conv2d_filter_grad(x, g, filter), {x, g}, w.value());
}
