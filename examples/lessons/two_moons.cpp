/// Neural empirical Bayes in the plane, where everything can be seen. Given a path, draws a picture there.
///
/// A small network learns the energy of noisy points of two moons, y = x + sigma e. Beside it stands the closed form, which
/// needs all data at hand: phi(y) = -log sum_i exp(-|y - X_i|^2 / (2 sigma^2)).
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <neb/neb.hpp>

using namespace neb;

/// The energy's landscape, its valleys dark; on it a walk's last points in white, and in orange where they jump to.
Tensor<float> picture(const Energy<float> auto& phi, const Tensor<float>& y0, float sigma, const Key& key) {
  const Bounds bounds{-2.4, 2.4, -1.8, 1.8};
  const Index height = 360, width = 480;
  const Tensor<float> plane = pixel_centres<float>(bounds, height, width);
  Tensor<float> field({height, width});
  for (Index row = 0; row < height; ++row) {
    const Tensor<float> energies = phi(Var<float>::constant(plane.rows(row * width, (row + 1) * width))).value();
    std::ranges::copy(energies.span(), field.mutable_data() + row * width);
  }
  const double lowest = finite_range(field).low;  // an energy is defined up to a constant
  const Tensor<float> y = langevin_walk(phi, y0, {.delta = sigma / 20, .steps = 2000}, key);
  const Tensor<float> landscape = colour_map(field, {lowest, lowest + 7});
  const Tensor<float> walked = draw_points(landscape, y, bounds, {1, 1, 1}, 1.5);
  return draw_points(walked, robbins_jump(phi, y, sigma), bounds, {1, 0.5, 0}, 2);
}

int main(int argc, char** argv) {
  const Key key(0);
  const float sigma = 0.3f;                                  // noise level, in data units
  const auto moons = two_moons<float>(1024, key);            // (1024, 2)
  MlpEnergy<float> learned({.widths = {2, 128, 128}}, key);  // (N, 2) -> (N)
  Adam<float> adam{{.learning_rate = 1e-3}};
  for (std::uint64_t step = 0; step < 2000; ++step) {
    const Var<float> x = Var<float>::constant(sample_rows(moons, 128, key.at(step)));
    const Var<float> y = smooth(x, sigma, key.at(step));                 // X -> Y
    adam.step(learned, grad(deen_loss(learned, x, y, sigma), learned));  // a gradient of a gradient
  }
  const KdeEnergy<float> exact{moons, sigma};
  const auto fresh = two_moons<float>(4096, key.fold("fresh"));  // points that neither has seen
  std::printf("squared error: learned %.4f, closed form %.4f, noise %.4f\n",
              denoising_error(learned, fresh, sigma, key), denoising_error(exact, fresh, sigma, key),
              2 * sigma * sigma);

  if (argc < 2) return 0;
  const auto y0 = smooth(fresh.rows(0, 400), sigma, key.fold("start"));
  Canvas canvas(412, 1000);
  canvas.text(16, 12, "learned by a network");
  canvas.image(40, 12, picture(learned, y0, sigma, key));
  canvas.text(16, 508, "closed form of the data");
  canvas.image(40, 508, picture(exact, y0, sigma, key));
  canvas.write(argv[1]);
}
