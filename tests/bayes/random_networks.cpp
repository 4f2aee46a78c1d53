// Twenty small networks of random architecture: energy, gradient, Hessian-vector product and the parameter gradients of the
// DEEN loss against PyTorch's in double precision (tests/fixtures/make_deen_fixture.py).
#include <doctest/doctest.h>

#include <iterator>
#include <sstream>

#include "neb/autodiff/transforms.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "neb/io/safetensors.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::relative_difference;

namespace {

/// One network of the file, under its number.
struct Fixture {
  const SafeTensors& file;
  std::string prefix;

  template <class Number>
  Number number(const std::string& key) const {
    return file.number<Number>(prefix + key);
  }
  Tensor<double> tensor(const std::string& name) const { return file.get<double>(prefix + name); }
  std::vector<Index> list(const std::string& key) const {
    std::istringstream text(file.text(prefix + key));
    return {std::istream_iterator<Index>(text), std::istream_iterator<Index>()};
  }
};

constexpr double tolerance = 1e-10;

template <class Phi>
void check(Phi phi, const Fixture& fixture) {
  visit_parameters(phi, [&](const std::string& name, Var<double>& parameter) {
    const Tensor<double> value = fixture.tensor(name);
    REQUIRE(value.shape() == parameter.shape());
    parameter = Var<double>(value);
  });
  const Var<double> y(fixture.tensor("y"));
  const auto [energy, gradient] = energy_and_gradient(phi, y);
  const Var<double> hv = hvp(sum(phi(y)), y, Var<double>::constant(fixture.tensor("v")));
  CHECK(relative_difference(energy.value(), fixture.tensor("energy")) < tolerance);
  CHECK(relative_difference(gradient.value(), fixture.tensor("energy_grad")) < tolerance);
  CHECK(relative_difference(hv.value(), fixture.tensor("hvp")) < tolerance);

  const Var<double> x = Var<double>::constant(fixture.tensor("x"));
  const Var<double> loss = deen_loss(phi, x, y.detach(), fixture.tensor("sigma").item());
  CHECK(relative_difference(loss.value(), fixture.tensor("loss")) < tolerance);
  const auto gradients = grad(loss, phi);
  std::size_t i = 0;
  visit_parameters(phi, [&](const std::string& name, const Var<double>&) {
    CAPTURE(name);
    CHECK(relative_difference(gradients[i++].value(), fixture.tensor("grad." + name)) < tolerance);
  });
}

}  // namespace

TEST_CASE("twenty random networks: energies and their derivatives, first and second, are PyTorch's") {
  const SafeTensors file(NEB_SOURCE_DIR "/tests/fixtures/random_networks.safetensors");
  const auto count = file.number<int>("networks");
  CHECK(count == 20);
  int convolutional = 0;
  for (int number = 0; number < count; ++number) {
    CAPTURE(number);
    const Fixture fixture{file, std::to_string(number) + "."};
    const auto beta = fixture.number<double>("beta");
    if (file.text(fixture.prefix + "energy") == "mlp") {
      check(MlpEnergy<double>({.widths = fixture.list("widths"), .beta = beta}, Key(0)), fixture);
      continue;
    }
    ++convolutional;
    const auto image = fixture.list("image");
    check(ConvEnergy<double>({.image = Shape(std::span<const Index>(image)),
                              .channels = fixture.list("channels"),
                              .kernel = fixture.number<Index>("kernel"),
                              .stride = {fixture.number<Index>("stride")},
                              .padding = fixture.number<Index>("padding"),
                              .bottleneck = fixture.list("bottleneck").front(),
                              .readout = fixture.list("readout"),
                              .beta = beta},
                             Key(0)),
          fixture);
  }
  CHECK(convolutional == 14);
}
