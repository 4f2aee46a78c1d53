/// The convolutional energy of the paper.
#pragma once

#include <atomic>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/energy/image_layers.hpp"
#include "neb/energy/limits.hpp"
#include "neb/energy/quadratic.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/nn/conv2d.hpp"
#include "neb/nn/linear.hpp"
#include "neb/nn/mlp.hpp"
#include "neb/ops/activation.hpp"
#include "neb/ops/conv2d.hpp"
#include "neb/ops/prepared_filters.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// The architecture of a ConvEnergy, field by field: model files, checkpoints and command lines derive from visit(). Only
/// channels, bottleneck and beta of paper_energy() are from the paper; every other value here is not.
struct ConvEnergyOptions {
  static constexpr const char* kind = "conv";  ///< what model files call such an energy

  Shape image = {28, 28, 1};                    ///< height, width, channels of the data
  std::vector<Index> channels = {32, 64, 128};  ///< of the convolutional layers
  Index kernel = 3;                             ///< height and width of the filters
  std::vector<Index> stride = {1};              ///< of every convolution, or one for each
  Index padding = 0;                            ///< of every convolution
  Index bottleneck = 10;                        ///< units between the last convolution and the readout
  std::vector<Index> readout =
      {};                ///< widths of linear layers before the last one: {10} is an overparameterised readout
  double beta = 1;       ///< of the smooth ReLU
  double quadratic = 0;  ///< coefficient of |y - centre|^2, as in quadratic(); 0: the network is all there is

  /// How convolution `layer` moves its filters. Throws ValueError unless there is one stride, or one for each layer.
  Conv2dOptions move(Index layer) const {
    return energy::move_of(layer, std::ssize(channels), stride, padding, "ConvEnergy");
  }

  /// The shape of one row of the input.
  Shape sample() const { return image; }

  /// Calls f(name, shape) for every tensor that an energy of this architecture holds, and makes none: a file is compared with
  /// them first. Throws ShapeError or ValueError where layers do not fit.
  void visit_shapes(auto&& f) const {
    Shape shape{1, image[0], image[1], image[2]};
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const Shape filter{channels[i], kernel, kernel, shape[3]};
      f("conv." + std::to_string(i) + ".weight", filter);
      f("conv." + std::to_string(i) + ".bias", Shape{channels[i]});
      shape = Conv2dGeometry::from(shape, filter, move(static_cast<Index>(i)), "ConvEnergy").output_shape();
    }
    f("bottleneck.weight", Shape{shape.size(), bottleneck});
    f("bottleneck.bias", Shape{bottleneck});
    Index width = bottleneck;
    for (std::size_t i = 0; i <= readout.size(); ++i) {
      const Index next = i < readout.size() ? readout[i] : 1;
      f("readout." + std::to_string(i) + ".weight", Shape{width, next});
      width = next;
    }
    if (quadratic != 0) f("centre", image);
  }

  /// Whether all fields are equal.
  bool operator==(const ConvEnergyOptions&) const = default;

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("image", self.image);
    f("channels", self.channels);
    f("kernel", self.kernel);
    f("stride", self.stride);
    f("padding", self.padding);
    f("bottleneck", self.bottleneck);
    f("readout", self.readout);
    f("beta", self.beta);
    f("quadratic", self.quadratic);
  }
};

/// The architecture named in Saremi & Hyvärinen 2019, Sec. 4.1: channels 256, 512, 1024 and a bottleneck of 10, no
/// pooling. Kernel, stride and padding are not in the paper.
inline ConvEnergyOptions paper_energy(const Shape& image = {28, 28, 1}) {
  return {.image = image, .channels = {256, 512, 1024}};
}

/// phi: (N, H, W, C) -> (N): convolutions, a bottleneck, each followed by the smooth ReLU, and a linear readout
/// (Saremi & Hyvärinen 2019, Sec. 4.1). The readout has no bias: an energy is defined up to a constant. With a quadratic
/// part, which is not from the paper, the network learns only what -log f has beside it: see quadratic().
template <Scalar T>
struct ConvEnergy {
  using value_type = T;            ///< the scalar of its parameters
  ConvEnergyOptions options;       ///< the architecture that it was made with
  std::vector<Conv2d<T>> conv;     ///< the convolutional layers
  Linear<T> bottleneck;            ///< from the last convolution to a few units
  std::vector<Linear<T>> readout;  ///< linear layers without bias, to one number
  Tensor<T> centre;                ///< of the quadratic part: an image; empty when there is none

  /// `middle` is the centre of the quadratic part, by default the origin. Throws ShapeError or ValueError when the layers
  /// or the centre do not fit the image.
  ConvEnergy(ConvEnergyOptions architecture, const Key& key, Tensor<T> middle = {}) : options(std::move(architecture)) {
    energy::check_image(options.image, "ConvEnergy");
    if (options.channels.empty() || options.bottleneck < 1)
      throw ValueError("ConvEnergy: expects at least one convolution and a bottleneck of at least one unit");
    check_layers("ConvEnergy", std::max({options.channels.size(), options.stride.size(), options.readout.size()}));
    if (!is_positive(static_cast<T>(options.beta)))
      throw ValueError("ConvEnergy: beta is positive, got " + std::to_string(options.beta));
    centre = quadratic_centre("ConvEnergy", options.quadratic, options.image, std::move(middle));
    Shape shape{1, options.image[0], options.image[1], options.image[2]};
    for (const Index channels : options.channels) {
      const Conv2dOptions move = options.move(std::ssize(conv));
      if (channels < 1)
        throw ValueError("ConvEnergy: a convolution has at least 1 channel, got " + std::to_string(channels));
      const Shape filter{channels, options.kernel, options.kernel, shape[3]};
      shape = Conv2dGeometry::from(shape, filter, move, "ConvEnergy").output_shape();
      conv.emplace_back(filter[3], channels, options.kernel, move, key.fold("conv").at(conv.size()));
    }
    bottleneck = Linear<T>(shape.size(), options.bottleneck, key.fold("bottleneck"));
    Index width = options.bottleneck;
    std::vector<Index> widths = options.readout;
    widths.push_back(1);
    for (const Index next : widths) {
      if (next < 1) throw ValueError("ConvEnergy: a readout layer has at least 1 unit, got " + std::to_string(next));
      readout.emplace_back(width, next, key.fold("readout").at(readout.size()), /*with_bias=*/false, T(1));
      width = next;
    }
  }

  /// Throws ShapeError when y is not a batch of images of the size that the energy was made for.
  Var<T> operator()(const Var<T>& y) const {
    energy::check_images(y, options.image, "ConvEnergy");
    const T beta = static_cast<T>(options.beta);
    Var<T> h = y;
    for (const Conv2d<T>& layer : conv) h = smooth_relu(layer(h), beta);
    h = smooth_relu(bottleneck(flatten(h)), beta);
    for (const Linear<T>& layer : readout) h = layer(h);
    h = reshape(h, Shape{y.shape()[0]});
    return options.quadratic > 0 ? h + quadratic(y, centre, options.quadratic) : h;
  }

  /// The same energy, of the same parameters, for many evaluations: as long as it lives it keeps what convolutions make of their
  /// filters, up to 16 MB in all. See neb::prepared().
  ConvEnergy prepared() const {
    ConvEnergy copy = *this;
    const auto room = std::make_shared<std::atomic<Index>>(Index{16} << 20);
    for (Conv2d<T>& layer : copy.conv) layer.filters = std::make_shared<ops::PreparedFilters<T>>(room);
    return copy;
  }

  /// Lists the members that hold parameters.
  static void visit(auto& self, auto&& f) {
    f("conv", self.conv);
    f("bottleneck", self.bottleneck);
    f("readout", self.readout);
  }

  /// Lists the tensors that belong to it and are not trained.
  static void visit_buffers(auto& self, auto&& f) { f("centre", self.centre); }
};

}  // namespace neb
