/// The nearest images of a data set, and what they say of an image's class.
#pragma once

#include <cstdint>
#include <vector>

#include <neb/core/tensor.hpp>

namespace examples {

/// The row of a data set that is nearest to each of some images.
struct Nearest {
  std::vector<neb::Index> row;
  std::vector<double> chi;  ///< between the two
};

/// Finds the nearest row of a data set.
class NearestRow {
 public:
  /// Of data: (n, ...).
  explicit NearestRow(neb::Tensor<float> data);

  /// For each row of y: (N, ...) the nearest one, the first if several are.
  Nearest operator()(const neb::Tensor<float>& y) const;

 private:
  neb::Tensor<float> data_;
  std::vector<float> half_squares_;  ///< of the length of each row
};

/// For each row of y: (N, ...) the nearest of data: (n, ...), the first one if several are.
inline Nearest nearest_rows(const neb::Tensor<float>& y, const neb::Tensor<float>& data) { return NearestRow(data)(y); }

/// Gives an image the label of the nearest image of a data set.
class NearestNeighbour {
 public:
  /// Throws UsageError when there is not one label for each of images: (N, H, W, C).
  NearestNeighbour(const neb::Tensor<float>& images, std::vector<std::uint8_t> labels);

  /// The class of each image.
  std::vector<int> operator()(const neb::Tensor<float>& images) const;

 private:
  NearestRow nearest_;
  std::vector<std::uint8_t> labels_;
};

}  // namespace examples
