/// Who tells the class of a memory. The paper judges by eye.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <neb/core/tensor.hpp>

namespace examples::paper {

/// Tells the class of each image of (N, H, W, C).
using Classify = std::function<std::vector<int>(const neb::Tensor<float>&)>;

/// A classifier by its name; its opinions are compared with each other, and with labels.
struct Judge {
  std::string name;
  Classify classify;
};

/// The row of a data set that is nearest to each of some images.
struct Nearest {
  std::vector<neb::Index> row;
  std::vector<double> chi;  ///< between the two
};

/// For each row of y: (N, ...) the nearest of data: (n, ...), the first one if several are.
Nearest nearest_rows(const neb::Tensor<float>& y, const neb::Tensor<float>& data);

/// Gives an image the label of the nearest image of a data set.
class NearestNeighbour {
 public:
  /// Throws UsageError when there is not one label for each of images: (N, H, W, C).
  NearestNeighbour(neb::Tensor<float> images, std::vector<std::uint8_t> labels);

  /// The class of each image.
  std::vector<int> operator()(const neb::Tensor<float>& images) const;

 private:
  neb::Tensor<float> images_;
  std::vector<std::uint8_t> labels_;
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
