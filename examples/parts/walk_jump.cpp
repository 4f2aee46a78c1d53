#include "parts/walk_jump.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <neb/data/sample.hpp>
#include <neb/io/safetensors.hpp>
#include <neb/memory/gradient_flow.hpp>
#include <neb/sampling/walk_jump.hpp>

#include "common/contact_sheet.hpp"

namespace examples {

using neb::Index, neb::Tensor, neb::Var;

namespace {

/// Beyond this no image plus noise is ever found: the chain has left the data. The energy of a network need not hold it.
constexpr double bound = 10;

std::vector<bool> escaped_rows(const Tensor<float>& y) {
  const Index rows = y.shape()[0], d = y.shape().stride(0);
  std::vector<bool> escaped;
  for (Index row = 0; row < rows; ++row)
    escaped.push_back(!(neb::memory::largest_magnitude(d, y.data() + row * d) < bound));
  return escaped;
}

}  // namespace

Summary walk_jump(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk) {
  const auto sigma = static_cast<float>(energy.sigma);
  const double delta = walk.delta > 0 ? walk.delta : energy.sigma / 100;
  const neb::Key key = neb::Key(program.seed).fold("walk_jump");
  const Tensor<float> x0 = neb::sample_rows(images.train, walk.chains, key);
  const Tensor<float> y0 = neb::smooth(x0, sigma, key);

  ContactSheet sheet("sigma = " + neb::number_text(energy.sigma) + ": a chain in each column, jumps from its walk",
                     energy.image);
  sheet.add_row("data x0", x0, 0, walk.chains);
  neb::PixelRange range{HUGE_VAL, -HUGE_VAL};
  std::vector<bool> escaped;
  {
    ProgressBar bar = program.progress("walking", "steps");
    // The walk asks the energy once a step, and so does every jump.
    const double calls = static_cast<double>(walk.steps + walk.steps / walk.every + 1);
    double called = 0;
    const auto watched = [&](const Var<float>& y) {
      bar.update(called / calls, called);
      ++called;
      return energy.phi(y);
    };
    neb::walk_jump(watched, y0, sigma, {.delta = delta, .steps = walk.steps, .every = walk.every}, key,
                   std::function([&](const neb::Jump<float>& jump) {
                     escaped = escaped_rows(jump.y);
                     sheet.add_row(std::to_string(jump.step) + " steps", jump.xhat, 0, walk.chains,
                                   /*gap=*/jump.step == 0);
                     for (Index chain = 0; chain < walk.chains; ++chain) {
                       if (escaped[static_cast<std::size_t>(chain)]) {
                         sheet.cross_out(chain);
                         continue;
                       }
                       const neb::PixelRange pixels = pixel_range(jump.xhat.rows(chain, chain + 1));
                       range = {std::min(range.low, pixels.low), std::max(range.high, pixels.high)};
                     }
                     return true;
                   }));
  }
  const std::string picture = program.picture_path("walk_jump");
  sheet.write(picture);

  const Index lost = std::count(escaped.begin(), escaped.end(), true);
  program.print("%ld chains of %ld steps of delta %.4g at sigma %.4g: jumps have pixels in [%.3f, %.3f]\n",
                static_cast<long>(walk.chains), static_cast<long>(walk.steps), delta, energy.sigma, range.low,
                range.high);
  if (lost > 0)
    program.print(
        "%ld chains left the data (a pixel beyond +-%.0f) and are crossed out; train longer, or take a smaller --delta\n",
        static_cast<long>(lost), bound);
  program.print("picture: %s\n", picture.c_str());
  return {{"sigma", energy.sigma}, {"delta", delta},         {"chains", walk.chains}, {"steps", walk.steps},
          {"jump_min", range.low}, {"jump_max", range.high}, {"every", walk.every},   {"escaped", lost}};
}

}  // namespace examples
