/// The quadratic minus a convex network: an energy whose posterior covariances are positive semi-definite.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
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
#include "neb/nn/init.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/conv2d.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/matmul.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// The architecture of a ConvexEnergy, field by field: model files, checkpoints and command lines derive from visit(). None of
/// it is from the paper.
struct ConvexEnergyOptions {
  static constexpr const char* kind = "convex";  ///< what model files call such an energy

  Shape image = {28, 28, 1};                    ///< height, width, channels of the data
  std::vector<Index> channels = {32, 64, 128};  ///< of the layers
  Index kernel = 5;                             ///< height and width of the filters between layers
  std::vector<Index> stride = {2};              ///< of every layer, or one for each
  Index padding = 2;                            ///< of every layer
  Index pool = 4;                               ///< filters whose log-sum-exp is one channel
  double sharpness = 5;                         ///< b of that log-sum-exp: log(sum exp(b a)) / b
  double quadratic = 0.5;  ///< coefficient of |y - centre|^2, positive: 1 / (2 sigma^2), as in quadratic()

  /// The shape of one row of the input.
  Shape sample() const { return image; }

  /// How layer `layer` moves its filters over the layer below. Throws ValueError unless there is one stride, or one for each.
  Conv2dOptions move(Index layer) const {
    return energy::move_of(layer, std::ssize(channels), stride, padding, "ConvexEnergy");
  }

  /// The side of layer `layer`'s filters of the image, its receptive field, and how they move. Throws ValueError for strides
  /// or paddings beyond all images.
  std::pair<Index, Conv2dOptions> over_image(Index layer) const {
    Index reach = 1;
    Conv2dOptions over;
    for (Index i = 0; i <= layer; ++i) {
      reach += (kernel - 1) * over.stride;
      over.padding += padding * over.stride;
      over.stride *= move(i).stride;
      if (std::max(over.stride, over.padding) > Index{1} << 24)
        throw ValueError("ConvexEnergy: strides and paddings come to more than 2^24 pixels");
    }
    return {reach, over};
  }

  /// The shape (1, H, W, channels) of what layer `layer` makes of an image. Throws as visit_shapes() does.
  Shape made_by(Index layer) const {
    Shape shape{1, image[0], image[1], image[2]};
    for (Index i = 0; i <= layer; ++i) {
      const Shape filter{channels[static_cast<std::size_t>(i)], kernel, kernel, shape[3]};
      shape = Conv2dGeometry::from(shape, filter, move(i), "ConvexEnergy").output_shape();
    }
    return shape;
  }

  /// Calls f(name, shape) for every tensor that an energy of this architecture holds, and makes none: a file is compared with
  /// them first. Throws ShapeError or ValueError where the layers do not fit.
  void visit_shapes(auto&& f) const {
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const std::string layer = "layers." + std::to_string(i);
      const Index filters = channels[i] * pool, reach = over_image(static_cast<Index>(i)).first;
      f(layer + ".filters", Shape{filters, reach, reach, image[2]});
      f(layer + ".bias", Shape{filters});
      if (i > 0) f(layer + ".roots", Shape{filters, kernel, kernel, channels[i - 1]});
    }
    f("readout_roots", Shape{made_by(std::ssize(channels) - 1).size(), 1});
    f("slope", Shape{image.size(), 1});
    if (quadratic != 0) f("centre", image);
  }

  /// Whether all fields are equal.
  bool operator==(const ConvexEnergyOptions&) const = default;

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("image", self.image);
    f("channels", self.channels);
    f("kernel", self.kernel);
    f("stride", self.stride);
    f("padding", self.padding);
    f("pool", self.pool);
    f("sharpness", self.sharpness);
    f("quadratic", self.quadratic);
  }
};

/// A layer of a ConvexEnergy: channels that are convex functions of an image, from channels that are.
template <Scalar T>
struct ConvexLayer {
  using value_type = T;  ///< the scalar of its parameters
  Var<T> filters;        ///< of the image, of any sign: (channels pool, reach, reach, C)
  Var<T> bias;           ///< (channels pool)
  /// Their squares are the filters of the layer below: (channels pool, kernel, kernel, channels below).
  std::optional<Var<T>> roots;

  /// Lists the members that hold parameters.
  static void visit(auto& self, auto&& f) {
    f("filters", self.filters);
    f("bias", self.bias);
    f("roots", self.roots);
  }
};

/// phi(y) = c (|v|^2 - 2 psi(v)) with v = y - centre, (N, H, W, C) -> (N), where psi is convex whatever the weights are
/// (Amos, Xu & Kolter, Input convex neural networks, 2017). With c = 1 / (2 sigma^2) nothing is lost, -log f is of that form
/// (see quadratic()), and much is certain: the jump is centre + grad psi(v), the gradient of a convex function as every
/// posterior mean is (Gribonval 2011); sigma^2 times the Hessian of phi is at most 1, and the covariance of the posterior,
/// sigma^2 (1 - sigma^2 H), is positive semi-definite.
///
/// A channel of a layer is log(sum over `pool` filters of exp(b a)) / b, which is what the energy of a KDE is made of; each
/// a is a sum of the channels below with non-negative weights, the squares of the parameters, and of a linear function of
/// the image: every layer sees it, through filters of the size of its receptive field.
template <Scalar T>
struct ConvexEnergy {
  using value_type = T;                ///< the scalar of its parameters
  ConvexEnergyOptions options;         ///< the architecture that it was made with
  std::vector<ConvexLayer<T>> layers;  ///< from the image up
  Var<T> readout_roots;  ///< their squares are the weights of the last layer's channels in psi: (units, 1)
  Var<T> slope;          ///< of the linear function in psi: (H W C, 1)
  Tensor<T> centre;      ///< of the quadratic part: an image

  /// `middle` is the centre, by default the origin. Throws ShapeError or ValueError when the layers or the centre do not fit
  /// the image.
  ConvexEnergy(ConvexEnergyOptions architecture, const Key& key, Tensor<T> middle = {})
      : options(std::move(architecture)) {
    energy::check_image(options.image, "ConvexEnergy");
    if (options.channels.empty() || options.pool < 1)
      throw ValueError("ConvexEnergy: expects at least one layer, and pools of at least one filter");
    for (const Index channels : options.channels)
      if (channels < 1)
        throw ValueError("ConvexEnergy: a layer has at least 1 channel, got " + std::to_string(channels));
    check_layers("ConvexEnergy", options.channels.size());
    if (!is_positive(static_cast<T>(options.sharpness)))
      throw ValueError("ConvexEnergy: the sharpness is positive, got " + std::to_string(options.sharpness));
    if (options.quadratic == 0) throw ValueError("ConvexEnergy: the coefficient of the quadratic part is positive");
    centre = quadratic_centre("ConvexEnergy", options.quadratic, options.image, std::move(middle));
    const Index units = options.made_by(std::ssize(options.channels) - 1).size();  // throws where layers do not fit
    for (std::size_t i = 0; i < options.channels.size(); ++i) layers.push_back(layer(i, key.fold("layers").at(i)));
    readout_roots = scaled_normal<T>({units, 1}, 1 / std::sqrt(static_cast<T>(units)), key.fold("readout_roots"));
    slope = Tensor<T>::zeros({options.image.size(), 1});
  }

  /// The convex function, of v = y - centre: (N, H, W, C) -> (N).
  Var<T> psi(const Var<T>& v) const {
    const T b = static_cast<T>(options.sharpness);
    Var<T> z;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      Var<T> a = conv2d(v, layers[i].filters, layers[i].bias, options.over_image(static_cast<Index>(i)).second);
      if (i > 0) a = a + conv2d(z, square(*layers[i].roots), options.move(static_cast<Index>(i)));
      const Shape& shape = a.shape();
      z = logsumexp(reshape(a * b, {shape[0], shape[1], shape[2], options.channels[i], options.pool})) / b;
    }
    return reshape(matmul(flatten(z), square(readout_roots)) + matmul(flatten(v), slope), Shape{v.shape()[0]});
  }

  /// Throws ShapeError when y is not a batch of images of the size that the energy was made for.
  Var<T> operator()(const Var<T>& y) const {
    energy::check_images(y, options.image, "ConvexEnergy");
    return quadratic(y, centre, options.quadratic) -
           psi(y - Var<T>::constant(centre)) * static_cast<T>(2 * options.quadratic);
  }

  /// Lists the members that hold parameters.
  static void visit(auto& self, auto&& f) {
    f("layers", self.layers);
    f("readout_roots", self.readout_roots);
    f("slope", self.slope);
  }

  /// Lists the tensors that belong to it and are not trained.
  static void visit_buffers(auto& self, auto&& f) { f("centre", self.centre); }

 private:
  /// Layer i with random weights: a mean over the channels below, and the image with weights of variance 2 / fan-in.
  ConvexLayer<T> layer(std::size_t i, const Key& key) const {
    const Index filters = options.channels[i] * options.pool, reach = options.over_image(static_cast<Index>(i)).first;
    const Index seen = reach * reach * options.image[2];
    ConvexLayer<T> layer{fan_in_uniform<T>({filters, reach, reach, options.image[2]}, seen, T(2), key.fold("filters")),
                         Tensor<T>::zeros({filters}),
                         {}};
    if (i > 0) {
      const Shape below{filters, options.kernel, options.kernel, options.channels[i - 1]};
      layer.roots = Var<T>(scaled_normal<T>(below, 1 / std::sqrt(static_cast<T>(below.stride(0))), key.fold("roots")));
    }
    return layer;
  }
};

}  // namespace neb
