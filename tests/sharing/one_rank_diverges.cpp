/// Trains on several ranks, of which the last has images that are no numbers, and ends them all, as a program of one's own would.
#include <cstdio>
#include <exception>
#include <limits>

#include <neb/core/random.hpp>
#include <neb/core/tensor.hpp>
#include <neb/distributed/mpi.hpp>
#include <neb/energy/mlp_energy.hpp>
#include <neb/training/trainer.hpp>

int main() {
  neb::Mpi ranks;
  try {
    const bool last = ranks.rank() == ranks.count() - 1;
    const float value = last ? std::numeric_limits<float>::quiet_NaN() : 0.0F;
    neb::DeenTrainer trainer(neb::MlpEnergy<float>({.widths = {2, 4}}, neb::Key(1)),
                             neb::Tensor<float>::full({4, 2}, value), {.batch = 8, .steps = 5, .shards = ranks.count()},
                             ranks);
    trainer.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    ranks.abort(1);
  }
}
