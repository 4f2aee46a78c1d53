/// Makes what the folder models/ ships: a trained energy in half precision, and a card that says where it came from.
#include <cstdlib>

#include <neb/energy/any_energy.hpp>

#include "common/sha256.hpp"
#include "common/trained_energy.hpp"

using namespace examples;

namespace {

CommandLine command_line() {
  CommandLine line({
      .name = "ship_model",
      .text =
          "Takes the energy that train_energy left in a folder, stores its weights as float16, which halves the file,\n"
          "and writes beside it a card in JSON: the command, seed and commit that it came from, steps, minutes and\n"
          "processor, its test losses, and its SHA-256. The losses on the card are those of the stored weights; the\n"
          "loss before rounding stands beside them.",
      .example = "ship_model --run out/mine --data data/mnist --commit \"$(git rev-parse HEAD)\" \\\n"
                 "            --command 'train_energy --sigma 0.3 --steps 4000' --cpu '2 cores of an Intel Xeon'",
      .out = "models",
  });
  line.option("run", "DIR", "The folder of the training run, with model.safetensors and summary.json (needed)")
      .option("data", "DIR", "Folder with the test images (default: the shipped digits)")
      .option("command", "TEXT", "The command that trained it (needed)")
      .option("commit", "HASH", "The commit of neb that it ran (needed)")
      .option("cpu", "TEXT", "The processor that it ran on, and how many cores (needed)")
      .option("kind", "NAME", "What its file is called, before the noise level", "sigma")
      .option("note", "TEXT", "What else should be known: other weights that it started from");
  return line;
}

std::string needed(const CommandLine& line, const std::string& name) {
  if (line.text(name).empty()) throw UsageError("--" + name + " is missing; ship_model --help says what it is for");
  return line.text(name);
}

/// What follows --seed in a command, or its default.
neb::Index seed_in(const std::string& command) {
  const std::string option = "--seed ";
  const auto at = command.find(option);
  return at == std::string::npos ? 0 : std::atol(command.c_str() + at + option.size());
}

SummaryValue trained(const Summary& run, const std::string& key) {
  try {
    return value_of(run, key);
  } catch (const std::out_of_range&) {
    throw UsageError("the run's summary.json has no \"" + key +
                     "\": --run DIR is the folder of a train_energy that ended");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line(), [](Program& program, const CommandLine& line) {
    const std::string folder = needed(line, "run"), command = needed(line, "command"), commit = needed(line, "commit"),
                      cpu = needed(line, "cpu");
    const Summary summary = check_input([&] { return read_summary(folder + "/summary.json"); });
    const Images images = read_images(line), shipped = neb::read_digits<float>(NEB_SOURCE_DIR "/data/digits");
    const auto model = check_input([&] { return neb::read_any_model<float>(folder + "/model.safetensors"); });

    char level[16];
    std::snprintf(level, sizeof level, "-%.2f", model.sigma);
    const std::string name = line.text("kind") + level, file = name + ".safetensors", path = program.path(file);
    const double before = test_loss(read_energy(folder + "/model.safetensors", images), images);
    std::visit([&](const auto& phi) { neb::write_model(path, phi, model.sigma, neb::Storage::half); }, model.phi);
    const TrainedEnergy stored = read_energy(path, shipped);
    const double after = test_loss(stored, images);

    Summary card{{"model", file},
                 {"sha256", sha256_of(path)},
                 {"sigma", model.sigma},
                 {"weights", std::visit([](const auto& phi) { return neb::parameter_count(phi); }, model.phi)},
                 {"storage", std::string("float16")},
                 {"command", command},
                 {"seed", seed_in(command)},
                 {"commit", commit},
                 {"steps", trained(summary, "steps")},
                 {"batch", trained(summary, "batch")},
                 {"minutes", std::get<double>(trained(summary, "seconds")) / 60},
                 {"cpu", cpu},
                 {"test_images", images.test.shape()[0]},
                 {"test_loss", after},
                 {"test_loss_before_rounding", before},
                 {"shipped_test_images", shipped.test.shape()[0]},
                 {"shipped_test_loss", test_loss(stored, shipped)}};
    if (line.given("note")) card.emplace_back("note", line.text("note"));
    write_json(program.path(name + ".json"), card);
    program.print("%s: test loss %.4f, before rounding %.4f (%ld images); on the shipped %ld digits %.4f\n",
                  path.c_str(), after, before, static_cast<long>(images.test.shape()[0]),
                  static_cast<long>(shipped.test.shape()[0]), std::get<double>(value_of(card, "shipped_test_loss")));
  });
}
