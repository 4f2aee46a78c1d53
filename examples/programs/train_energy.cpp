/// Trains the energy of noisy images: the first thing to run, because the other programs read the model that it writes.
#include "parts/train.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>
#include <variant>

#include <neb/energy/model_file.hpp>

using namespace examples;

namespace {

/// What --help says of a field of the architecture, and the least number that it takes.
struct Field {
  const char* value;
  const char* help;
  neb::Index least = 1;
};

const std::map<std::string, Field>& architecture_fields() {
  static const std::map<std::string, Field> fields{
      {"channels", {"N,N,...", "Channels of the convolutions (the paper's: 256,512,1024)"}},
      {"kernel",
       {"N",
        "Side of their filters (not from the paper; default: 7, convex: 5); small ones denoise as well, but forget whole "
        "digits"}},
      {"stride", {"N,...", "Their stride, or one for each convolution (not from the paper)"}},
      {"padding", {"N", "Zeros around their input (not from the paper; default: half the kernel)", 0}},
      {"bottleneck", {"N", "Units between the last convolution and the readout (the paper's: 10)"}},
      {"readout", {"N,N,...", "Widths of linear layers in the readout: an overparameterised one (default: none)"}},
      {"beta", {"B", "Of the smooth ReLU z / (1 + exp(-B z)) (the paper's: 1)"}},
      {"pool", {"N", "Convex: filters whose log-sum-exp is one channel (not from the paper)"}},
      {"sharpness", {"B", "Convex: B of that log-sum-exp, log(sum of exp(B z)) / B (not from the paper)"}},
      {"quadratic",
       {"C",
        "Coefficient of |y - mean image|^2, which the energy has beside the network (not from the paper, whose is 0; "
        "default: 1 / (2 sigma^2), what -log f has)"}}};
  return fields;
}

/// Calls f(name, field) for every field but the shape of the image, which is that of the data.
template <class Options>
void visit_architecture(Options& options, auto&& f) {
  std::remove_const_t<Options>::visit(options, [&]<class Value>(const std::string& name, Value& field) {
    if constexpr (!std::is_same_v<std::remove_const_t<Value>, neb::Shape>) f(name, field);
  });
}

/// The architecture that is trained by default, of either kind.
Architecture default_architecture(const std::string& kind) {
  if (kind == neb::ConvEnergyOptions::kind) return Training().architecture;
  if (kind == neb::ConvexEnergyOptions::kind) return neb::ConvexEnergyOptions();
  throw UsageError("--energy " + kind + ": expects conv or convex");
}

void declare_architecture(CommandLine& line) {
  line.option("energy", "KIND",
              "conv: the paper's kind; convex: a quadratic minus a convex network of --channels, --kernel, --stride, "
              "--padding, --pool and --sharpness (not from the paper)",
              "conv");
  std::set<std::string> declared;
  for (const char* kind : {"conv", "convex"})
    std::visit(
        [&](const auto& fallback) {
          visit_architecture(fallback, [&](const std::string& name, const auto& field) {
            if (!declared.insert(name).second) return;
            const Field& about = architecture_fields().at(name);
            // These follow from the kind, the kernel and sigma.
            const bool follows = name == "kernel" || name == "padding" || name == "quadratic";
            line.option(name, about.value, about.help, follows ? "" : neb::option_text(field));
          });
        },
        default_architecture(kind));
}

void read_field(const CommandLine& line, const std::string& name, neb::Index& field) {
  field = line.count(name, architecture_fields().at(name).least);
}
void read_field(const CommandLine& line, const std::string& name, std::vector<neb::Index>& field) {
  field = line.counts(name);
}
void read_field(const CommandLine& line, const std::string& name, double& field) {
  field = name == "quadratic" ? line.not_negative(name) : line.positive(name);
}

Architecture read_architecture(const CommandLine& line, const std::string& kind) {
  Architecture architecture = default_architecture(kind);
  std::visit(
      [&](auto& options) {
        std::set<std::string> fields;
        visit_architecture(options, [&](const std::string& name, auto& field) {
          fields.insert(name);
          if (line.given(name)) read_field(line, name, field);
        });
        for (const auto& [name, about] : architecture_fields())
          if (line.given(name) && !fields.contains(name))
            throw UsageError("--" + name + ": an energy of kind " + kind +
                             " has none; leave it out, or choose another --energy");
        if (!line.given("padding")) options.padding = options.kernel / 2;
        if (!line.given("quadratic")) options.quadratic = neb::exact_quadratic(line.positive("sigma"));
      },
      architecture);
  return architecture;
}

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
          "batch, learning rate, schedule or length: those defaults are ours.\n"
          "Under mpirun -n R, with --shards of at least R, R processes train as one and with its bits.",
      .example = "train_energy --minutes 5 --channels 64,128,256 --out out/mine",
      .out = "out/train_energy",
      .shares_work = true,
  });
  line.data_and_model(
      "Start from the weights and the architecture of this model instead of random weights; --quadratic changes "
      "its coefficient, as another --sigma needs");
  line.option("sigma", "S", "Noise level, in data units (pixels are in [0, 1])", "0.3");
  declare_architecture(line);
  line.option("batch", "N", "Images in a step (not from the paper)", "32")
      .option("learning-rate", "R", "Of Adam (not from the paper)", "2e-3")
      .option("schedule", "NAME", "How the rate falls: constant, linear, cosine or trapezoid (not from the paper)",
              "cosine")
      .option(
          "clip", "C",
          "Shorten gradients that are longer than C times the running length of those before; 0: none (not from the "
          "paper)",
          "0")
      .option("warmup", "P", "Part of the run in which the rate rises (not from the paper)", "0.02")
      .option("average", "P", "Decay of the average of the weights (not from the paper)", "0.995")
      .option(
          "fill", "P",
          "Share of a batch drawn inside the spheres, at radii below sigma sqrt(d), at most a half (not from the paper)",
          "0.1")
      .option("fill-weight", "P", "Their errors count 1 / max(radius, 0.2)^P times (not from the paper)", "2")
      .option("veil", "P",
              "Share of those that uniform noise lies over, for creative memories as crisp as images: 0.03, or, where "
              "they count less, 0.5 with --fill 0.05 --fill-weight 1 (not from the paper)",
              "0")
      .option("shards", "S",
              "Parts of a batch that are computed alone, by up to S processes of mpirun; the weights depend on S, and "
              "not on how many there are (not from the paper)",
              "1")
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

neb::TrainOptions train_options(const CommandLine& line) {
  return {.sigma = line.positive("sigma"),
          .batch = line.count("batch"),
          .steps = line.count("steps"),
          .minutes = line.given("minutes") ? line.positive("minutes") : 0,
          .learning_rate = line.positive("learning-rate"),
          .clip = line.not_negative("clip"),
          .schedule = check_input([&] { return neb::schedule_named(line.text("schedule")); }),
          .warmup = line.fraction("warmup"),
          .ema_decay = line.fraction("average"),
          .seed = line.seed(),
          .fill = line.fraction("fill"),
          .fill_weight = line.not_negative("fill-weight"),
          .veil = line.fraction("veil"),
          .shards = line.count("shards")};
}

/// The option that sets a field of TrainOptions.
std::string option_of(std::string field) {
  if (field == "ema_decay") return "average";
  std::replace(field.begin(), field.end(), '_', '-');
  return field;
}

/// The kind of energy that the command line names, or else the checkpoint holds.
std::string kind_of_energy(const CommandLine& line, const std::string& resume) {
  if (!line.given("resume") || line.given("energy")) return line.text("energy");
  return check_input([&] { return neb::read_checkpoint(resume).text("energy"); });
}

/// What the checkpoint says and the command line does not; where both speak, train() compares them.
void adopt_checkpoint(const CommandLine& line, Training& training) {
  const neb::SafeTensors file = neb::read_checkpoint(training.resume);
  std::visit(
      [&]<class Options>(Options& architecture) {
        const auto saved = neb::read_architecture<Options>(file);
        const neb::Metadata now = neb::options_metadata(architecture);
        visit_architecture(saved, [&](const std::string& name, const auto& field) {
          const std::string was = neb::option_text(field);
          if (line.given(name) && was != now.at(name))
            throw UsageError(training.resume + ": the checkpoint has " + name + " " + was + ", this run " +
                             now.at(name) + "; leave --" + name + " out to go on with it");
        });
        architecture = saved;
      },
      training.architecture);

  neb::TrainOptions::visit(training.options, [&]<class Number>(const std::string& name, Number& field) {
    const bool length = name == "steps" || name == "minutes";
    if (length ? line.given("steps") || line.given("minutes") : line.given(option_of(name))) return;
    if (!file.metadata().contains(name)) {  // as in checkpoints from before there was such a setting
      field = name == "shards" ? Number(1) : Number{};
      return;
    }
    if constexpr (std::is_enum_v<Number>)
      field = static_cast<Number>(file.number<int>(name));
    else
      field = file.number<Number>(name);
  });
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& line) {
    if (line.given("steps") && line.given("minutes"))
      throw UsageError("--steps and --minutes exclude each other; choose one");
    if (line.given("model") && line.given("resume"))
      throw UsageError("--model and --resume exclude each other: a checkpoint holds its own weights");
    const auto copy_of = [&](const char* option) {
      return check_input([&] { return program.ranks->copy_of(line.text(option)); });
    };
    const std::string resume = copy_of("resume");
    Training training{
        .architecture = read_architecture(line, kind_of_energy(line, resume)),
        .options = train_options(line),
        .start = copy_of("model"),
        .start_quadratic = line.given("quadratic") ? std::optional(line.not_negative("quadratic")) : std::nullopt,
        .resume = resume,
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
