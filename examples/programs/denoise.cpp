/// Single-jump denoising: Fig. 3 and 4 of the paper.
#include "parts/denoise.hpp"
#include "parts/radial_profile.hpp"

using namespace examples;

namespace {

CommandLine command_line() {
  CommandLine line({
      .name = "denoise",
      .text =
          "Adds noise to test images, which the energy has never seen, and takes it away again with a single jump\n"
          "(Saremi & Hyvarinen 2019, Eq. 3):\n\n"
          "    xhat(y) = y - sigma^2 grad phi(y),\n\n"
          "the mean of all clean images that y may come from, as far as the energy knows them. Draws rows of clean,\n"
          "noisy and denoised images, prints the ranges of their pixels, and the loss over the whole test set, whose\n"
          "noise is the same in every run. The picture shows pixels from 0 to 1; noise and jumps reach beyond.\n\n"
          "With --profile it jumps from every radius as well, from y = x + r sigma e with r from 0, the clean image, to\n"
          "1.25. Noisy images are at r = 1, the only place that the loss looks at; memories lie inside. Draws and prints\n"
          "the means over images of abs(x - xhat)^2, of the rate sigma^2 abs(grad phi)^2 at which a flow would lose\n"
          "energy, of the energy itself and of the ink, the sum of the pixels of the jump, beside those of the closed\n"
          "form of the training set (Sec. 3): a bowl of rate r^2 d and energy r^2 d / 2 around each of its d-pixel images.",
      .example = "denoise --model out/train_energy/model.safetensors --count 20",
      .out = "out/denoise",
  });
  line.data_and_model("The energy that train_energy wrote (needed)");
  line.option("sigma", "S", "Noise level; must be the model's, which is the default")
      .option("count", "N", "Test images to draw, the first ones", "20")
      .option("profile", "N", "Training images, and test images, to measure the radial profile on; the first ones")
      .flag("without-kde",
            "Leave the closed form out of the profile: with all of MNIST it takes N / 8 seconds of a core");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& options) {
    const neb::Index count = options.count("count");
    const neb::Index profiled = options.given("profile") ? options.count("profile") : 0;
    if (profiled == 0 && options.given("without-kde"))
      throw UsageError("--without-kde is about the radial profile: give --profile N as well");
    const Images images = read_images(options);
    const TrainedEnergy energy = read_energy(program, options, images);
    Summary summary = denoise(program, energy, images, count);
    if (profiled > 0) {
      const Summary profile = radial_profile(program, energy, images, profiled, !options.given("without-kde"));
      summary.insert(summary.end(), profile.begin(), profile.end());
    }
    program.write_summary(summary);
  });
}
