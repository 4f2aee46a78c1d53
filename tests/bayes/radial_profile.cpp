#include "neb/bayes/radial_profile.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "neb/core/parallel.hpp"
#include "neb/energy/kde_energy.hpp"
#include "nn/support.hpp"
#include "progress.hpp"

using namespace neb;
using neb::test::GaussianEnergy;
using neb::test::message_of;

namespace {

const std::vector<double> radii{0, 0.25, 0.5, 1, 1.25};

/// `count` copies of one point.
Tensor<double> copies(Index count, const std::vector<double>& point) {
  Tensor<double> x({count, std::ssize(point)});
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] = point[static_cast<std::size_t>(i % std::ssize(point))];
  return x;
}

bool equal(const RadialProfile& a, const RadialProfile& b) {
  return a.radius == b.radius && a.error == b.error && a.rate == b.rate && a.energy == b.energy && a.ink == b.ink;
}

}  // namespace

TEST_CASE("radial profile: around a single sample the energy is a bowl: r^2 d, half of it in energy, and no error") {
  constexpr double s = 0.3, d = 4, n = 2000;
  const Tensor<double> x = copies(2000, {0.2, 1, -0.5, 0.7});
  const RadialProfile profile = radial_profile(KdeEnergy<double>(x.rows(0, 1), s), x, s, radii, Key(1));
  REQUIRE(profile.radius == radii);
  const double squares = profile.rate[3];  // the mean of |e|^2 over these 2000: d, within 5 standard errors
  CHECK(std::abs(squares - d) < 5 * std::sqrt(2 * d / n));
  for (std::size_t k = 0; k < radii.size(); ++k) {
    CAPTURE(radii[k]);
    CHECK(std::abs(profile.error[k]) < 1e-25);
    CHECK(profile.rate[k] == doctest::Approx(radii[k] * radii[k] * squares).epsilon(1e-12));
    CHECK(profile.energy[k] == doctest::Approx(radii[k] * radii[k] * squares / 2).epsilon(1e-12));
    CHECK(profile.ink[k] == doctest::Approx(1).epsilon(1e-12));
  }
}

TEST_CASE("radial profile: between two samples it is that of the closed form at the points it asked for") {
  // xhat = tanh(y / s^2), phi = y^2 / (2 s^2) - log cosh(y / s^2) + const, of samples -1 and 1.
  constexpr double s = 0.6, v = s * s;
  const KdeEnergy<double> phi(Tensor<double>({2, 1}, {-1.0, 1.0}), s);
  std::vector<Tensor<double>> asked;
  const auto spy = [&](const Var<double>& y) {
    asked.push_back(y.value());
    return phi(y);
  };
  const Tensor<double> x = copies(50, {1.0});
  const RadialProfile profile = radial_profile<double>(spy, x, s, radii, Key(2));
  REQUIRE(asked.size() == 1 + radii.size());
  CHECK(test::same_bits(asked[0], x));
  const auto energy = [](double y) { return y * y / (2 * v) - std::log(std::cosh(y / v)); };
  for (std::size_t k = 0; k < radii.size(); ++k) {
    double error = 0, rate = 0, rise = 0, ink = 0;
    for (Index i = 0; i < 50; ++i) {
      const double y = asked[k + 1](i, 0), xhat = std::tanh(y / v);
      CHECK(y - 1 == doctest::Approx(radii[k] * (asked[4](i, 0) - 1)).epsilon(1e-12));  // one noise, at all radii
      error += std::pow(1 - xhat, 2) / 50;
      rate += std::pow((y - xhat) / s, 2) / 50;
      rise += (energy(y) - energy(1)) / 50;
      ink += xhat / 50;
    }
    CAPTURE(radii[k]);
    CHECK(profile.error[k] == doctest::Approx(error).epsilon(1e-10));
    CHECK(profile.rate[k] == doctest::Approx(rate).epsilon(1e-10));
    CHECK(profile.energy[k] == doctest::Approx(rise).epsilon(1e-10));
    CHECK(profile.ink[k] == doctest::Approx(ink).epsilon(1e-10));
  }
}

TEST_CASE(
    "radial profile: on images of its own set a kde energy is a bowl inside the spheres, and a wide Gaussian is flat") {
  constexpr Index d = 200;
  constexpr float s = 0.3F;
  const Tensor<float> x = random_uniform<float>({100, d}, Key(3));
  const RadialProfile bowl = radial_profile(KdeEnergy<float>(x, s), x, s, radii, Key(4));
  const RadialProfile flat = radial_profile(GaussianEnergy<float>{1e6F}, x, s, radii, Key(4));
  for (std::size_t k = 0; k < radii.size(); ++k) {
    CAPTURE(radii[k]);
    const double square = radii[k] * radii[k] * d;
    CHECK(bowl.rate[k] == doctest::Approx(square).epsilon(0.02));
    CHECK(bowl.energy[k] == doctest::Approx(square / 2).epsilon(0.02));
    CHECK(bowl.error[k] < 1e-2);
    CHECK(bowl.ink[k] == doctest::Approx(1).epsilon(0.01));
    CHECK(flat.rate[k] < 1e-6);
    CHECK(flat.error[k] == doctest::Approx(static_cast<double>(s * s) * square).epsilon(0.02));
  }
}

TEST_CASE("radial profile: it has the same bits in batches of any size and at any number of threads") {
  const Tensor<float> x = random_uniform<float>({23, 3, 5, 1}, Key(5));
  const GaussianEnergy<float> phi{0.7F};
  const RadialProfile profile = radial_profile(phi, x, 0.4F, radii, Key(6));
  for (const Index batch : {1, 4, 23}) CHECK(equal(radial_profile(phi, x, 0.4F, radii, Key(6), batch), profile));
  const int before = threads();
  set_threads(3);
  CHECK(equal(radial_profile(phi, x, 0.4F, radii, Key(6)), profile));
  set_threads(before);
  CHECK_FALSE(equal(radial_profile(phi, x, 0.4F, radii, Key(7)), profile));
}

TEST_CASE("radial profile: it tells its progress, and stopped it is that of the radii it has come through") {
  const Tensor<float> x = random_uniform<float>({25, 4}, Key(8));
  const GaussianEnergy<float> phi{0.7F};
  test::ProgressRecord record;
  const RadialProfile profile = radial_profile(phi, x, 0.4F, radii, Key(9), 10, record.until());
  CHECK(record.complete());
  CHECK(record.told.size() == 15);
  CHECK(record.told.back().count == 125);

  test::ProgressRecord stopped;
  const RadialProfile part = radial_profile(phi, x, 0.4F, radii, Key(9), 10, stopped.until(8));
  CHECK(stopped.counts() == std::vector<Index>{10, 20, 25, 35, 45, 50, 60, 70});
  CHECK(part.radius == std::vector<double>{0, 0.25});
  CHECK(part.energy == std::vector<double>(profile.energy.begin(), profile.energy.begin() + 2));
}

TEST_CASE("radial profile: what it cannot measure is refused") {
  const GaussianEnergy<double> phi{1};
  const Tensor<double> x = copies(2, {1, 2});
  CHECK(message_of<ShapeError>([&] { radial_profile(phi, x.rows(0, 0), 0.3, radii, Key(1)); }) ==
        "radial_profile: expects at least one image   [x: (0, 2)]");
  CHECK(message_of<ValueError>([&] { radial_profile(phi, x, 0, radii, Key(1)); }) ==
        "radial_profile: sigma is a positive noise level in data units, from 1e-6 to 1e6, got 0.000000");
  CHECK(message_of<ValueError>([&] {
          radial_profile(phi, x, 0.3, {0.5, -1}, Key(1));
        }) == "radial_profile: a radius is 0 or greater, got -1.000000");
  CHECK(message_of<ValueError>([&] { radial_profile(phi, x, 0.3, radii, Key(1), 0); }) ==
        "radial_profile: batch is at least 1, got 0");
}
