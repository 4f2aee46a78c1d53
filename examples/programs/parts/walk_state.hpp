/// Walks that are under way: the samplers by their names, and the checkpoints from which a walk goes on.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <neb/sampling/langevin.hpp>
#include <neb/sampling/leimkuhler_matthews.hpp>
#include <neb/sampling/mala.hpp>
#include <neb/sampling/underdamped.hpp>

#include "common/trained_energy.hpp"
#include "parts/trace.hpp"

namespace examples {

enum class Sampler { langevin, leimkuhler_matthews, mala, baoab, aboba };

/// A sampler as --sampler names it, and what is good for it.
struct SamplerFacts {
  Sampler sampler;
  std::string name;
  double share;  ///< of MALA's step size, that --step auto gives it
};

/// All of them. A sampler without a test of its own has no acceptance to find a step size by; what it gets is a part of MALA's,
/// which is 0.38 sigma on digits. docs/08-walks-that-can-be-trusted.md says why each share.
const std::vector<SamplerFacts>& samplers();
const SamplerFacts& facts_of(Sampler sampler);
/// Throws UsageError `--sampler NAME: expects one of ...`.
Sampler sampler_named(const std::string& name);

/// What is asked of a walk.
struct WalkJump {
  double delta = 0;  ///< step size; 0 stands for sigma / 100, the paper's, unless there is a warm-up to find it
  neb::Index chains = 10;
  neb::Index steps = 50000;
  neb::Index every = 10000;    ///< steps between jumps that are kept; the paper's
  neb::Index trace_every = 0;  ///< steps between draws of the trace, of which `every` is a multiple; 0: no trace
  Sampler sampler = Sampler::langevin;
  neb::Index warm_up = 0;  ///< steps of MALA before the walk, in which the step size is found; 0: it is not
  double friction = 0;     ///< of the underdamped samplers, in units of 1 / sigma

  std::string resume{};           ///< checkpoint to go on from; empty: from the start
  std::string checkpoint{};       ///< file for checkpoints; empty: none
  double checkpoint_minutes = 2;  ///< between two of them
  std::string resume_command{};   ///< what to type to go on
  std::string trace{};            ///< file for the trace; empty: none

  /// Steps between two looks at the chains.
  neb::Index look_every() const { return trace_every > 0 ? trace_every : every; }

  /// Lists the settings that the course of a walk depends on.
  static void visit(auto& self, auto&& f) {
    f("delta", self.delta);
    f("chains", self.chains);
    f("steps", self.steps);
    f("every", self.every);
    f("trace_every", self.trace_every);
    f("sampler", self.sampler);
    f("warm_up", self.warm_up);
    f("friction", self.friction);
  }
};

/// The jumps out of one walk of several chains.
struct Jumps {
  neb::Tensor<float> x0;                     ///< the training images that the chains start from: (chains, H, W, C)
  double delta = 0;                          ///< of the walk
  std::vector<neb::Index> steps{};           ///< that the walk had taken at each jump
  std::vector<neb::Tensor<float>> y{};       ///< where it was: (chains, H, W, C)
  std::vector<neb::Tensor<float>> xhat{};    ///< what each jump gave: (chains, H, W, C)
  std::vector<std::vector<bool>> escaped{};  ///< at each jump, which chains had left the data
  std::vector<double> acceptance{};          ///< of each chain since the warm-up, by MALA
  int signal = 0;                            ///< that ended the walk before its end
  bool saved = true;                         ///< at the end; false where the checkpoint could not be written
  Trace trace{};                             ///< what was recorded on the way, if anything

  /// The smallest and largest pixel of every `stride`-th jump, those of escaped chains left out.
  neb::PixelRange range(std::size_t stride = 1) const;
  /// Adds a jump after so many steps.
  void add(neb::Index step, const neb::Tensor<float>& from, const neb::Tensor<float>& to);
};

using AnyChains =
    std::variant<neb::Langevin<float>, neb::LeimkuhlerMatthews<float>, neb::Mala<float>, neb::Underdamped<float>>;

/// Everything that a walk has come to.
struct WalkState {
  Jumps jumps;
  bool warming_up = false;  ///< the chains are MALA's, whatever the sampler, and their step size is being found
  AnyChains chains;
};

/// The chains of the sampler from y, with that step size; friction is in units of 1 / sigma.
AnyChains chains_of(const WalkJump& walk, neb::Tensor<float> y, double delta, double sigma);

/// Writes a checkpoint: the state, the settings and the seed, and the energies of the chains, by which another model is found
/// out. Throws neb::FileError.
void write_walk(const std::string& path, const WalkState& state, const WalkJump& walk, std::uint64_t seed,
                const TrainedEnergy& energy);

/// Reads what write_walk() wrote. Throws UsageError when it is no such file, or belongs to another model.
WalkState read_walk(const std::string& path, const TrainedEnergy& energy);

}  // namespace examples
