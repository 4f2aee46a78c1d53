#include <cstdio>
#include <neb/neb.hpp>

int main() {
  using namespace neb;
  const Key key(2019);
  const float sigma = 0.3f;                              // noise level, in data units
  const auto moons = two_moons<float>(1024, key);        // (1024, 2)
  MlpEnergy<float> phi({.widths = {2, 128, 128}}, key);  // (N, 2) -> (N)
  Adam<float> adam{{.learning_rate = 1e-3}};
  for (std::uint64_t step = 0; step < 2000; ++step) {
    const auto x = Var<float>::constant(sample_rows(moons, 128, key.at(step)));
    const auto y = smooth(x, sigma, key.at(step));                          // X -> Y: add noise
    const auto xhat = robbins_jump(phi, y, sigma, {.create_graph = true});  // Y -> X: y - sigma^2 grad phi(y)
    const auto loss = mean(sum(square(x - xhat), 1));
    adam.step(phi, grad(loss, phi));  // the gradient of a loss that contains a gradient
  }

  const auto fresh = two_moons<float>(4096, key.fold("fresh"));  // points that were not trained on
  const KdeEnergy<float> best{moons, sigma};                     // the closed form, for comparison
  std::printf("squared distance to the clean point: noise %.3f, after a jump %.3f, by the closed form %.3f\n",
              2 * sigma * sigma, denoising_error(phi, fresh, sigma, key), denoising_error(best, fresh, sigma, key));
}
