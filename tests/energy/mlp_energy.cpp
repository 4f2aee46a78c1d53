#include "neb/energy/mlp_energy.hpp"

#include <doctest/doctest.h>

#include "energy/derivatives.hpp"

using namespace neb;

TEST_CASE("mlp energy: energy, gradient and Hessian-vector product are PyTorch's") {
  const SafeTensors file = test::fixture("deen_mlp");
  test::check_derivatives<double>(test::mlp_energy<double>(file), file, 1e-12);
  test::check_derivatives<float>(test::mlp_energy<float>(file), file, 1e-5);
}

TEST_CASE("mlp energy: one energy per row, of rows of any shape, and no bias at the end") {
  const MlpEnergy<double> phi({.widths = {6, 4}}, Key(1));
  CHECK(phi(Var<double>::constant(Tensor<double>::zeros({3, 2, 3}))).shape() == Shape{3});
  CHECK(parameter_count(phi) == 6 * 4 + 4 + 4);
  CHECK(phi(Var<double>::constant(Tensor<double>::zeros({3, 6}))).value()(2) == 0);
}

TEST_CASE("mlp energy: beta is that of its smooth ReLU") {
  const Tensor<double> y({1, 1}, {2.0});
  for (const double beta : {0.5, 3.0}) {
    MlpEnergy<double> phi({.widths = {1, 1}, .beta = beta}, Key(1));
    for (auto& layer : phi.network.layers) layer.weight = Var<double>(Tensor<double>({1, 1}, {1.0}));
    CHECK(phi(Var<double>::constant(y)).value()(0) == doctest::Approx(2 / (1 + std::exp(-2 * beta))).epsilon(1e-14));
  }
}

TEST_CASE("mlp energy: architectures that cannot be are refused") {
  CHECK(test::message_of<ValueError>([] { MlpEnergy<float>({.widths = {2}}, Key(1)); }) ==
        "MlpEnergy: expects the input width and at least one hidden width");
  CHECK(test::message_of<ValueError>([] {
          MlpEnergy<float>({.widths = {2, 0}}, Key(1));
        }) == "MlpEnergy: a layer has at least 1 unit, got 0");
  CHECK(test::message_of<ValueError>([] { MlpEnergy<float>({.beta = 0}, Key(1)); }) ==
        "MlpEnergy: beta is positive, got 0.000000");
}
