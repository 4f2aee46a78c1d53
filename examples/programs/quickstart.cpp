/// Everything in one go on the shipped digits: trains an energy, then denoises, walks and remembers with it.
#include <algorithm>
#include <chrono>
#include <cmath>

#include <neb/sampling/langevin.hpp>

#include "parts/associative_memory.hpp"
#include "parts/denoise.hpp"
#include "parts/sphere_overlap.hpp"
#include "parts/train.hpp"
#include "parts/walk_jump.hpp"

using namespace examples;
using neb::Index;

namespace {

/// Steps of `chains` chains that fit into `seconds` on this machine.
double steps_in(double seconds, const TrainedEnergy& energy, Index chains) {
  const neb::Tensor<float> y = neb::Tensor<float>::zeros({chains, energy.image[0], energy.image[1], energy.image[2]});
  const auto walk = [&](Index steps) {
    const auto start = std::chrono::steady_clock::now();
    neb::langevin_walk(energy.phi, y, {.delta = energy.sigma / 100, .steps = steps}, neb::Key(0));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  walk(5);  // the first ones fetch memory
  return 100 * seconds / walk(100);
}

/// Five jumps, each one natural unit of time (steps times delta^2 = sigma^2) after the last, as in the paper. Where its
/// 10 000 steps of sigma / 100 do not fit into `seconds`, fewer and larger ones have to do.
WalkJump walk_for(double seconds, const TrainedEnergy& energy) {
  WalkJump walk;
  walk.every = std::clamp<Index>(static_cast<Index>(steps_in(seconds, energy, walk.chains) / 5), 400, 10000);
  walk.steps = 5 * walk.every;
  walk.delta = energy.sigma / std::sqrt(static_cast<double>(walk.every));
  return walk;
}

/// Two minutes' worth; what the paper does not say was tried out on two cores.
Training training_for(const Program& program, const CommandLine& options) {
  Training training = training_at(options.positive("sigma"));
  training.options.minutes = options.positive("minutes");
  training.options.seed = program.seed;
  // A fast machine takes thousands of steps, after which memories of noise are blobs without it.
  training.options.veil = 0.03;
  training.checkpoint = program.path("checkpoint.safetensors");
  training.resume_command = resume_command(program, options, training.checkpoint);
  return training;
}

CommandLine command_line() {
  CommandLine line({
      .name = "quickstart",
      .text =
          "Neural empirical Bayes on handwritten digits, start to finish in about three minutes. How much noise is much\n"
          "(sphere_overlap); an energy phi(y) of noisy digits y = x + N(0, sigma^2 I), trained for two minutes\n"
          "(train_energy); noise taken away with one jump (denoise),\n\n"
          "    xhat(y) = y - sigma^2 grad phi(y);\n\n"
          "new digits by walking among the noisy ones and jumping out (walk_jump); and memories, where the flow down\n"
          "the energy settles, from test digits and from mere noise (associative_memory). Each part is also a\n"
          "program of its own, with its own --help. Nothing is picked by hand: other pictures come with another --seed.",
      .example = "quickstart --minutes 2 --out out/quickstart",
      .out = "out/quickstart",
  });
  line.data_and_model("Take this energy instead of training one");
  line.option("minutes", "M", "Time to train for", "2")
      .option("sigma", "S", "Noise level, in data units (pixels are in [0, 1])", "0.3")
      .option("walk-seconds", "S", "Time to walk for", "25");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& options) {
    const double seconds = options.positive("walk-seconds");
    const Training training = training_for(program, options);
    const Images images = read_images(options);

    std::vector<std::pair<std::string, Summary>> summaries;

    TrainedEnergy energy;
    if (options.given("model")) {
      energy = read_energy(program, options, images);
    } else {
      program.print("1. an energy of noisy images\n");
      const auto trained = train(program, images, training);
      if (!trained) return;
      energy = trained->energy;
      summaries.emplace_back("train_energy", trained->summary);
    }

    program.print("\n2. denoising with one jump\n");
    summaries.emplace_back("denoise", denoise(program, energy, images, 20));

    program.print("\n3. walking and jumping\n");
    summaries.emplace_back("walk_jump", *walk_jump(program, energy, images, walk_for(seconds, energy)));

    program.print("\n4. memories\n");
    for (const auto& [start, name] :
         {std::pair(Start::test, "memory_from_test"), std::pair(Start::uniform, "memory_from_noise")})
      summaries.emplace_back(name, associative_memory(program, energy, images, {.start = start}, name));

    program.print("\n5. how much noise that was\n");
    const Index pairs = images.train.shape()[0] > 20000 ? 10'000'000 : 0;
    summaries.emplace_back("sphere_overlap", sphere_overlap(program, images, pairs, {energy.sigma}));

    write_json(program.path("summary.json"), summaries);
    program.print("\nThe pictures and their numbers (summary.json) are in %s\n", program.out.c_str());
  });
}
