#include "parts/walk_state.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <neb/bayes/escaped.hpp>
#include <neb/io/checkpoint.hpp>
#include <neb/sampling/chain_files.hpp>

namespace examples {

using neb::Index, neb::Tensor;

const std::vector<SamplerFacts>& samplers() {
  static const std::vector<SamplerFacts> all{{Sampler::langevin, "langevin", 1.0 / 3},
                                             {Sampler::leimkuhler_matthews, "leimkuhler-matthews", 1},
                                             {Sampler::mala, "mala", 1},
                                             {Sampler::baoab, "baoab", 1.5},
                                             {Sampler::aboba, "aboba", 0.5}};
  return all;
}

const SamplerFacts& facts_of(Sampler sampler) {
  return *std::find_if(samplers().begin(), samplers().end(),
                       [&](const SamplerFacts& facts) { return facts.sampler == sampler; });
}

Sampler sampler_named(const std::string& name) {
  std::string names;
  for (const SamplerFacts& facts : samplers()) {
    if (facts.name == name) return facts.sampler;
    names += (names.empty() ? "" : ", ") + facts.name;
  }
  throw UsageError("--sampler " + name + ": expects one of " + names);
}

neb::PixelRange Jumps::range(std::size_t stride) const {
  neb::PixelRange range{HUGE_VAL, -HUGE_VAL};
  for (std::size_t jump = 0; jump < xhat.size(); jump += stride)
    for (Index chain = 0; chain < x0.shape()[0]; ++chain) {
      if (escaped[jump][static_cast<std::size_t>(chain)]) continue;
      const neb::PixelRange pixels = pixel_range(xhat[jump].rows(chain, chain + 1));
      range = {std::min(range.low, pixels.low), std::max(range.high, pixels.high)};
    }
  return range;
}

void Jumps::add(Index step, const Tensor<float>& from, const Tensor<float>& to) {
  steps.push_back(step);
  y.push_back(from);
  xhat.push_back(to);
  escaped.push_back(neb::escaped(from));
}

AnyChains chains_of(const WalkJump& walk, Tensor<float> y, double delta, double sigma) {
  switch (walk.sampler) {
    case Sampler::langevin:
      return neb::Langevin<float>{.y = std::move(y), .delta = delta};
    case Sampler::leimkuhler_matthews:
      return neb::LeimkuhlerMatthews<float>{.y = std::move(y), .delta = delta};
    case Sampler::mala:
      return neb::Mala<float>{.y = std::move(y), .delta = delta};
    case Sampler::baoab:
    case Sampler::aboba:
      break;
  }
  const auto splitting = walk.sampler == Sampler::baoab ? neb::Splitting::baoab : neb::Splitting::aboba;
  return neb::Underdamped<float>{
      .y = std::move(y), .delta = delta, .friction = walk.friction / sigma, .splitting = splitting};
}

namespace {

/// phi(y) of the chains: (N).
Tensor<float> energies_of(const TrainedEnergy& energy, const AnyChains& chains) {
  return std::visit(
      [&](const auto& known) { return neb::energies<float>(energy.phi, neb::Var<float>::constant(known.y)).value(); },
      chains);
}

/// Images of one shape on top of each other: (n, ...).
Tensor<float> stacked(const std::vector<Tensor<float>>& images, const neb::Shape& shape) {
  std::vector<Index> extents{std::ssize(images)};
  extents.insert(extents.end(), shape.begin(), shape.end());
  Tensor<float> all{neb::Shape(std::span<const Index>(extents))};
  for (std::size_t i = 0; i < images.size(); ++i)
    std::copy_n(images[i].data(), shape.size(), all.mutable_data() + static_cast<Index>(i) * shape.size());
  return all;
}

Tensor<float> layer(const Tensor<float>& all, Index i, const neb::Shape& shape) {
  return all.rows(i, i + 1).reshaped(shape);
}

/// The chains in the file, of whichever sampler.
template <std::size_t I = 0>
AnyChains read_any_chains(const neb::SafeTensors& file) {
  if constexpr (I == std::variant_size_v<AnyChains>) {
    throw neb::file_error(file.path(), "holds chains of an unknown sampler, " + file.text("sampler"));
  } else {
    using C = std::variant_alternative_t<I, AnyChains>;
    if (file.text("sampler") == C::name) return neb::read_chains<C>(file);
    return read_any_chains<I + 1>(file);
  }
}

/// Reads the trace, a draw of every look at the chains.
void read_series(const neb::SafeTensors& file, Jumps& jumps) {
  const std::string prefix = "trace.";
  for (const auto& [name, entry] : file.entries()) {
    if (!name.starts_with(prefix)) continue;
    const bool first = jumps.trace.series.empty();
    const neb::Shape shape = first ? entry.shape : jumps.trace.series.begin()->second.shape();
    if (shape.rank() != 2 || shape[0] != jumps.x0.shape()[0] || shape[1] < 1)
      throw neb::file_error(file.path(), "expected a series (chains, draws) in \"" + name + "\"");
    jumps.trace.series[name.substr(prefix.size())] = file.get<double>(name, shape);
  }
}

}  // namespace

void write_walk(const std::string& path, const WalkState& state, const WalkJump& walk, std::uint64_t seed,
                const TrainedEnergy& energy) {
  neb::TensorMap tensors{{"x0", state.jumps.x0}, {"phi", energies_of(energy, state.chains)}};
  neb::Metadata metadata;
  for (const auto& [key, value] : neb::options_metadata(walk)) metadata["walk." + key] = value;
  metadata["walk.seed"] = std::to_string(seed);
  metadata["warming_up"] = state.warming_up ? "1" : "0";
  metadata["jumps"] = std::to_string(state.jumps.steps.size());
  metadata["jumps.delta"] = neb::number_text(state.jumps.delta);
  if (!state.jumps.steps.empty()) {
    tensors["jumps.y"] = stacked(state.jumps.y, state.jumps.x0.shape());
    tensors["jumps.xhat"] = stacked(state.jumps.xhat, state.jumps.x0.shape());
  }
  for (const auto& [name, series] : state.jumps.trace.series) tensors["trace." + name] = series;
  std::visit([&](const auto& chains) { neb::add_chains(chains, tensors, metadata); }, state.chains);
  neb::write_checkpoint(path, tensors, metadata);
}

WalkState read_walk(const std::string& path, const TrainedEnergy& energy) {
  return check_input([&] {
    const neb::SafeTensors file = neb::read_checkpoint(path);
    WalkState state{.jumps = {.x0 = file.get<float>("x0"), .delta = file.number<double>("jumps.delta")},
                    .warming_up = file.number<Index>("warming_up") != 0,
                    .chains = read_any_chains(file)};
    const neb::Shape& shape = state.jumps.x0.shape();
    const bool fits = shape.rank() == 4 &&
                      shape.with(0, 1) == neb::Shape{1, energy.image[0], energy.image[1], energy.image[2]} &&
                      std::visit([&](const auto& chains) { return chains.y.shape() == shape; }, state.chains);
    if (!fits)
      throw neb::file_error(path,
                            "holds chains of another shape than the images of this model, " + energy.image.to_string());
    const Index jumps = file.number<Index>("jumps"), every = file.number<Index>("walk.every");
    if (jumps < 0 || every < 1) throw neb::file_error(path, "expected counts in \"jumps\" and \"walk.every\"");
    if (jumps > 0) {
      const neb::Shape all{jumps, shape[0], shape[1], shape[2], shape[3]};
      const Tensor<float> y = file.get<float>("jumps.y", all), xhat = file.get<float>("jumps.xhat", all);
      for (Index i = 0; i < jumps; ++i) state.jumps.add(i * every, layer(y, i, shape), layer(xhat, i, shape));
    }
    read_series(file, state.jumps);
    const Tensor<float> saved = file.get<float>("phi", {shape[0]}), now = energies_of(energy, state.chains);
    for (Index i = 0; i < saved.size(); ++i) {
      const double was = static_cast<double>(saved.data()[i]), is = static_cast<double>(now.data()[i]);
      // Another machine may round otherwise; another model is whole nats away.
      if (std::abs(was - is) > 1e-3 * (1 + std::abs(was)))
        throw neb::file_error(path, "belongs to another model: the energy of chain " + std::to_string(i) + " was " +
                                        neb::number_text(was) + ", and is " + neb::number_text(is) +
                                        "; give --model as before");
    }
    return state;
  });
}

}  // namespace examples
