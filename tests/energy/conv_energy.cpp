#include "neb/energy/conv_energy.hpp"

#include <doctest/doctest.h>

#include "energy/derivatives.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::relative_difference;
using neb::test::same_parameters;

TEST_CASE("conv energy: energy, gradient and Hessian-vector product are PyTorch's") {
  for (const char* name : {"deen_conv", "deen_conv_stride2"}) {
    CAPTURE(name);
    const SafeTensors file = test::fixture(name);
    test::check_derivatives<double>(test::conv_energy<double>(file), file, 1e-12);
    test::check_derivatives<float>(test::conv_energy<float>(file), file, 1e-5);
  }
}

TEST_CASE("conv energy: an energy depends on its own row alone") {
  const ConvEnergy<double> phi({.image = {8, 6, 2}, .channels = {4}, .bottleneck = 3}, Key(1));
  const Tensor<double> y = random_normal<double>({5, 8, 6, 2}, Key(2));
  const Tensor<double> all = phi(Var<double>::constant(y)).value();
  const Tensor<double> one = phi(Var<double>::constant(y.rows(3, 4))).value();
  CHECK(all.shape() == Shape{5});
  CHECK(one(0) == doctest::Approx(all(3)).epsilon(1e-13));
  CHECK(phi(Var<double>::constant(y.rows(0, 0))).shape() == Shape{0});
}

TEST_CASE("conv energy: the preset has the paper's channels and bottleneck, 10.9 million weights in all") {
  const ConvEnergyOptions options = paper_energy();
  CHECK(options.channels == std::vector<Index>{256, 512, 1024});
  CHECK(options.bottleneck == 10);
  CHECK(options.readout.empty());
  CHECK(options.beta == 1);
  CHECK(options.image == Shape{28, 28, 1});
  CHECK(paper_energy({32, 32, 3}).image == Shape{32, 32, 3});

  const Index convolutions = 256 * 9 + 256 + 512 * 9 * 256 + 512 + 1024 * 9 * 512 + 1024;
  const Index bottleneck = 22 * 22 * 1024 * 10 + 10;  // 28 - 3 * 2 pixels a side are left
  CHECK(parameter_count(ConvEnergy<float>(options, Key(1))) == convolutions + bottleneck + 10);
}

TEST_CASE("conv energy: an overparameterised readout is a product of linear layers, with no bias and nothing between") {
  const ConvEnergyOptions plain{.image = {6, 6, 1}, .channels = {3}, .bottleneck = 4};
  ConvEnergyOptions deep = plain;
  deep.readout = {5, 2};
  ConvEnergy<double> phi(deep, Key(1)), product(plain, Key(1));
  std::vector<std::string> names;
  visit_parameters(phi, [&](const std::string& name, const Var<double>&) { names.push_back(name); });
  CHECK(names == std::vector<std::string>{"conv.0.weight", "conv.0.bias", "bottleneck.weight", "bottleneck.bias",
                                          "readout.0.weight", "readout.1.weight", "readout.2.weight"});

  auto tensors = state(phi);
  tensors.at("readout.0.weight") =
      matmul(matmul(phi.readout[0].weight, phi.readout[1].weight), phi.readout[2].weight).value();
  load_state(product, tensors);
  const auto y = Var<double>::constant(random_normal<double>({3, 6, 6, 1}, Key(2)));
  CHECK(relative_difference(phi(y).value(), product(y).value()) < 1e-13);
}

TEST_CASE("conv energy: the key fixes the weights, and layers of one shape differ") {
  const ConvEnergyOptions options{.image = {8, 8, 4}, .channels = {4, 4}, .bottleneck = 3};
  const ConvEnergy<float> phi(options, Key(1));
  CHECK(same_parameters(phi, ConvEnergy<float>(options, Key(1))));
  CHECK_FALSE(same_parameters(phi, ConvEnergy<float>(options, Key(2))));
  CHECK_FALSE(test::same_bits(phi.conv[0].weight.value(), phi.conv[1].weight.value()));
}

TEST_CASE("conv energy: architectures that cannot be are refused") {
  const auto error = [](ConvEnergyOptions options) {
    return message_of<Error>([&] { ConvEnergy<float>(options, Key(1)); });
  };
  CHECK(error({.image = {28, 28}}) == "ConvEnergy: the image has height, width and channels   [image: (28, 28)]");
  CHECK(error({.channels = {}}) ==
        "ConvEnergy: expects at least one convolution and a bottleneck of at least one unit");
  CHECK(error({.bottleneck = 0}) ==
        "ConvEnergy: expects at least one convolution and a bottleneck of at least one unit");
  CHECK(error({.channels = {4, 0}}) == "ConvEnergy: a convolution has at least 1 channel, got 0");
  CHECK(error({.readout = {0}}) == "ConvEnergy: a readout layer has at least 1 unit, got 0");
  CHECK(error({.beta = 0}) == "ConvEnergy: beta is positive, got 0.000000");
  CHECK(error({.beta = std::nan("")}) == "ConvEnergy: beta is positive, got nan");
  CHECK(error({.image = {4, 4, 1}}).find("ConvEnergy: a kernel of 3 x 3 pixels does not fit") == 0);
  CHECK(error({.stride = {0}}).find("ConvEnergy: stride is at least 1, got 0") == 0);
  CHECK(error({.stride = {}}) == "ConvEnergy: expects one stride, or one for each of the 3 layers, got 0");
  CHECK(error({.stride = {1, 2}}) == "ConvEnergy: expects one stride, or one for each of the 3 layers, got 2");
}

TEST_CASE("conv energy: each convolution can have its own stride") {
  const ConvEnergy<double> phi({.image = {8, 6, 1}, .channels = {3, 4}, .stride = {1, 2}, .padding = 1}, Key(1));
  CHECK(phi.conv[0].options.stride == 1);
  CHECK(phi.conv[1].options.stride == 2);
  CHECK(phi.bottleneck.weight.shape() == Shape{4 * 3 * 4, 10});
}

TEST_CASE("conv energy: images of another size are refused") {
  const ConvEnergy<float> phi({.image = {8, 8, 1}, .channels = {2}, .bottleneck = 1}, Key(1));
  for (const Shape& shape : {Shape{2, 8, 9, 1}, Shape{2, 8, 8, 3}, Shape{2, 64}})
    CHECK(message_of<ShapeError>([&] { phi(Var<float>(Tensor<float>::zeros(shape))); }) ==
          "ConvEnergy: expects images (N, H, W, C) of (8, 8, 1)   [y: " + shape.to_string() + "]");
}

TEST_CASE(
    "conv energy: prepared for many evaluations it has the same bits, and parameters that are replaced are not its own") {
  ConvEnergy<float> phi({.image = {14, 14, 1}, .channels = {16, 32}, .stride = {1, 2}, .padding = 1, .quadratic = 0.5},
                        Key(1));
  const auto y = Var<float>::constant(random_normal<float>({5, 14, 14, 1}, Key(2)));
  const auto values = [&](const ConvEnergy<float>& energy) {
    const auto [value, gradient] = energy_and_gradient(energy, y, {.create_graph = true});
    return std::vector{value.value(), gradient.value(), grad(sum(square(gradient)), energy.conv[1].weight).value()};
  };
  const ConvEnergy<float> ready = prepared(phi);
  const auto expected = values(phi);
  for (int time = 0; time < 2; ++time) {
    const auto got = values(ready);
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(test::same_bits(got[i], expected[i]));
  }
  phi.conv[1].weight = Var<float>(random_normal<float>(phi.conv[1].weight.shape(), Key(3)));
  CHECK(test::same_bits(values(ready)[0], expected[0]));
  CHECK_FALSE(test::same_bits(values(prepared(phi))[0], expected[0]));
}

TEST_CASE("what has no member prepared() is itself when it is prepared") {
  const auto phi = [](const Var<double>& y) { return sum(square(y), 1); };
  CHECK(&prepared(phi) == &phi);
}
