// Somebody's program: two steps of training, three of walking, and operations that call the mathematical library. It stores
// what it computed:
//   consumer RESULTS
#include <cstdio>
#include <exception>
#include <neb/neb.hpp>

namespace {

using namespace neb;

Var<float> elementary(const Var<float>& x) {
  return sin(x) + cos(x) + log(exp(x) + 1) + sqrt(square(x) + 1) + pow(abs(x) + 1, 1.5F) + clamp(x, -0.5F, 0.5F);
}

TensorMap results() {
  constexpr float sigma = 0.3F;
  const Key key(2019);
  ConvEnergy<float> phi({.image = {12, 12, 1}, .channels = {8, 40}, .kernel = 3}, key);
  Adam<float> adam({.learning_rate = 1e-2});
  const auto x = Var<float>::constant(random_uniform<float>({5, 12, 12, 1}, key.fold("x")));
  for (std::uint64_t step = 0; step < 2; ++step) {
    const auto y = smooth(x, sigma, key.at(step));
    const auto xhat = robbins_jump(phi, y, sigma, {.create_graph = true});
    adam.step(phi, grad(mean(square(x - xhat)), phi));
  }
  TensorMap all;
  for (auto& [name, tensor] : state(phi)) all.emplace("phi." + name, tensor);
  all.emplace("walk", langevin_walk(phi, x.value(), {.delta = 0.1, .steps = 3}, key));

  const Var<float> z(random_normal<float>({97, 103}, key.fold("z")));
  all.emplace("gradient", grad(sum(elementary(z) * z), z).value());
  all.emplace("product", matmul(z, transpose(z)).value());
  return all;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  neb::write_safetensors(argv[1], results());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "consumer: %s\n", error.what());
  return 1;
}
