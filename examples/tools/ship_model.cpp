/// Makes what the folder models/ ships: a trained energy in half precision, and a card that says where it came from.
#include <algorithm>
#include <cstdint>

#include <neb/energy/any_energy.hpp>
#include <neb/io/number_text.hpp>

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

/// What follows the last --seed of a command, or its default.
std::uint64_t seed_in(const std::string& command) {
  const std::string option = "--seed";
  const auto at = command.rfind(option);
  if (at == std::string::npos) return 0;
  const auto begin = std::min(command.find_first_not_of(" =\t\n", at + option.size()), command.size());
  const std::string digits = command.substr(begin, command.find_first_of(" \t\n", begin) - begin);
  const auto seed = neb::number_from_text<std::uint64_t>(digits);
  if (!seed) throw UsageError("--command: --seed is a whole number from 0 to 2^64 - 1, got \"" + digits + "\"");
  return *seed;
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
  return run(argc, argv, command_line, [](Program& program, const CommandLine& line) {
    const std::string folder = needed(line, "run"), command = needed(line, "command"), commit = needed(line, "commit"),
                      cpu = needed(line, "cpu");
    const Summary summary = check_input([&] { return read_summary(folder + "/summary.json"); });
    const Images images = read_images(line), shipped = neb::read_digits<float>(NEB_SOURCE_DIR "/data/digits");
    const auto model = check_input([&] { return neb::read_any_model<float>(folder + "/model.safetensors"); });

    char level[16];
    std::snprintf(level, sizeof level, "-%.2f", model.sigma);
    const std::string name = line.text("kind") + level, file = name + ".safetensors", path = program.path(file);
    const TrainedEnergy exact = read_energy(folder + "/model.safetensors", images);
    const double before = test_loss(exact, images);
    const double minutes = number_of(summary, "seconds").value_or(0) / 60;
    const SummaryValue steps = trained(summary, "steps"), batch = trained(summary, "batch");
    const std::uint64_t seed = seed_in(command);
    const neb::SafeTensors trained_file(folder + "/model.safetensors");
    const auto checksum = trained_file.metadata().find("checksum");
    for (const auto& [key, value] : summary)
      if (key == "model_checksum" && checksum != trained_file.metadata().end() &&
          value != SummaryValue(checksum->second))
        throw UsageError(folder +
                         ": summary.json is of another run than model.safetensors; train again, or ship a folder "
                         "whose run has ended");
    std::visit([&](const auto& phi) { neb::write_model(path, phi, model.sigma, neb::Storage::half); }, model.phi);
    const TrainedEnergy stored = read_energy(path, images);
    const double after = test_loss(stored, images);

    Summary card{{"model", file},
                 {"sha256", sha256_of(path)},
                 {"sigma", model.sigma},
                 {"weights", std::visit([](const auto& phi) { return neb::parameter_count(phi); }, model.phi)},
                 {"storage", std::string("float16")},
                 {"command", command},
                 {"seed", seed},
                 {"commit", commit},
                 {"steps", steps},
                 {"batch", batch},
                 {"minutes", minutes},
                 {"cpu", cpu},
                 {"test_images", images.test.shape()[0]},
                 {"test_loss", after},
                 {"test_loss_before_rounding", before}};
    if (shipped.test.shape().with(0, 1) == images.test.shape().with(0, 1)) {  // energies of other images know no digits
      card.emplace_back("shipped_test_images", shipped.test.shape()[0]);
      card.emplace_back("shipped_test_loss", test_loss(stored, shipped));
    }
    if (line.given("note")) card.emplace_back("note", line.text("note"));
    write_json(program.path(name + ".json"), card);
    program.print("%s: test loss %.4f, before rounding %.4f (%ld images)\n", path.c_str(), after, before,
                  static_cast<long>(images.test.shape()[0]));
    if (const auto loss = number_of(card, "shipped_test_loss"))
      program.print("on the shipped %ld digits %.4f\n", static_cast<long>(shipped.test.shape()[0]), *loss);
  });
}
