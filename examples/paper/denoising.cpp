#include "paper/denoising.hpp"

#include <algorithm>
#include <cmath>

#include <neb/bayes/robbins_jump.hpp>
#include <neb/io/safetensors.hpp>

#include "paper/text.hpp"
#include "parts/denoise.hpp"

namespace examples::paper {

namespace {

/// What the paper's captions say of the pixels.
struct Reported {
  const char *noisy, *denoised;
};

Results figure(Laboratory& laboratory, const std::string& name, double sigma, const Reported& reported) {
  const TrainedEnergy& energy = laboratory.energy(sigma);
  const Images& images = laboratory.images();
  Results results{.numbers = denoise(laboratory.program(), energy, images, /*count=*/20, name),
                  .findings = {},
                  .pictures = {{Program::picture_file(name), "Test digits, with noise of sigma = " +
                                                                 neb::number_text(sigma) + ", after one jump."}}};
  const auto number = [&](const char* key) { return std::get<double>(value_of(results.numbers, key)); };
  results.findings = {
      {"pixels of y, of the digits shown", reported.noisy, range_text(number("noisy_min"), number("noisy_max"))},
      {"pixels of xhat, of the digits shown", reported.denoised,
       range_text(number("denoised_min"), number("denoised_max"))}};

  // The range of a few digits depends on which they are.
  const JumpRanges all =
      jump_ranges(energy, images.test, neb::Key(laboratory.program().seed).fold("pixels of all test digits"));
  const std::string over = ", of all " + std::to_string(images.test.shape()[0]) + " test digits";
  results.findings.push_back({"pixels of y" + over, "", range_text(all.noisy.low, all.noisy.high)});
  results.findings.push_back({"pixels of xhat" + over, "", range_text(all.denoised.low, all.denoised.high)});
  results.findings.push_back(
      {"test loss, a digit's summed squares of x - xhat", "", text("%.3f", number("test_loss"))});
  results.numbers.insert(results.numbers.end(), {{"all_noisy_min", all.noisy.low},
                                                 {"all_noisy_max", all.noisy.high},
                                                 {"all_denoised_min", all.denoised.low},
                                                 {"all_denoised_max", all.denoised.high}});
  return results;
}

}  // namespace

JumpRanges jump_ranges(const TrainedEnergy& energy, const neb::Tensor<float>& x, const neb::Key& key) {
  const auto sigma = static_cast<float>(energy.sigma);
  JumpRanges ranges{{HUGE_VAL, -HUGE_VAL}, {HUGE_VAL, -HUGE_VAL}};
  const auto widen = [](neb::PixelRange& range, const neb::PixelRange& other) {
    range = {std::min(range.low, other.low), std::max(range.high, other.high)};
  };
  constexpr neb::Index batch = 100;
  for (neb::Index begin = 0; begin < x.shape()[0]; begin += batch) {
    const neb::Tensor<float> y = neb::smooth(x.rows(begin, std::min(begin + batch, x.shape()[0])), sigma,
                                             key.at(static_cast<std::uint64_t>(begin)));
    widen(ranges.noisy, pixel_range(y));
    widen(ranges.denoised, pixel_range(neb::robbins_jump(energy.phi, y, sigma)));
  }
  return ranges;
}

Results figure_3(Laboratory& laboratory) {
  return figure(laboratory, "figure-3", 0.3, {"[-1.200, 1.995]", "[-0.075, 1.054]"});
}

Results figure_4(Laboratory& laboratory) {
  return figure(laboratory, "figure-4", 0.7, {"[-3.314, 3.683]", "[-0.241, 1.269]"});
}

}  // namespace examples::paper
