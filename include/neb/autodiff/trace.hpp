/// trace(): a graph as a text table that can be read line by line.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "neb/autodiff/listing.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// A table of what `outputs` were computed from, a line for each step, inputs before what uses them: the value's name
/// (as given in `names`, or its number), the operation, its inputs, its shape, and its order of derivative (0 for what
/// user code computed, 1 for what a gradient of that recorded, 2 for the gradient of such, ...).
template <Scalar T>
std::string trace(const std::vector<Var<T>>& outputs, const std::type_identity_t<Names<T>>& names = {}) {
  autodiff::Listing<T> listing(names);
  for (const Var<T>& output : outputs) listing.add(output);
  const std::vector<autodiff::Step>& steps = listing.steps();

  using Row = std::array<std::string, 5>;
  std::vector<Row> rows{{"value", "operation", "inputs", "shape", "order"}};
  const auto value = [&](std::size_t i) { return steps[i].name.empty() ? "%" + std::to_string(i) : steps[i].name; };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    std::string inputs;
    for (const auto& [step, constant] : steps[i].inputs)
      inputs.append(inputs.empty() ? "" : ", ").append((step == autodiff::Step::none ? constant : value(step)));
    rows.push_back({value(i), steps[i].operation, inputs, steps[i].shape.to_string(), std::to_string(steps[i].order)});
  }

  std::array<std::size_t, 5> width{};
  for (const Row& row : rows)
    for (std::size_t k = 0; k < row.size(); ++k) width[k] = std::max(width[k], row[k].size());
  std::string table;
  for (const Row& row : rows) {
    for (std::size_t k = 0; k + 1 < row.size(); ++k) table += row[k] + std::string(width[k] + 2 - row[k].size(), ' ');
    table += row.back() + '\n';
  }
  return table;
}

/// The same for one output.
template <Scalar T>
std::string trace(const Var<T>& output, const std::type_identity_t<Names<T>>& names = {}) {
  return trace(std::vector<Var<T>>{output}, names);
}

}  // namespace neb
