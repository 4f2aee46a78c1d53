#include "paper/judge.hpp"

namespace examples::paper {

using neb::Tensor;

Kept kept_classes(const Judge& judge, const Tensor<float>& starts, const std::vector<std::uint8_t>& labels,
                  const Tensor<float>& memories, const std::vector<bool>& counts) {
  const std::vector<int> before = judge.classify(starts), after = judge.classify(memories);
  Kept kept;
  for (std::size_t i = 0; i < before.size(); ++i) {
    kept.share += counts[i] && after[i] == before[i] ? 1 : 0;
    kept.labelled += counts[i] && after[i] == labels[i] ? 1 : 0;
    kept.accuracy += before[i] == labels[i] ? 1 : 0;
  }
  for (double* const count : {&kept.share, &kept.labelled, &kept.accuracy})
    *count /= static_cast<double>(before.size());
  return kept;
}

}  // namespace examples::paper
