#include "paper/damage.hpp"

#include <cmath>

#include <neb/bayes/smooth.hpp>

namespace examples::paper {

using neb::Index, neb::Tensor;

Tensor<float> with_noise(const Tensor<float>& x, double level, const neb::Key& key) {
  return neb::smooth(x, static_cast<float>(level), key);
}

Tensor<float> with_rows_covered(const Tensor<float>& x, double share, const neb::Key&) {
  const Index height = x.shape()[1], row = x.shape().stride(1),
              covered = std::lround(share * static_cast<double>(height));
  Tensor<float> y = x;
  float* const pixels = y.mutable_data();
  for (Index i = 0; i < x.size(); ++i)
    if (i / row % height >= height - covered) pixels[i] = 0;
  return y;
}

Tensor<float> with_pixels_flipped(const Tensor<float>& x, double share, const neb::Key& key) {
  const Index channels = x.shape()[3];
  const neb::Shape& shape = x.shape();
  const Tensor<float> chance = neb::random_uniform<float>({shape[0], shape[1], shape[2]}, key);
  Tensor<float> y = x;
  float* const pixels = y.mutable_data();
  for (Index i = 0; i < x.size(); ++i)
    if (static_cast<double>(chance.data()[i / channels]) < share) pixels[i] = 1 - pixels[i];
  return y;
}

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all{
      {"noise", "level of the noise", {0.1, 0.3, 0.5, 0.7, 0.9}, with_noise},
      {"covered", "share of the rows that is covered", {0.1, 0.3, 0.5, 0.7, 0.9}, with_rows_covered},
      {"flipped", "share of the pixels that is flipped", {0.1, 0.3, 0.5}, with_pixels_flipped}};
  return all;
}

}  // namespace examples::paper
