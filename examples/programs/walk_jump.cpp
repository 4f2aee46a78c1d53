/// Walk-jump sampling: Fig. 5 and 6 of the paper, and walks that go on for long.
#include <algorithm>
#include <set>
#include <type_traits>

#include <neb/io/checkpoint.hpp>
#include <neb/io/options.hpp>

#include "common/shared_work.hpp"
#include "parts/walk_jump.hpp"

using namespace examples;

namespace {

/// Steps between two jumps: as asked for, or a fifth of the walk and at most the paper's 10 000; never beyond the end, so
/// that a short walk is seen to go somewhere.
neb::Index interval(const CommandLine& options, neb::Index steps) {
  if (options.given("every")) return std::min(options.count("every"), std::max<neb::Index>(steps, 1));
  return std::clamp<neb::Index>(steps / 5, 1, 10000);
}

/// Steps between two draws of the trace: as asked for, or so many that they cost about a tenth of the walk, and a long walk has
/// a thousand.
neb::Index trace_interval(const CommandLine& line, const WalkJump& walk) {
  if (line.given("trace-every")) {
    const neb::Index every = line.count("trace-every", 0);
    if (every > 0 && walk.every % every != 0 && !line.given("resume"))
      throw UsageError("--trace-every " + std::to_string(every) + ": the steps between two jumps, " +
                       std::to_string(walk.every) + " (--every), are no multiple of it");
    return every;
  }
  neb::Index every = std::min(walk.every, std::max<neb::Index>(15, walk.steps / 1000));
  while (walk.every % every != 0) --every;
  return every;
}

CommandLine command_line() {
  CommandLine line({
      .name = "walk_jump",
      .text =
          "Samples new images in two movements (Saremi & Hyvarinen 2019, Sec. 5). A Langevin walk wanders through the\n"
          "density of noisy images, where the way from one digit to the next is open:\n\n"
          "    y <- y - delta^2 grad phi(y) + sqrt(2) delta e,   e ~ N(0, I),\n\n"
          "and whenever we like, a jump leads from where it is to a clean image, xhat = y - sigma^2 grad phi(y), without\n"
          "disturbing the walk. Each column is a chain that starts at a training image plus noise; below it come its\n"
          "jumps. With delta = sigma / 100, 10 000 steps are one natural unit of time.\n\n"
          "The paper's walk is biased where its steps are large, and slow where they are small. Other samplers take\n"
          "larger steps (docs/08-walks-that-can-be-trusted.md); all cost a gradient a step:\n\n"
          "    leimkuhler-matthews  averages the noise of two steps; no bias on Gaussians, little elsewhere\n"
          "    mala                 tests each step and takes it or stays; exact for exp(-phi)\n"
          "    baoab, aboba         chains have velocities, which --friction slows; little bias\n\n"
          "With --step auto, MALA walks --warm-up steps before the walk begins and finds the step size at which 57 % of its\n"
          "steps are accepted. Along the way a trace is recorded, from which follow R-hat and effective sample sizes: whether\n"
          "the chains have mixed (see diagnose --help).\n\n"
          "DIR gets walk_jump.png and pictures of the trace, checkpoint.safetensors and summary.json. Ctrl-C saves the checkpoint\n"
          "and says how to go on; a walk that was resumed has the bits of one that was never stopped.",
      .example = "walk_jump --model models/sigma-0.30.safetensors --sampler mala --steps 5000 --every 500",
      .out = "out/walk_jump",
      .shares_work = true,
  });
  line.data_and_model("The energy that train_energy wrote (needed)");
  line.option("sigma", "S", "Noise level; must be the model's, which is the default")
      .option("sampler", "NAME", "langevin (the paper's), leimkuhler-matthews, mala, baoab or aboba", "langevin")
      .option("step", "D|auto",
              "Step size delta, in data units, or auto: found in a warm-up (default: sigma / 100, the paper's, for "
              "langevin; auto for the others)")
      .option("delta", "D", "The same as --step D")
      .option("warm-up", "N", "Steps of MALA before the walk, in which --step auto finds the step size", "400")
      .option("friction", "F", "Of baoab and aboba, in units of 1 / sigma", "0.5")
      .option("chains", "N", "Chains, side by side", "10")
      .option("steps", "N", "Steps of each", "50000")
      .option("every", "N", "Steps between two jumps (default: a fifth of the steps, at most 10000, the paper's)")
      .option("trace", "FILE", "Where to write the trace, for diagnose (default: DIR/trace.safetensors)")
      .option(
          "trace-every", "N",
          "Steps between two draws of the trace, a divisor of --every; each costs a gradient and a half; 0: no trace "
          "(default: 15, or more on long walks)")
      .option("checkpoint", "FILE",
              "Where to save the state of the walk, now and then, at Ctrl-C and at the end "
              "(default: DIR/checkpoint.safetensors)")
      .option("checkpoint-minutes", "M", "Time between two of them", "2")
      .option("resume", "FILE",
              "Go on from a checkpoint; its settings need not be repeated, and --steps may be more than they were");
  return line;
}

/// The step size and the warm-up that finds it, one of which is 0.
void read_step(const CommandLine& line, WalkJump& walk) {
  if (line.given("step") && line.given("delta"))
    throw UsageError("--step and --delta are the same; leave one of them out");
  const bool automatic =
      line.given("step") ? line.text("step") == "auto" : !line.given("delta") && walk.sampler != Sampler::langevin;
  if (automatic) {
    walk.warm_up = line.count("warm-up");
    return;
  }
  if (line.given("warm-up")) throw UsageError("--warm-up: finds the step size, and goes with --step auto");
  if (line.given("delta")) walk.delta = line.positive("delta");
  if (line.given("step")) walk.delta = line.positive("step");
}

WalkJump read_walk_jump(const CommandLine& line) {
  WalkJump walk{.chains = line.count("chains"),
                .steps = line.count("steps", 0),
                .sampler = sampler_named(line.text("sampler")),
                .friction = line.positive("friction")};
  walk.every = interval(line, walk.steps);
  walk.trace_every = trace_interval(line, walk);
  read_step(line, walk);
  const bool has_friction = walk.sampler == Sampler::baoab || walk.sampler == Sampler::aboba;
  if (line.given("friction") && !has_friction && !line.given("resume"))
    throw UsageError("--friction: " + line.text("sampler") + " has none; baoab and aboba have");
  return walk;
}

/// Takes from the checkpoint what the command line does not say; where both speak they must agree, but for a larger number
/// of steps. Returns the seed.
std::uint64_t adopt_checkpoint(const CommandLine& line, WalkJump& walk) {
  const neb::SafeTensors file = neb::read_checkpoint(walk.resume);
  const auto refuse = [&](const std::string& what, const std::string& saved, const std::string& now) {
    throw UsageError(walk.resume + ": the checkpoint has " + what + " " + saved + ", this walk " + now +
                     "; leave it out to go on");
  };
  const bool step_given = line.given("step") || line.given("delta");
  const WalkJump asked = walk;
  WalkJump::visit(walk, [&]<class Field>(const std::string& name, Field& field) {
    const std::string key = "walk." + name;
    if constexpr (std::is_enum_v<Field>)
      field = static_cast<Field>(file.number<int>(key));
    else
      field = file.number<Field>(key);
  });
  if (walk.chains < 1 || walk.steps < 0 || walk.every < 1 || walk.warm_up < 0 || walk.trace_every < 0 ||
      (walk.trace_every > 0 && walk.every % walk.trace_every != 0) ||
      std::none_of(samplers().begin(), samplers().end(),
                   [&](const SamplerFacts& facts) { return facts.sampler == walk.sampler; }))
    throw neb::file_error(walk.resume, "holds settings out of range");
  if (line.given("sampler") && asked.sampler != walk.sampler)
    refuse("--sampler", facts_of(walk.sampler).name, facts_of(asked.sampler).name);
  const auto agree = [&](const char* option, bool given, auto saved, auto now) {
    if (given && saved != now) refuse(std::string("--") + option, neb::number_text(saved), neb::number_text(now));
  };
  agree("chains", line.given("chains"), walk.chains, asked.chains);
  agree("every", line.given("every"), walk.every, line.given("every") ? line.count("every") : 0);
  agree("trace-every", line.given("trace-every"), walk.trace_every, asked.trace_every);
  agree("step", step_given && asked.warm_up == 0, walk.delta, asked.delta);
  agree("warm-up", (step_given && asked.warm_up > 0) || line.given("warm-up"), walk.warm_up, asked.warm_up);
  agree("friction", line.given("friction"), walk.friction, asked.friction);
  if (line.given("steps")) {
    if (asked.steps < walk.steps)
      throw UsageError("--steps " + line.text("steps") + ": the walk that goes on has " + std::to_string(walk.steps) +
                       "; ask for as many, or more");
    walk.steps = asked.steps;
  }
  const auto seed = file.number<std::uint64_t>("walk.seed");
  agree("seed", line.given("seed"), seed, line.seed());
  return seed;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& line) {
    WalkJump walk = read_walk_jump(line);
    walk.resume = line.text("resume");
    walk.checkpoint = line.given("checkpoint") ? line.text("checkpoint") : program.path("checkpoint.safetensors");
    walk.trace = line.given("trace") ? line.text("trace") : program.path("trace.safetensors");
    walk.checkpoint_minutes = line.positive("checkpoint-minutes");
    // Rank 0 alone walks; the others compute.
    if (!walk.resume.empty() && program.ranks->rank() == 0)
      program.seed = check_input([&] { return adopt_checkpoint(line, walk); });
    walk.resume_command = "walk_jump --resume " + shell_word(walk.checkpoint) + " --out " + shell_word(program.out) +
                          " --model " + shell_word(line.text("model"));
    if (line.given("data")) walk.resume_command += " --data " + shell_word(line.text("data"));
    if (line.given("checkpoint")) walk.resume_command += " --checkpoint " + shell_word(walk.checkpoint);
    if (line.given("trace")) walk.resume_command += " --trace " + shell_word(walk.trace);

    const Images images = read_images(line);
    check_same(program, images);
    with_shared_energy(program, read_energy(program, line, images), [&](const TrainedEnergy& energy) {
      if (const auto summary = walk_jump(program, energy, images, walk)) program.write_summary(*summary);
    });
  });
}
