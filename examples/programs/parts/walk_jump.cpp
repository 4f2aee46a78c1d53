#include "parts/walk_jump.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <neb/bayes/escaped.hpp>
#include <neb/data/sample.hpp>
#include <neb/io/safetensors.hpp>
#include <neb/sampling/walk_jump.hpp>

#include "common/contact_sheet.hpp"

namespace examples {

using neb::Index, neb::Tensor;

neb::PixelRange Jumps::range(std::size_t stride) const {
  neb::PixelRange range{HUGE_VAL, -HUGE_VAL};
  for (std::size_t jump = 0; jump < xhat.size(); jump += stride)
    for (Index chain = 0; chain < x0.shape()[0]; ++chain) {
      if (escaped[jump][static_cast<std::size_t>(chain)]) continue;
      const neb::PixelRange pixels = pixel_range(xhat[jump].rows(chain, chain + 1));
      range = {std::min(range.low, pixels.low), std::max(range.high, pixels.high)};
    }
  return range;
}

Jumps walk_and_jump(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk) {
  const auto sigma = static_cast<float>(energy.sigma);
  const neb::Key key = neb::Key(program.seed).fold("walk_jump");
  Jumps jumps{.x0 = neb::sample_rows(images.train, walk.chains, key),
              .delta = walk.delta > 0 ? walk.delta : energy.sigma / 100};
  ProgressBar bar = program.progress("walking", "steps");
  neb::walk_jump(
      energy.phi, neb::smooth(jumps.x0, sigma, key), sigma,
      {.delta = jumps.delta, .steps = walk.steps, .every = walk.every}, key,
      [&](const neb::Jump<float>& jump) {
        jumps.steps.push_back(jump.step);
        jumps.xhat.push_back(jump.xhat);
        jumps.escaped.push_back(neb::escaped(jump.y));
        return true;
      },
      std::ref(bar));
  return jumps;
}

void draw_jumps(const Jumps& jumps, const std::string& title, Index chains, std::size_t stride,
                const std::string& path) {
  const neb::Shape& shape = jumps.x0.shape();
  ContactSheet sheet(title, {shape[1], shape[2], shape[3]});
  sheet.add_row("data x0", jumps.x0, 0, chains);
  for (std::size_t jump = 0; jump < jumps.xhat.size(); jump += stride) {
    sheet.add_row(std::to_string(jumps.steps[jump]) + " steps", jumps.xhat[jump], 0, chains, /*gap=*/jump == 0);
    for (Index chain = 0; chain < chains; ++chain)
      if (jumps.escaped[jump][static_cast<std::size_t>(chain)]) sheet.cross_out(chain);
  }
  sheet.write(path);
}

Summary walk_jump(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk) {
  const Jumps jumps = walk_and_jump(program, energy, images, walk);
  const std::string picture = program.picture_path("walk_jump");
  draw_jumps(jumps, "sigma = " + neb::number_text(energy.sigma) + ": a chain in each column, jumps from its walk",
             walk.chains, /*stride=*/1, picture);

  const neb::PixelRange range = jumps.range();
  const Index lost = std::count(jumps.escaped.back().begin(), jumps.escaped.back().end(), true);
  program.print("%ld chains of %ld steps of delta %.4g at sigma %.4g: jumps have pixels in [%.3f, %.3f]\n",
                static_cast<long>(walk.chains), static_cast<long>(walk.steps), jumps.delta, energy.sigma, range.low,
                range.high);
  if (lost > 0)
    program.print(
        "%ld chains left the data (a pixel outside [-%.0f, %.0f]) and are crossed out; train longer, or take a smaller --delta\n",
        static_cast<long>(lost), neb::escape_bound, neb::escape_bound);
  program.print("picture: %s\n", picture.c_str());
  return {{"sigma", energy.sigma}, {"delta", jumps.delta},   {"chains", walk.chains}, {"steps", walk.steps},
          {"jump_min", range.low}, {"jump_max", range.high}, {"every", walk.every},   {"jumps", std::ssize(jumps.xhat)},
          {"escaped", lost}};
}

}  // namespace examples
