#include "neb/nn/mlp.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/check_grads.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::moments;
using neb::test::relative_difference;

TEST_CASE("mlp: linear layers with z / (1 + exp(-beta z)) between them, against plain loops") {
  constexpr double beta = 1.7;
  Mlp<double> network({3, 5, 4, 2}, Key(1), /*last_bias=*/true, beta);
  for (auto& layer : network.layers) layer.bias = Var<double>(random_normal<double>(layer.bias->shape(), Key(2)));
  const Tensor<double> x = random_normal<double>({6, 3}, Key(3));

  Tensor<double> expected({6, 2});
  for (Index n = 0; n < 6; ++n) {
    std::vector<double> h = {x(n, 0), x(n, 1), x(n, 2)};
    for (std::size_t l = 0; l < 3; ++l) {
      const Tensor<double>& w = network.layers[l].weight.value();
      std::vector<double> z(static_cast<std::size_t>(w.shape()[1]));
      for (std::size_t o = 0; o < z.size(); ++o) {
        z[o] = network.layers[l].bias->value()(static_cast<Index>(o));
        for (std::size_t i = 0; i < h.size(); ++i) z[o] += h[i] * w(static_cast<Index>(i), static_cast<Index>(o));
        if (l < 2) z[o] /= 1 + std::exp(-beta * z[o]);
      }
      h = z;
    }
    std::copy(h.begin(), h.end(), expected.mutable_data() + 2 * n);
  }
  CHECK(relative_difference(network(Var<double>::constant(x)).value(), expected) < 1e-13);
}

TEST_CASE("mlp: names, biases and initial variances: gain 2 before a smooth ReLU, 1 at the end") {
  const Mlp<double> network({100, 200, 300}, Key(1), /*last_bias=*/false);
  std::vector<std::string> names;
  visit_parameters(network, [&](const std::string& name, const auto&) { names.push_back(name); });
  CHECK(names == std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.1.weight"});
  CHECK(parameter_count(network) == 100 * 200 + 200 + 200 * 300);
  CHECK(std::abs(moments(network.layers[0].weight.value()).variance / (2.0 / 100) - 1) < 5 * std::sqrt(0.8 / 20000));
  CHECK(std::abs(moments(network.layers[1].weight.value()).variance / (1.0 / 200) - 1) < 5 * std::sqrt(0.8 / 60000));
}

TEST_CASE("mlp: layers of one shape start from different weights") {
  const Mlp<double> network({4, 4, 4}, Key(1));
  CHECK_FALSE(test::same_bits(network.layers[0].weight.value(), network.layers[1].weight.value()));
}

TEST_CASE("mlp: every layer has a bias unless the last is told to have none") {
  const Mlp<double> whole({4, 3, 2}, Key(1)), without({4, 3, 2}, Key(1), false);
  CHECK(whole.layers[0].bias.has_value());
  CHECK(whole.layers[1].bias.has_value());
  CHECK(without.layers[0].bias.has_value());
  CHECK_FALSE(without.layers[1].bias.has_value());
}

TEST_CASE("mlp: a single width is no network") {
  CHECK(message_of<ValueError>([] { Mlp<float>({3}, Key(1)); }) ==
        "Mlp: expects at least an input and an output width");
}

TEST_CASE("mlp: derivatives with respect to x and every parameter agree with finite differences to second order") {
  const Mlp<double> network({2, 3, 2}, Key(1), true, 1.3);
  const Function<double> f = [&](const std::vector<Var<double>>& v) {
    Mlp<double> moved = network;
    auto next = v.begin() + 1;
    visit_parameters(moved, [&](const std::string&, Var<double>& parameter) { parameter = *next++; });
    return moved(v[0]);
  };
  std::vector<Tensor<double>> inputs = {random_normal<double>({3, 2}, Key(2))};
  for (const auto& [name, tensor] : state(network))
    inputs.push_back(random_normal<double>(tensor.shape(), Key(3).fold(name)));
  std::swap(inputs[1], inputs[2]);  // state() sorts by name, bias first; the visit starts with the weight
  std::swap(inputs[3], inputs[4]);
  CHECK_NOTHROW(check_grads<double>(f, inputs));
}
