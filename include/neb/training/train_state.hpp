/// The state of a training run, and its file: what a run that was stopped goes on from.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/distributed/all_reduce.hpp"
#include "neb/io/checkpoint.hpp"
#include "neb/io/file.hpp"
#include "neb/io/number_text.hpp"
#include "neb/io/safetensors.hpp"
#include "neb/io/safetensors_header.hpp"
#include "neb/nn/module.hpp"
#include "neb/optim/adam.hpp"
#include "neb/training/options.hpp"

namespace neb {

/// Everything that a run has come to.
template <Module Phi>
struct TrainState {
  Phi phi;                                      ///< the energy with the weights of the last step
  Phi average;                                  ///< with their averages
  AdamState<typename Phi::value_type> moments;  ///< of Adam; its steps are the report's
  TrainReport report;                           ///< step, seconds and progress are kept in the file
};

/// Gives all ranks the weights, averages and moments of rank 0.
template <Module Phi, AllReduce Ranks>
void broadcast_weights(TrainState<Phi>& state, Ranks& ranks) {
  using T = typename Phi::value_type;
  const auto share = [&](Tensor<T>& x) { ranks.broadcast(std::as_writable_bytes(x.mutable_span())); };
  for (Phi* phi : {&state.phi, &state.average})
    visit_parameters(*phi, [&](const std::string&, Var<T>& parameter) {
      Tensor<T> value = parameter.value();
      share(value);
      parameter = Var<T>(std::move(value));
    });
  for (auto* moments : {&state.moments.first, &state.moments.second})
    for (Tensor<T>& moment : *moments) share(moment);
}

/// Writes a state, atomically, with the settings of its run and whatever else `metadata` holds. Throws FileError.
template <Module Phi>
void write_train_state(const std::string& path, const TrainState<Phi>& state, Metadata metadata) {
  using T = typename Phi::value_type;
  TensorMap tensors;
  const std::vector<Var<T>> averages = parameters(state.average);
  std::size_t i = 0;
  visit_parameters(state.phi, [&](const std::string& name, const Var<T>& parameter) {
    tensors.emplace("parameter." + name, parameter.value());
    tensors.emplace("first." + name, state.moments.first[i]);
    tensors.emplace("second." + name, state.moments.second[i]);
    tensors.emplace("average." + name, averages[i].value());
    ++i;
  });
  visit_buffers(state.phi,
                [&](const std::string& name, const Tensor<T>& tensor) { tensors.emplace("buffer." + name, tensor); });
  metadata["step"] = std::to_string(state.report.step);
  metadata["seconds"] = number_text(state.report.seconds);
  metadata["progress"] = number_text(state.report.progress);
  write_checkpoint(path, tensors, metadata);
}

/// Reads what write_train_state() wrote, for an energy of the architecture of `phi`. Throws FileError when the file is no
/// such state, or belongs to another network.
template <Module Phi>
TrainState<Phi> read_train_state(const SafeTensors& file, const Phi& phi) {
  using T = typename Phi::value_type;
  const auto read = [&](const std::string& kind) {
    Phi copy = phi;
    visit_parameters(copy, [&](const std::string& name, Var<T>& parameter) {
      parameter = Var<T>(file.get_finite<T>(kind + "." + name, parameter.shape()));
    });
    visit_buffers(copy, [&](const std::string& name, Tensor<T>& tensor) {
      tensor = file.get_finite<T>("buffer." + name, tensor.shape());
    });
    return copy;
  };
  TrainState<Phi> state{read("parameter"), read("average"), {}, {}};
  for (const Var<T>& first : parameters(read("first"))) state.moments.first.push_back(first.value());
  for (const Var<T>& second : parameters(read("second"))) state.moments.second.push_back(second.value());
  TrainReport& report = state.report;
  report.step = file.number<Index>("step");
  report.seconds = file.number<double>("seconds");
  report.progress = file.number<double>("progress");
  const auto expect = [&](bool holds, const std::string& key, const char* what) {
    if (!holds)
      throw file_error(file.path(),
                       "metadata \"" + key + "\": expected " + what + ", got " + detail::printable(file.text(key)));
  };
  // 2^53 steps are beyond every run, and so far below the end of Index that counting on never gets there.
  expect(report.step >= 0 && report.step < (Index{1} << 53), "step", "a count");
  expect(is_finite(report.seconds) && report.seconds >= 0, "seconds", "a duration");
  expect(is_within(report.progress, 0.0, 1.0), "progress", "a part of the run");
  state.moments.steps = report.step;
  return state;
}

}  // namespace neb
