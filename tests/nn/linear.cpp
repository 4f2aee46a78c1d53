#include "neb/nn/linear.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/check_grads.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::moments;
using neb::test::relative_difference;
using neb::test::same_parameters;

TEST_CASE("linear: y = x W + b, against plain loops") {
  Linear<double> layer(3, 4, Key(1));
  layer.bias = Var<double>(random_normal<double>({4}, Key(2)));
  const Tensor<double> x = random_normal<double>({5, 3}, Key(3));
  Tensor<double> expected({5, 4});
  for (Index n = 0; n < 5; ++n)
    for (Index o = 0; o < 4; ++o) {
      double sum = layer.bias->value()(o);
      for (Index i = 0; i < 3; ++i) sum += x(n, i) * layer.weight.value()(i, o);
      expected.mutable_data()[n * 4 + o] = sum;
    }
  CHECK(relative_difference(layer(Var<double>::constant(x)).value(), expected) < 1e-14);

  layer.bias.reset();
  CHECK(layer(Var<double>::constant(Tensor<double>::zeros({1, 3}))).value()(0, 2) == 0);
}

TEST_CASE("linear: weights have variance gain / in, the bias is zero or absent") {
  const Linear<float> layer(400, 300, Key(1));
  CHECK(std::abs(moments(layer.weight.value()).variance / (2.0 / 400) - 1) < 5 * std::sqrt(0.8 / 120000));
  REQUIRE(layer.bias);
  CHECK(layer.bias->shape() == Shape{300});
  CHECK(moments(layer.bias->value()).variance + std::abs(moments(layer.bias->value()).mean) == 0);

  const Linear<float> readout(400, 300, Key(1), /*with_bias=*/false, 1.0F);
  CHECK_FALSE(readout.bias);
  CHECK(std::abs(moments(readout.weight.value()).variance / (1.0 / 400) - 1) < 5 * std::sqrt(0.8 / 120000));
  CHECK(parameter_count(readout) == 120000);
  CHECK(parameter_count(layer) == 120300);
  CHECK(state(layer).contains("weight"));
  CHECK(state(layer).contains("bias"));
  CHECK(same_parameters(layer, Linear<float>(400, 300, Key(1))));
  CHECK_FALSE(same_parameters(layer, Linear<float>(400, 300, Key(2))));
}

TEST_CASE("linear: derivatives with respect to x, W and b agree with finite differences to second order") {
  const Function<double> f = [](const std::vector<Var<double>>& v) {
    Linear<double> layer;
    layer.weight = v[1];
    layer.bias = v[2];
    return layer(v[0]);
  };
  CHECK_NOTHROW(check_grads<double>(f, {random_normal<double>({2, 3}, Key(1)), random_normal<double>({3, 2}, Key(2)),
                                        random_normal<double>({2}, Key(3))}));
}
