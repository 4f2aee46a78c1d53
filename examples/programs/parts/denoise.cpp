#include "parts/denoise.hpp"

#include <algorithm>

#include <neb/bayes/robbins_jump.hpp>
#include <neb/io/safetensors.hpp>

#include "common/contact_sheet.hpp"

namespace examples {

using neb::Index, neb::Tensor;

Summary denoise(const Program& program, const TrainedEnergy& energy, const Images& images, Index count,
                const std::string& picture_stem) {
  const auto sigma = static_cast<float>(energy.sigma);
  const Tensor<float> x = images.test.rows(0, std::min(count, images.test.shape()[0]));
  const Tensor<float> y = neb::smooth(x, sigma, neb::Key(program.seed).fold("denoise"));
  const Tensor<float> xhat = neb::robbins_jump(energy.phi, y, sigma);

  constexpr Index columns = 10;
  ContactSheet sheet("sigma = " + neb::number_text(energy.sigma) + ": test images, with noise, after one jump",
                     energy.image);
  for (Index begin = 0; begin < x.shape()[0]; begin += columns) {
    const Index end = std::min(begin + columns, x.shape()[0]);
    sheet.add_row("clean", x, begin, end, /*gap=*/begin > 0);
    sheet.add_row("noisy", y, begin, end);
    sheet.add_row("denoised", xhat, begin, end);
  }
  const std::string picture = program.picture_path(picture_stem);
  sheet.write(picture);

  const neb::PixelRange noisy = pixel_range(y), denoised = pixel_range(xhat);
  const double loss = test_loss(energy, images);
  program.print("%ld test images at sigma %.4g: noisy pixels in [%.3f, %.3f], denoised ones in [%.3f, %.3f]\n",
                static_cast<long>(x.shape()[0]), energy.sigma, noisy.low, noisy.high, denoised.low, denoised.high);
  program.print("test loss: %.3f   (sum over pixels of (x - xhat)^2, mean over %ld test images; noise alone %.4g)\n",
                loss, static_cast<long>(images.test.shape()[0]),
                energy.sigma * energy.sigma * static_cast<double>(energy.image.size()));
  program.print("picture: %s\n", picture.c_str());
  return {{"sigma", energy.sigma},        {"noisy_min", noisy.low},        {"noisy_max", noisy.high},
          {"denoised_min", denoised.low}, {"denoised_max", denoised.high}, {"test_loss", loss},
          {"images", x.shape()[0]}};
}

}  // namespace examples
