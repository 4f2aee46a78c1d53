// first error, GNU: LaplaceNoise has no jump: the posterior mean under Laplace noise is an integral over all of exp(-phi)
// first error, Clang: LaplaceNoise has no jump: the posterior mean under Laplace noise is an integral over all of exp(-phi)
#include <neb/bayes/continuous_noise.hpp>

int main() {
  const auto phi = [](const neb::Var<float>& y) { return sum(y * y, 1); };
  const neb::Tensor<float> y = neb::Tensor<float>::ones({2, 3});
  return static_cast<int>(neb::LaplaceNoise{.scale = 0.3}.xhat(phi, y).size());
}
