#include "parts/trace.hpp"

#include <algorithm>
#include <utility>

#include <neb/energy/energy.hpp>
#include <neb/io/number_text.hpp>
#include <neb/sampling/functionals.hpp>

namespace examples {

using neb::Index, neb::Tensor;

Trace Trace::without_first(Index count) const {
  Trace rest = *this;
  for (auto& [name, all] : rest.series) {
    Tensor<double> kept({chains(), draws() - count});
    for (Index chain = 0; chain < chains(); ++chain)
      std::copy_n(all.data() + chain * draws() + count, draws() - count,
                  kept.mutable_data() + chain * (draws() - count));
    all = std::move(kept);
  }
  return rest;
}

void write_trace(const std::string& path, const Trace& trace) {
  neb::Metadata metadata = trace.about;
  metadata["every"] = neb::number_text(trace.every);
  if (!trace.classes.empty()) metadata["classes"] = trace.classes;
  neb::write_safetensors(path, neb::TensorMap(trace.series.begin(), trace.series.end()), metadata);
}

Trace read_trace(const std::string& path) {
  return check_input([&] {
    const neb::SafeTensors file(path);
    Trace trace{.about = file.metadata()};
    const auto take = [&](const char* key) {
      const auto node = trace.about.extract(key);
      return node.empty() ? std::string() : node.mapped();
    };
    if (trace.about.contains("every")) trace.every = file.number<Index>("every");
    if (trace.every < 1) throw UsageError(path + ": metadata \"every\": expected steps between draws, at least 1");
    take("every");
    trace.classes = take("classes");
    if (!trace.classes.empty() && !file.contains(trace.classes))
      throw UsageError(path + ": metadata \"classes\" names \"" + trace.classes + "\", and there is no such tensor");
    if (file.entries().empty()) throw UsageError(path + ": holds no series; expected tensors (chains, draws)");
    const auto& [first_name, first] = *file.entries().begin();
    for (const auto& [name, entry] : file.entries()) {
      if (entry.shape.rank() != 2 || entry.shape[0] < 1)
        throw UsageError(path + ": \"" + name + "\" is no series: expected shape (chains, draws), got " +
                         entry.shape.to_string());
      if (entry.shape != first.shape)
        throw UsageError(path + ": \"" + name + "\" has shape " + entry.shape.to_string() + ", \"" + first_name +
                         "\" has " + first.shape.to_string() + "; all series have one shape, (chains, draws)");
      trace.series[name] = file.get<double>(name);
    }
    return trace;
  });
}

Recorder::Recorder(const TrainedEnergy& energy, const Images& images) : phi_(energy.phi) {
  const neb::Shape& image = energy.image;
  projections_ = neb::random_directions<float>({10, image[0], image[1], image[2]}, neb::Key(0).fold("projections"));
  const auto first = [&](Index count) { return std::min(count, images.train.shape()[0]); };
  components_ = neb::principal_directions(images.train.rows(0, first(5000)), 3);
  if (images.train_labels.empty()) return;
  const Index known = first(10000);
  judge_.emplace(images.train.rows(0, known),
                 std::vector<std::uint8_t>(images.train_labels.begin(), images.train_labels.begin() + known));
}

void Recorder::add(const std::string& name, Index chain, double value) {
  auto& of_chains = series_[name];
  if (std::ssize(of_chains) <= chain) of_chains.resize(static_cast<std::size_t>(chain) + 1);
  of_chains[static_cast<std::size_t>(chain)].push_back(value);
}

void Recorder::record(const Tensor<float>& y, const Tensor<float>& xhat) {
  const Tensor<float> phi = neb::energies<float>(phi_, neb::Var<float>::constant(y)).value();
  const Tensor<double> norm = neb::lengths(y), projections = neb::coordinates_along(projections_, y),
                       components = neb::coordinates_along(components_, y);
  const std::vector<int> classes = judge_ ? (*judge_)(xhat) : std::vector<int>{};
  for (Index chain = 0; chain < y.shape()[0]; ++chain) {
    add("phi", chain, static_cast<double>(phi(chain)));
    add("norm", chain, norm(chain));
    for (Index k = 0; k < projections.shape()[1]; ++k)
      add("projection " + std::to_string(k), chain, projections(chain, k));
    for (Index k = 0; k < components.shape()[1]; ++k)
      add("component " + std::to_string(k + 1), chain, components(chain, k));
    if (judge_) add("class", chain, classes[static_cast<std::size_t>(chain)]);
  }
}

Trace Recorder::trace() const {
  Trace trace;
  if (judge_) trace.classes = "class";
  for (const auto& [name, chains] : series_) {
    Tensor<double> series({std::ssize(chains), std::ssize(chains[0])});
    double* next = series.mutable_data();
    for (const std::vector<double>& chain : chains) next = std::copy(chain.begin(), chain.end(), next);
    trace.series.emplace(name, std::move(series));
  }
  return trace;
}

Index Recorder::draws() const { return series_.empty() ? 0 : std::ssize(series_.begin()->second.front()); }

std::set<std::string> Recorder::names() const {
  std::set<std::string> all{"phi", "norm"};
  for (Index k = 0; k < projections_.shape()[0]; ++k) all.insert("projection " + std::to_string(k));
  for (Index k = 1; k <= components_.shape()[0]; ++k) all.insert("component " + std::to_string(k));
  if (judge_) all.insert("class");
  return all;
}

void Recorder::resume(const Trace& trace) {
  const std::set<std::string> expected = names();
  const auto same = [](const auto& series, const std::string& name) { return series.first == name; };
  if (!std::equal(trace.series.begin(), trace.series.end(), expected.begin(), expected.end(), same))
    throw UsageError("the trace of the walk that is resumed belongs to other images; give --data as before");
  series_.clear();
  for (const auto& [name, series] : trace.series)
    for (Index i = 0; i < series.size(); ++i) add(name, i / trace.draws(), series.data()[i]);
}

}  // namespace examples
