// Checkpoints of training: a trainer resumes from one or refuses it and stays as it was; what it resumed from, it saves again.
#include "neb/training/trainer.hpp"

#include "fuzz.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "safetensors_files.hpp"

using namespace neb;
using namespace neb::fuzz;

namespace {

using Trainer = DeenTrainer<MlpEnergy<float>>;

Trainer trainer() {
  return {MlpEnergy<float>({.widths = {2, 3}, .quadratic = 0.5}, Key(1)), Tensor<float>::ones({4, 2}),
          TrainOptions{.batch = 2, .steps = 10}};
}

std::string saved(const Trainer& run) {
  return written_file([&](const std::string& path) { run.save(path); });
}

void try_input(ByteSpan bytes) {
  static const Trainer fresh = trainer();
  static const std::string before = saved(fresh);
  const MemoryFile input(bytes);
  Trainer run = fresh;
  if (refuses([&] { run.resume(input.path()); })) {
    const TrainReport& report = run.report();
    require(report.step == 0 && report.seconds == 0 && report.progress == 0, "a refused checkpoint changed the run");
    return;
  }
  const std::string once = saved(run);
  Trainer again = fresh;
  const MemoryFile file(bytes_of(once));
  again.resume(file.path());
  require(saved(again) == once, "another state after saving and resuming");
}

std::vector<std::string> seeds() {
  const std::string file = saved(trainer());
  std::string open = file;
  const std::size_t at = open.find("\"checksum\":"), end = open.find(',', at) + 1;
  open.erase(at, end - at);  // with it, almost every mutation would be refused
  mend_safetensors(open);
  return {file, open};
}

}  // namespace

const Target neb::fuzz::target{.try_input = try_input, .seeds = seeds, .mend = mend_safetensors};
