#include "paper/network_choices.hpp"

#include <doctest/doctest.h>

#include "gaussian_world.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/ops/extrema.hpp"
#include "progress.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

const ConvEnergyOptions tiny{.image = {6, 6, 1}, .channels = {4, 6}, .stride = {2}, .padding = 1, .bottleneck = 5};

Tensor<float> random_images(Index count) { return random_normal<float>({count, 6, 6, 1}, Key(1)); }

/// The largest difference of two energies that are defined up to a constant, at some images.
template <class A, class B>
double apart(const A& a, const B& b) {
  const auto y = Var<float>::constant(random_images(10));
  const Tensor<float> difference = (a(y) - b(y)).value();
  double most = 0;
  for (const float value : difference.span()) most = std::max(most, std::abs(double(value)));
  return most;
}

TEST_CASE("section 4.1: the energy with ReLU is the limit of the smooth one for large beta, and not that of beta = 1") {
  ConvEnergyOptions sharp = tiny;
  sharp.beta = 1e5;
  const ConvEnergy<float> smooth(tiny, Key(2)), limit(sharp, Key(2));
  CHECK(apart(ChosenEnergy{smooth, true}, limit) < 1e-4);
  CHECK(apart(ChosenEnergy{smooth, false}, smooth) == 0);
  CHECK(apart(ChosenEnergy{smooth, true}, smooth) > 1e-2);
}

TEST_CASE("section 4.1: the Hessian of the energy with ReLU is zero, that of the smooth one is not") {
  const ConvEnergy<float> layers(tiny, Key(2));
  const auto largest = [&](bool rectified) {
    double most = 0;
    const ChosenEnergy phi{layers, rectified};
    const Tensor<float> h = hessian(phi, Var<float>::constant(random_images(2)), {.unreached_is_zero = true});
    for (const float value : h.span()) most = std::max(most, std::abs(double(value)));
    return most;
  };
  CHECK(largest(true) == 0);
  CHECK(largest(false) > 1e-3);
}

TEST_CASE("section 4.1: with ReLU no batch has a gradient in a bias, and the trainer leaves biases alone") {
  const ConvEnergy<float> layers(tiny, Key(2));
  const auto x = Var<float>::constant(random_images(4)), y = smooth(x, 0.3F, Key(3));
  const auto slope = [&](bool rectified) {
    const Var<float> loss = deen_loss(ChosenEnergy{layers, rectified}, x, y, 0.3F);
    const Var<float> bias = *layers.bottleneck.bias;
    return std::abs(double(sum(abs(grad(loss, bias, {.unreached_is_zero = true}))).item()));
  };
  CHECK(slope(true) == 0);
  CHECK(slope(false) > 1e-4);
  CHECK(parameters(ChosenEnergy{layers, true}).size() == 4);
}

TEST_CASE("section 4.1: an overparameterised readout is the plain one with the product of its weights") {
  ConvEnergyOptions deep = tiny;
  deep.readout = {10, 10};
  const ConvEnergy<float> product(deep, Key(2));
  ConvEnergy<float> plain(tiny, Key(2));
  const auto& layers = product.readout;
  plain.readout[0].weight = matmul(matmul(layers[0].weight, layers[1].weight), layers[2].weight).detach();
  CHECK(apart(plain, product) < 1e-5);
  plain.readout[0].weight = matmul(layers[0].weight, layers[2].weight).detach();  // a layer forgotten
  CHECK(apart(plain, product) > 1e-3);
}

TEST_CASE("section 4.1: every choice learns; losses fall towards the best that there is, and not below") {
  const GaussianWorld world;
  const examples::Images images = world.images(500, 300);
  const ChoiceTraining training{.architecture = tiny,
                                .options = {.sigma = world.sigma, .learning_rate = 1e-2, .ema_decay = 0},
                                .steps = {1, 60},
                                .seeds = 2};
  for (const Choice& choice : {Choice{"smooth", false, {}}, Choice{"ReLU", true, {}}, Choice{"readout", false, {10}}}) {
    CAPTURE(choice.name);
    neb::test::ProgressRecord record, stopped;
    const auto curves = loss_curves(images, choice, training, record.until());
    CHECK(record.complete());
    CHECK(record.told.back().count == 120);
    REQUIRE(curves.size() == 2);
    for (const auto& curve : curves) {
      REQUIRE(curve.size() == 2);
      CHECK(curve[1] < curve[0]);
      CHECK(curve[1] > 0.95 * world.best_loss());
      CHECK(curve[1] < 36 * world.sigma * world.sigma);
    }
    CHECK(curves[0] != curves[1]);
    CHECK(loss_curves(images, choice, training) == curves);
    const auto part = loss_curves(images, choice, training, stopped.until(59));
    REQUIRE(part.size() == 1);
    CHECK(part[0] == std::vector<double>{curves[0][0]});
  }
}

TEST_CASE(
    "section 4.1: a trained energy of the wrong sign, or jumped from without sigma^2, loses more than noise alone") {
  const GaussianWorld world;
  const examples::Images images = world.images(500, 300);
  DeenTrainer trainer(ChosenEnergy{ConvEnergy<float>(tiny, Key(2))}, images.train,
                      {.sigma = world.sigma, .steps = 60, .learning_rate = 1e-2, .ema_decay = 0});
  trainer.run();
  const auto loss = [&](float factor) {
    const auto scaled = [&](const Var<float>& y) { return factor * trainer.phi()(y); };
    return denoising_error(scaled, images.test, static_cast<float>(world.sigma), Key(3));
  };
  const double noise_alone = 36 * world.sigma * world.sigma;
  CHECK(loss(1) < noise_alone);
  CHECK(loss(-1) > noise_alone);
  CHECK(loss(1 / 0.09F) > noise_alone);
}

TEST_CASE("section 4.1: random biases are within one over the root of their inputs, and the weights are the same") {
  const ChosenEnergy zero = make_energy(tiny, {}, Key(2));
  const ChosenEnergy random = make_energy(tiny, {.name = "", .random_biases = true}, Key(2));
  const auto largest = [](const Var<float>& x) {
    double most = 0;
    for (const float value : x.value().span()) most = std::max(most, std::abs(double(value)));
    return most;
  };
  CHECK(largest(zero.layers.conv[1].bias) == 0);
  for (std::size_t i = 0; i < 2; ++i) {
    const double bound = 1 / std::sqrt(9.0 * (i == 0 ? 1 : 4));
    CHECK(largest(random.layers.conv[i].bias) <= bound);
    CHECK(largest(random.layers.conv[i].bias) > 0.3 * bound);
    CHECK(largest(random.layers.conv[i].weight - zero.layers.conv[i].weight) == 0);
  }
  CHECK(largest(*random.layers.bottleneck.bias) > 0);
}

TEST_CASE("section 4.1: the standard error of a paired difference ignores what the seeds have in common") {
  const Difference difference = paired_difference({11, 22, 33}, {10, 20, 30});
  CHECK(difference.mean == doctest::Approx(2));
  CHECK(difference.error == doctest::Approx(1 / std::sqrt(3)));
  CHECK(difference.lower == 0);
  CHECK(paired_difference({101, 2, 33}, {100, 1, 32}).error == doctest::Approx(0));
  CHECK(paired_difference({1, 5, 3}, {2, 4, 3.5}).lower == 2);
}

}  // namespace
}  // namespace neb::test
