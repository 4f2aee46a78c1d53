#include "paper/picture_measures.hpp"

#include <cstddef>
#include <limits>

namespace examples::paper {

using neb::Index, neb::Tensor;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// The pixels of an image that are set.
struct Mask {
  Index height, width;
  std::vector<bool> set;

  bool at(Index y, Index x) const {
    return y >= 0 && x >= 0 && y < height && x < width && set[static_cast<std::size_t>(y * width + x)];
  }
  Index count() const {
    Index sum = 0;
    for (const bool pixel : set) sum += pixel ? 1 : 0;
    return sum;
  }
};

/// The pixels whose mean over channels is above `low` and not above `high`.
Mask between(double low, double high, const neb::Shape& shape, const float* image) {
  const Index channels = shape[3];
  Mask mask{shape[1], shape[2], {}};
  for (Index pixel = 0; pixel < shape[1] * shape[2]; ++pixel) {
    double sum = 0;
    for (Index c = 0; c < channels; ++c) sum += static_cast<double>(image[pixel * channels + c]);
    const double mean = sum / static_cast<double>(channels);
    mask.set.push_back(mean > low && mean <= high);
  }
  return mask;
}

/// What is left when every pixel goes that has one unset among the 3 x 3 around it.
Mask eroded(const Mask& mask) {
  Mask left{mask.height, mask.width, {}};
  for (Index y = 0; y < mask.height; ++y)
    for (Index x = 0; x < mask.width; ++x) {
      bool all = true;
      for (Index dy = -1; dy <= 1; ++dy)
        for (Index dx = -1; dx <= 1; ++dx) all = all && mask.at(y + dy, x + dx);
      left.set.push_back(all);
    }
  return left;
}

double share_of(const Mask& some, const Mask& all) {
  return all.count() == 0 ? 0 : static_cast<double>(some.count()) / static_cast<double>(all.count());
}

}  // namespace

std::vector<double> inks(const Tensor<float>& images) {
  const Index d = images.shape().stride(0);
  std::vector<double> sums(static_cast<std::size_t>(images.shape()[0]));
  for (Index i = 0; i < images.size(); ++i)
    sums[static_cast<std::size_t>(i / d)] += static_cast<double>(images.data()[i]);
  return sums;
}

std::vector<double> blob_shares(const Tensor<float>& images) {
  std::vector<double> shares;
  for (Index row = 0; row < images.shape()[0]; ++row) {
    const Mask bright = between(0.5, infinite, images.shape(), images.data() + row * images.shape().stride(0));
    shares.push_back(share_of(eroded(eroded(bright)), bright));
  }
  return shares;
}

std::vector<double> shadow_shares(const Tensor<float>& images) {
  std::vector<double> shares;
  for (Index row = 0; row < images.shape()[0]; ++row) {
    const float* image = images.data() + row * images.shape().stride(0);
    shares.push_back(
        share_of(eroded(between(0.1, 0.5, images.shape(), image)), between(0.1, infinite, images.shape(), image)));
  }
  return shares;
}

}  // namespace examples::paper
