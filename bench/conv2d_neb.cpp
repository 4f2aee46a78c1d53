/// A worker (worker.hpp): passes of a convolution by one of neb's kernels. It keeps to what neb has had since f50ea3b, so that
/// it can be built with older headers.
#include <cmath>
#include <memory>
#include <neb/neb.hpp>
#include <stdexcept>
#include <string>

#include "cases.hpp"
#include "neb_facts.hpp"
#include "worker.hpp"

namespace {

using neb::Index;
using neb::Tensor;
using neb::kernels::Conv2dGeometry;
using neb::kernels::Conv2dRung;

template <class Rung>
Rung rung_named(const std::string& name) {
  if (name == "automatic") return Rung::automatic;
  if (name == "reference") return Rung::reference;
  if (name == "im2col") return Rung::im2col;
  if (name == "direct") return Rung::direct;
  if (name == "winograd") return Rung::winograd;
  if constexpr (requires { Rung::winograd_seven; })
    if (name == "winograd_seven") return Rung::winograd_seven;
  if constexpr (requires { Rung::winograd_eight; })
    if (name == "winograd_eight") return Rung::winograd_eight;
  throw std::invalid_argument("there is no rung '" + name + "'");
}

/// Whether a rung computes this convolution, and within seconds.
bool runs(Conv2dRung rung, const Conv2dGeometry& g) {
  if (rung >= Conv2dRung::winograd) return neb::kernels::winograd::applies_to(g);
  return rung != Conv2dRung::reference || g.macs() < 300'000'000;
}

/// The arrays of one layer in a training step: images, filters, cotangents, and what the six passes write. Of each pair the
/// first belongs to the energy and its gradient, the second to the gradient of that; a filter gradient takes one of each.
template <class T>
struct Layer {
  Conv2dGeometry g;
  Tensor<T> x[2], w, dy[2];
  Tensor<T> y[2], dx[2], dw[2];

  void forward(int k, Conv2dRung rung) { neb::kernels::conv2d(g, x[k].data(), w.data(), y[k].mutable_data(), rung); }
  void input_grad(int k, Conv2dRung rung) {
    neb::kernels::conv2d_input_grad(g, dy[k].data(), w.data(), dx[k].mutable_data(), rung);
  }
  void filter_grad(int k, Conv2dRung rung) {
    neb::kernels::conv2d_filter_grad(g, x[k].data(), dy[1 - k].data(), dw[k].mutable_data(), rung);
  }
};

Layer<float> random_layer(const Conv2dGeometry& g) {
  const auto draw = [](const neb::Shape& shape, std::uint64_t seed) {
    return neb::random_normal<float>(shape, neb::Key(seed));
  };
  const Tensor<float> x(g.input_shape()), w(g.filter_shape()), y(g.output_shape());
  return {g,
          {draw(g.input_shape(), 1), draw(g.input_shape(), 2)},
          draw(g.filter_shape(), 3),
          {draw(g.output_shape(), 4), draw(g.output_shape(), 5)},
          {y, y},
          {x, x},
          {w, w}};
}

Layer<double> in_double(const Layer<float>& from) {
  const Tensor<double> x(from.g.input_shape()), w(from.g.filter_shape()), y(from.g.output_shape());
  return {from.g,
          {from.x[0].to<double>(), from.x[1].to<double>()},
          from.w.to<double>(),
          {from.dy[0].to<double>(), from.dy[1].to<double>()},
          {y, y},
          {x, x},
          {w, w}};
}

/// What a layer computes in a DEEN step: forward; input gradient, which makes the score; of the score's own gradient the two
/// adjoints of that input gradient, which are a forward pass and a filter gradient; and both gradients of the first pass. The
/// sum of the two filter gradients is left out. Passes that share an array are called together where neb has a call for that.
template <class T>
void six_passes(Layer<T>& layer, Conv2dRung rung) {
  layer.forward(0, rung);
  layer.input_grad(0, rung);
  // Not by its full name, which has to be there even where nothing is called.
  if constexpr (requires { conv2d_passes<T>(layer.g, {}, rung); }) {
    const auto& [g, x, w, dy, y, dx, dw] = layer;
    conv2d_passes<T>(g,
                     {.x = x[1].data(),
                      .w = w.data(),
                      .dy = dy[0].data(),
                      .y = layer.y[1].mutable_data(),
                      .dw = layer.dw[1].mutable_data()},
                     rung);
    conv2d_passes<T>(g,
                     {.x = x[0].data(),
                      .w = w.data(),
                      .dy = dy[1].data(),
                      .dx = layer.dx[1].mutable_data(),
                      .dw = layer.dw[0].mutable_data()},
                     rung);
    return;
  }
  layer.forward(1, rung);
  layer.filter_grad(1, rung);
  layer.input_grad(1, rung);
  layer.filter_grad(0, rung);
}

template <class T>
void run(Layer<T>& layer, const std::string& pass, Conv2dRung rung) {
  if (pass == "forward") return layer.forward(0, rung);
  if (pass == "input_grad") return layer.input_grad(0, rung);
  if (pass == "filter_grad") return layer.filter_grad(0, rung);
  if (pass == "six_passes") return six_passes(layer, rung);
  throw std::invalid_argument("there is no pass '" + pass + "'");
}

/// Throws unless everything that the layer has computed is what im2col, computed in double, gives, to `bound` of its size.
void check(const Layer<float>& got, const std::string& pass, double bound) {
  Layer<double> expected = in_double(got);
  run(expected, pass, Conv2dRung::im2col);
  const auto compare = [&](const Tensor<float>& a, const Tensor<double>& b, const char* what) {
    double error = 0, size = 0;
    for (Index i = 0; i < a.size(); ++i) {
      error += std::pow(static_cast<double>(a.data()[i]) - b.data()[i], 2);
      size += std::pow(b.data()[i], 2);
    }
    if (!(std::sqrt(error) <= bound * std::sqrt(size)))
      throw std::runtime_error(pass + ", " + what + ": relative error " + std::to_string(std::sqrt(error / size)));
  };
  for (int k = 0; k < (pass == "six_passes" ? 2 : 1); ++k) {
    if (pass == "forward" || pass == "six_passes") compare(got.y[k], expected.y[k], "y");
    if (pass == "input_grad" || pass == "six_passes") compare(got.dx[k], expected.dx[k], "dx");
    if (pass == "filter_grad" || pass == "six_passes") compare(got.dw[k], expected.dw[k], "dw");
  }
}

bench::Work prepare(const bench::Arguments& arguments) {
  neb::set_threads(std::stoi(arguments[0]));
  const std::string pass = arguments[1];
  const bench::Convolution c(arguments[2]);
  const Conv2dRung rung = rung_named<Conv2dRung>(arguments[3]);
  const auto g = Conv2dGeometry::from({c.batch, c.size, c.size, c.in}, {c.out, c.kernel, c.kernel, c.in},
                                      {.stride = c.stride, .padding = c.padding});
  if (!runs(rung, g)) throw bench::NotForThis("not this shape");
  const auto layer = std::make_shared<Layer<float>>(random_layer(g));
  run(*layer, pass, rung);
  check(*layer, pass, arguments[3] == "winograd_eight" ? 2e-5 : 1e-5);  // eight points err by 1.1e-5 at 1024 channels
  return {bench::neb_facts(), [layer, pass, rung] { run(*layer, pass, rung); }};
}

}  // namespace

int main(int argc, char** argv) { return bench::run_worker(argc, argv, "THREADS PASS SHAPE RUNG", prepare); }
