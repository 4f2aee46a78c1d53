/// NEBULA, the associative memory: Fig. 7 to 10 of the paper.
#include "parts/associative_memory.hpp"

#include "common/shared_work.hpp"

using namespace examples;

namespace {

Start start_named(const CommandLine& options) {
  const std::string name = options.text("init");
  if (name == "test") return Start::test;
  if (name == "train") return Start::train;
  if (name == "uniform") return Start::uniform;
  options.reject("init", "test, train or uniform");
}

neb::FlowUntil until_named(const CommandLine& options) {
  const std::string name = options.text("until");
  if (name == "settled") return neb::FlowUntil::settled;
  if (name == "minimum") return neb::FlowUntil::minimum;
  options.reject("until", "settled or minimum");
}

CommandLine command_line() {
  CommandLine line({
      .name = "associative_memory",
      .text =
          "Recalls memories (Saremi & Hyvarinen 2019, Sec. 6): from a start y(0), flow down the energy,\n\n"
          "    y'(t) = -grad phi(y(t)).\n\n"
          "From images the flow finds the memory that they remind of; from uniform noise the paper's \"creative\n"
          "memories\", forms that no image has. The paper calls the energy's strict minima memories, but names no step,\n"
          "no time and no rule that stops a flow. By ours, a picture has settled when sigma^2 |grad phi|^2 is below 1\n"
          "for the first time: the energy, in nats, that the flow loses in a unit sigma^2 of time. On noisy images it\n"
          "loses hundreds. What has settled may look the same for tens of such units and need not be a minimum:\n"
          "--until minimum follows it to where the largest pixel of sigma^2 grad phi is below the tolerance, and --film\n"
          "shows what happens on the way. A flow that leaves the data (a pixel beyond 10 and twice the start's largest)\n"
          "or takes too many steps is crossed out: it found no memory. Ctrl-C ends all flows where they are, and draws\n"
          "them: those that still moved are crossed out as well.",
      .example = "associative_memory --model out/train_energy/model.safetensors --init uniform --count 40",
      .out = "out/associative_memory",
      .shares_work = true,
  });
  line.data_and_model("The energy that train_energy wrote (needed)");
  line.option("sigma", "S", "Noise level; must be the model's, which is the default")
      .option("init", "WHERE",
              "Where flows start: test (images, the first ones), train (images drawn at random) or uniform "
              "(noise in [0, 1])",
              "test")
      .option("count", "N", "Flows", "20")
      .option("until", "WHAT",
              "What ends a flow: settled (less than 1 nat lost in a time of sigma^2) or minimum (at rest); neither "
              "is from the paper",
              "settled")
      .option("time", "T", "The longest that a flow takes, in units of sigma^2; without it there is no limit")
      .option("tolerance", "P", "Largest pixel of the jump at a minimum (not from the paper)", "1e-3")
      .option("max-steps", "N", "Steps after which a flow is given up (not from the paper)", "10000")
      .flag("film",
            "Also show the first ten flows over the logarithm of time, up to --time or 300, past where they settle: "
            "a picture, frames side by side, and a page that plays them");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& options) {
    const Memories memories{.start = start_named(options),
                            .count = options.count("count"),
                            .until = until_named(options),
                            .time = options.given("time") ? options.positive("time") : Memories{}.time,
                            .tolerance = options.positive("tolerance"),
                            .max_steps = options.count("max-steps"),
                            .film = options.given("film"),
                            .stoppable = true};
    const Images images = read_images(options);
    check_same(program, images);
    with_shared_energy(program, read_energy(program, options, images), [&](const TrainedEnergy& energy) {
      program.write_summary(associative_memory(program, energy, images, memories));
    });
  });
}
