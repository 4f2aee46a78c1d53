// Models of any kind: what is read has the numbers of its file, and is written and read the same.
#include "neb/energy/any_energy.hpp"

#include "fuzz.hpp"
#include "safetensors_files.hpp"

using namespace neb;
using namespace neb::fuzz;

namespace {

std::string written(const AnyEnergy<float>& energy, double sigma, Storage storage = Storage::exact) {
  return written_file([&](const std::string& path) {
    std::visit([&](const auto& phi) { write_model(path, phi, sigma, storage); }, energy);
  });
}

void try_input(ByteSpan bytes) {
  const MemoryFile input(bytes);
  refuses([&] {
    const Model<AnyEnergy<float>> model = read_any_model<float>(input.path());
    const std::string once = written(model.phi, model.sigma);
    const MemoryFile file(bytes_of(once));
    const Model<AnyEnergy<float>> again = read_any_model<float>(file.path());
    require(again.sigma == model.sigma, "another sigma after writing and reading");
    require(written(again.phi, again.sigma) == once, "another model after writing and reading");
  });
}

/// Without its checksum, which would refuse almost every mutation.
std::string unguarded(std::string file) {
  const std::size_t at = file.find("\"checksum\":"), end = file.find(',', at) + 1;
  file.erase(at, end - at);
  mend_safetensors(file);
  return file;
}

std::vector<std::string> seeds() {
  const Key key(1);
  const MlpEnergy<float> mlp({.widths = {2, 3}}, key), bowl({.widths = {2, 1, 1}, .quadratic = 0.5}, key);
  const ConvEnergy<float> conv({.image = {3, 3, 1}, .channels = {1, 2}, .kernel = 2, .bottleneck = 1, .readout = {2}},
                               key);
  const ConvEnergy<float> strided(
      {.image = {4, 5, 2}, .channels = {1, 1}, .kernel = 3, .stride = {2, 1}, .padding = 1, .bottleneck = 2}, key);
  const ConvexEnergy<float> convex({.image = {3, 3, 1}, .channels = {1, 1}, .kernel = 2, .padding = 1, .pool = 1}, key);
  return {written(mlp, 0.3),
          unguarded(written(mlp, 0.3)),
          unguarded(written(bowl, 1e-6, Storage::half)),
          unguarded(written(conv, 0.3)),
          unguarded(written(strided, 0.3, Storage::half)),
          unguarded(written(convex, 0.7))};
}

}  // namespace

const Target neb::fuzz::target{.try_input = try_input, .seeds = seeds, .mend = mend_safetensors};
