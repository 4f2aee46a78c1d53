/// NEBULA, the associative memory: Fig. 7 to 10 of the paper.
#include "parts/associative_memory.hpp"

using namespace examples;

namespace {

Start start_named(const CommandLine& options) {
  const std::string name = options.text("init");
  if (name == "test") return Start::test;
  if (name == "train") return Start::train;
  if (name == "uniform") return Start::uniform;
  options.reject("init", "test, train or uniform");
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line({
      .name = "associative_memory",
      .text =
          "Recalls memories (Saremi & Hyvarinen 2019, Sec. 6): from a start y(0), flow down the energy,\n\n"
          "    y'(t) = -grad phi(y(t)),\n\n"
          "until nothing moves any more. Where that ends is an attractor, a memory. From images the flow finds the\n"
          "memory that they remind of; from uniform noise the paper's \"creative memories\", forms that no image has.\n"
          "A flow has converged when the largest pixel of sigma^2 grad phi is below the tolerance. One that leaves the\n"
          "data (networks need not hold it) or does not come to rest is crossed out: it found no memory.",
      .example = "associative_memory --model out/train_energy/model.safetensors --init uniform --count 40",
      .out = "out/associative_memory",
  });
  line.data_and_model("The energy that train_energy wrote (needed)");
  line.option("sigma", "S", "Noise level; must be the model's, which is the default")
      .option("init", "WHERE",
              "Where flows start: test (images, the first ones), train (images drawn at random) or uniform "
              "(noise in [0, 1])",
              "test")
      .option("count", "N", "Flows", "20")
      .option("tolerance", "P", "Largest pixel of the jump at an attractor (not from the paper)", "1e-3")
      .option("max-steps", "N", "Steps after which a flow is given up (not from the paper)", "10000");

  return run(argc, argv, std::move(line), [](Program& program, const CommandLine& options) {
    const Memories memories{.start = start_named(options),
                            .count = options.count("count"),
                            .tolerance = options.positive("tolerance"),
                            .max_steps = options.count("max-steps")};
    const Images images = read_images(options);
    program.write_summary(associative_memory(program, read_energy(options, images), images, memories));
  });
}
