/// Walk-jump sampling: Fig. 5 and 6 of the paper.
#include <algorithm>

#include "parts/walk_jump.hpp"

using namespace examples;

namespace {

/// Steps between two jumps: as asked for, or a fifth of the walk and at most the paper's 10 000; never beyond the end, so
/// that a short walk is seen to go somewhere.
neb::Index interval(const CommandLine& options, neb::Index steps) {
  if (options.given("every")) return std::min(options.count("every"), std::max<neb::Index>(steps, 1));
  return std::clamp<neb::Index>(steps / 5, 1, 10000);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line({
      .name = "walk_jump",
      .text =
          "Samples new images in two movements (Saremi & Hyvarinen 2019, Sec. 5). A Langevin walk wanders through the\n"
          "density of noisy images, where the way from one digit to the next is open:\n\n"
          "    y <- y - delta^2 grad phi(y) + sqrt(2) delta e,   e ~ N(0, I),\n\n"
          "and whenever we like, a jump leads from where it is to a clean image, xhat = y - sigma^2 grad phi(y), without\n"
          "disturbing the walk. Each column is a chain that starts at a training image plus noise; below it come its\n"
          "jumps. With delta = sigma / 100, 10 000 steps are one natural unit of time.",
      .example = "walk_jump --model out/train_energy/model.safetensors --steps 50000 --every 10000",
      .out = "out/walk_jump",
  });
  line.data_and_model("The energy that train_energy wrote (needed)");
  line.option("sigma", "S", "Noise level; must be the model's, which is the default")
      .option("delta", "D", "Step size, in data units (default: sigma / 100, the paper's)")
      .option("chains", "N", "Chains, side by side", "10")
      .option("steps", "N", "Steps of each", "50000")
      .option("every", "N", "Steps between two jumps (default: a fifth of the steps, at most 10000, the paper's)");

  return run(argc, argv, std::move(line), [](Program& program, const CommandLine& options) {
    const neb::Index steps = options.count("steps", 0);
    const WalkJump walk{.delta = options.given("delta") ? options.positive("delta") : 0,
                        .chains = options.count("chains"),
                        .steps = steps,
                        .every = interval(options, steps)};
    const Images images = read_images(options);
    program.write_summary(walk_jump(program, read_energy(options, images), images, walk));
  });
}
