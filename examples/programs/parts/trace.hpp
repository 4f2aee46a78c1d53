/// Traces: numbers that are recorded along a walk, from which diagnose tells whether its chains have mixed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <neb/io/safetensors.hpp>

#include "common/trained_energy.hpp"
#include "parts/nearest.hpp"

namespace examples {

/// What was recorded along a walk. Its file is a safetensors file with a tensor for each series, and the rest in the metadata;
/// whoever has chains from elsewhere writes one with the tensors alone.
struct Trace {
  std::map<std::string, neb::Tensor<double>> series{};  ///< by name, all of one shape: (chains, draws)
  std::string classes{};  ///< the series whose numbers are classes, not quantities; empty: none
  neb::Index every = 1;   ///< steps between draws
  neb::Metadata about{};  ///< "sampler", "sigma" and "delta" of the walk, if known

  neb::Index chains() const { return series.begin()->second.shape()[0]; }
  neb::Index draws() const { return series.begin()->second.shape()[1]; }
  /// Without the first `count` draws, of which there are more than that.
  Trace without_first(neb::Index count) const;
};

/// Throws neb::FileError.
void write_trace(const std::string& path, const Trace& trace);

/// Throws UsageError when the file is none, or its tensors are not (chains, draws) of one shape.
Trace read_trace(const std::string& path);

/// Records chains of images: `phi`, `norm` |y|, ten coordinates along random directions that are the same for every walk
/// (`projection 0` to `9`), those along the three leading principal components of the training images (`component 1` to `3`),
/// and where these have labels, the `class` of each jump: the label of the nearest of at most 10 000 training images.
class Recorder {
 public:
  Recorder(const TrainedEnergy& energy, const Images& images);

  /// Adds a draw: where the chains are, y: (chains, H, W, C), and their jumps.
  void record(const neb::Tensor<float>& y, const neb::Tensor<float>& xhat);

  /// The series so far, none before the first draw, and which of them is of classes.
  Trace trace() const;
  /// Draws so far.
  neb::Index draws() const;
  /// Goes on from a trace of the same chains. Throws UsageError when it has other series than are recorded here.
  void resume(const Trace& trace);

 private:
  std::set<std::string> names() const;
  void add(const std::string& name, neb::Index chain, double value);

  EnergyFunction phi_;
  neb::Tensor<float> projections_, components_;
  std::optional<NearestNeighbour> judge_;
  std::map<std::string, std::vector<std::vector<double>>> series_;  // by name and chain
};

}  // namespace examples
