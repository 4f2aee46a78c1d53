/// Who tells the class of a memory. The paper judges by eye.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <neb/core/tensor.hpp>

#include "parts/nearest.hpp"

namespace examples::paper {

/// Tells the class of each image of (N, H, W, C).
using Classify = std::function<std::vector<int>(const neb::Tensor<float>&)>;

/// A classifier by its name; its opinions are compared with each other, and with labels.
struct Judge {
  std::string name;
  Classify classify;
};

/// What a judge says of memories beside what it said of their starts.
struct Kept {
  double share = 0;     ///< of all starts: those whose memory counts and has the class that the judge gave its start
  double labelled = 0;  ///< of all starts: those whose memory counts and has the start's label
  double accuracy = 0;  ///< of the judge on the starts themselves
};

/// `counts[i]` is whether memory i is one: what did not settle has no class.
Kept kept_classes(const Judge& judge, const neb::Tensor<float>& starts, const std::vector<std::uint8_t>& labels,
                  const neb::Tensor<float>& memories, const std::vector<bool>& counts);

}  // namespace examples::paper
