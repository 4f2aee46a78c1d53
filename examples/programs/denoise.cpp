/// Single-jump denoising: Fig. 3 and 4 of the paper.
#include "parts/denoise.hpp"

using namespace examples;

int main(int argc, char** argv) {
  CommandLine line({
      .name = "denoise",
      .text =
          "Adds noise to test images, which the energy has never seen, and takes it away again with a single jump\n"
          "(Saremi & Hyvarinen 2019, Eq. 3):\n\n"
          "    xhat(y) = y - sigma^2 grad phi(y),\n\n"
          "the mean of all clean images that y may come from, as far as the energy knows them. Draws rows of clean,\n"
          "noisy and denoised images, prints the ranges of their pixels, and the loss over the whole test set, whose\n"
          "noise is the same in every run. The picture shows pixels from 0 to 1; noise and jumps reach beyond.",
      .example = "denoise --model out/train_energy/model.safetensors --count 20",
      .out = "out/denoise",
  });
  line.data_and_model("The energy that train_energy wrote (needed)");
  line.option("sigma", "S", "Noise level; must be the model's, which is the default")
      .option("count", "N", "Test images to draw, the first ones", "20");

  return run(argc, argv, std::move(line), [](Program& program, const CommandLine& options) {
    const neb::Index count = options.count("count");
    const Images images = read_images(options);
    program.write_summary(denoise(program, read_energy(options, images), images, count));
  });
}
