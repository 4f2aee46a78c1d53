/// Trains the energy of noisy images: the first thing to run, because the other programs read the model that it writes.
#include "parts/train.hpp"

#include <neb/energy/model_file.hpp>

using namespace examples;

namespace {

CommandLine command_line() {
  CommandLine line({
      .name = "train_energy",
      .text =
          "Trains a neural energy phi(y) of noisy images by DEEN, the objective of neural empirical Bayes\n"
          "(Saremi & Hyvarinen 2019, Eq. 1): take an image x, add noise, y = x + sigma e, and ask that one jump down\n"
          "the energy's slope brings it back:\n\n"
          "    minimise over phi the mean of  | x - (y - sigma^2 grad phi(y)) |^2,  summed over pixels.\n\n"
          "The objective contains a gradient, so training takes the gradient of a gradient. Where it succeeds, phi is\n"
          "minus the log density of the noisy images, up to a constant: denoise, walk_jump and associative_memory use it.\n"
          "DIR gets model.safetensors (averages of the weights), checkpoint.safetensors, log.jsonl and summary.json.\n"
          "Ctrl-C saves the checkpoint and says how to go on; with --steps a resumed run gives the same bits as one\n"
          "that was never stopped. The paper's network is --channels 256,512,1024; it names no kernel, stride, padding,\n"
          "batch, learning rate, schedule or length: those defaults are ours.",
      .example = "train_energy --minutes 5 --channels 64,128,256 --out out/mine",
      .out = "out/train_energy",
  });
  line.data_and_model("Start from the weights and the architecture of this model instead of random weights");
  line.option("sigma", "S", "Noise level, in data units (pixels are in [0, 1])", "0.3")
      .option("channels", "N,N,...", "Channels of the convolutions (the paper's: 256,512,1024)", "32,64,128")
      .option("kernel", "N",
              "Side of their filters (not from the paper); small ones denoise as well, but forget whole digits", "7")
      .option("stride", "N,...", "Their stride, or one for each convolution (not from the paper)", "2")
      .option("padding", "N", "Zeros around their input (not from the paper; default: half the kernel)")
      .option("bottleneck", "N", "Units between the last convolution and the readout (the paper's: 10)", "10")
      .option("readout", "N,N,...", "Widths of linear layers in the readout: an overparameterised one (default: none)")
      .option("beta", "B", "Of the smooth ReLU z / (1 + exp(-B z)) (the paper's: 1)", "1")
      .option("batch", "N", "Images in a step (not from the paper)", "32")
      .option("learning-rate", "R", "Of Adam (not from the paper)", "1e-3")
      .option("schedule", "NAME", "How the rate falls: constant, linear or cosine (not from the paper)", "cosine")
      .option("warmup", "P", "Part of the run in which the rate rises (not from the paper)", "0.02")
      .option("average", "P", "Decay of the average of the weights (not from the paper)", "0.995")
      .option("steps", "N", "Length of the run (not from the paper)", "4000")
      .option("minutes", "M", "Length of the run in time; takes the place of --steps")
      .option("report", "N", "Steps between two lines of log.jsonl", "50")
      .option("checkpoint", "FILE",
              "Where to save the state of the run, now and then, at Ctrl-C and at the end "
              "(default: DIR/checkpoint.safetensors)")
      .option("checkpoint-minutes", "M", "Time between two of them", "2")
      .option("resume", "FILE", "Go on from a checkpoint; its settings need not be repeated");
  return line;
}

neb::ConvEnergyOptions architecture(const CommandLine& line) {
  neb::ConvEnergyOptions options{.channels = line.counts("channels"),
                                 .kernel = line.count("kernel"),
                                 .stride = line.counts("stride"),
                                 .padding = line.given("padding") ? line.count("padding", 0) : line.count("kernel") / 2,
                                 .bottleneck = line.count("bottleneck"),
                                 .beta = line.positive("beta")};
  if (line.given("readout")) options.readout = line.counts("readout");
  return options;
}

neb::TrainOptions train_options(const CommandLine& line) {
  return {.sigma = line.positive("sigma"),
          .batch = line.count("batch"),
          .steps = line.count("steps"),
          .minutes = line.given("minutes") ? line.positive("minutes") : 0,
          .learning_rate = line.positive("learning-rate"),
          .schedule = check_input([&] { return neb::schedule_named(line.text("schedule")); }),
          .warmup = line.fraction("warmup"),
          .ema_decay = line.fraction("average"),
          .seed = line.seed()};
}

/// What the checkpoint says and the command line does not; where both speak, train() compares them.
void adopt_checkpoint(const CommandLine& line, Training& training) {
  const neb::SafeTensors file = neb::read_checkpoint(training.resume);
  const neb::ConvEnergyOptions saved = neb::read_architecture(file);
  const neb::Metadata was = neb::architecture_metadata(saved), now = neb::architecture_metadata(training.architecture);
  for (const char* name : {"channels", "kernel", "stride", "padding", "bottleneck", "readout", "beta"})
    if (line.given(name) && was.at(name) != now.at(name))
      throw UsageError(training.resume + ": the checkpoint has " + name + " " + was.at(name) + ", this run " +
                       now.at(name) + "; leave --" + name + " out to go on with it");
  training.architecture = saved;

  neb::TrainOptions& options = training.options;
  const auto adopt = [&]<class Number>(const char* option, const char* key, Number& value) {
    if (!line.given(option)) value = file.number<Number>(key);
  };
  adopt("sigma", "sigma", options.sigma);
  adopt("batch", "batch", options.batch);
  adopt("learning-rate", "learning_rate", options.learning_rate);
  adopt("warmup", "warmup", options.warmup);
  adopt("average", "ema_decay", options.ema_decay);
  adopt("seed", "seed", options.seed);
  if (!line.given("schedule")) options.schedule = static_cast<neb::Schedule>(file.number<int>("schedule"));
  if (!line.given("steps") && !line.given("minutes")) {
    options.steps = file.number<neb::Index>("steps");
    options.minutes = file.number<double>("minutes");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line(), [](Program& program, const CommandLine& line) {
    if (line.given("steps") && line.given("minutes"))
      throw UsageError("--steps and --minutes exclude each other; choose one");
    if (line.given("model") && line.given("resume"))
      throw UsageError("--model and --resume exclude each other: a checkpoint holds its own weights");
    Training training{
        .architecture = architecture(line),
        .options = train_options(line),
        .start = line.text("model"),
        .resume = line.text("resume"),
        .checkpoint = line.given("checkpoint") ? line.text("checkpoint") : program.path("checkpoint.safetensors"),
        .checkpoint_minutes = line.positive("checkpoint-minutes"),
        .report_every = line.count("report"),
        .resume_command = {}};
    if (line.given("resume")) check_input([&] { adopt_checkpoint(line, training); });
    training.resume_command = resume_command(program, line, training.checkpoint);
    if (line.given("checkpoint")) training.resume_command += " --checkpoint " + shell_word(training.checkpoint);
    if (const auto trained = train(program, read_images(line), training)) program.write_summary(trained->summary);
  });
}
