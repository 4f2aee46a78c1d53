/// Chapter 4, docs/04-convolution-as-a-closed-triple.md. Given a path, draws a picture there.
#include <cstdio>
#include <map>
#include <set>
#include <string>

#include <neb/autodiff/grad.hpp>
#include <neb/core/random.hpp>
#include <neb/draw/canvas.hpp>
#include <neb/ops/conv2d.hpp>
#include <neb/ops/elementary.hpp>

using namespace neb;

namespace {

void print(const char* name, const Var<double>& x) {
  std::printf("%s = (", name);
  for (Index i = 0; i < x.size(); ++i) std::printf(i > 0 ? ", %g" : "%g", x.value().data()[i]);
  std::printf(")\n");
}

double inner(const Var<double>& a, const Var<double>& b) { return sum(a * b).item(); }

void by_hand() {
  const Var<double> x{Tensor<double>({1, 1, 4, 1}, {1, 2, 3, 4})};  // one image of 1 x 4 pixels, one channel
  const Var<double> w{Tensor<double>({1, 1, 2, 1}, {1, -1})};       // one filter of 1 x 2 pixels
  const Var<double> g{Tensor<double>({1, 1, 3, 1}, {1, 2, 3})};     // a cotangent of the result
  const Var<double> y = conv2d(x, w);
  const Var<double> dx = conv2d_input_grad(g, w, x.shape());
  const Var<double> dw = conv2d_filter_grad(x, g, w.shape());
  print("conv2d(x, w)", y);
  print("conv2d_input_grad(g, w)", dx);
  print("conv2d_filter_grad(x, g)", dw);
  std::printf("T = <g, y> = %g, <x, dx> = %g, <w, dw> = %g\n", inner(g, y), inner(x, dx), inner(w, dw));
}

/// Collects a node and those that led to it.
void collect(const Node<double>* node, std::set<const Node<double>*>& nodes) {
  if (!node || !nodes.insert(node).second) return;
  for (const Input<double>& input : node->inputs()) collect(input.node, nodes);
}

void orders() {
  const Var<double> x{random_normal<double>({1, 6, 6, 1}, Key(1))};
  const Var<double> w{random_normal<double>({1, 3, 3, 1}, Key(2))};
  Var<double> f = sum(square(conv2d(x, w)));
  for (int order = 0; order <= 2; ++order) {
    std::set<const Node<double>*> nodes;
    collect(f.node().get(), nodes);
    std::map<std::string, int> count;
    for (const Node<double>* node : nodes) ++count[node->name()];
    std::printf("order %d: conv2d %d, conv2d_input_grad %d, conv2d_filter_grad %d\n", order, count["conv2d"],
                count["conv2d_input_grad"], count["conv2d_filter_grad"]);
    f = sum(square(grad(f, order == 0 ? x : w, {.create_graph = true})));
  }
}

void stride() {
  const Shape w{1, 1, 2, 1};
  for (const Index width : {4, 5}) {
    const auto geometry = Conv2dGeometry::from({1, 1, width, 1}, w, {.stride = 2});
    std::printf("%d pixels, stride 2: %d outputs\n", static_cast<int>(width), static_cast<int>(geometry.out_width()));
  }
}

/// `x` (1, H, W, 1) as a picture in grey, from its smallest value to its largest.
void panel(Canvas& canvas, Index left, const char* name, const Var<double>& x, Index scale) {
  const PixelRange range = finite_range(x.value());
  Tensor<float> grey({x.shape()[1], x.shape()[2], 1});
  for (Index i = 0; i < x.size(); ++i)
    grey.mutable_data()[i] = static_cast<float>(unit_value(x.value().data()[i], range));
  canvas.text(12, left, name);
  canvas.image(36, left, grey, scale);
}

/// A letter of 28 x 28 pixels: (1, 28, 28, 1).
Var<double> letter() {
  Canvas canvas(28, 28, {0, 0, 0});
  canvas.text(4, 7, "R", {1, 1, 1}, 3);
  Tensor<double> image({1, 28, 28, 1});
  for (Index i = 0; i < image.size(); ++i) image.mutable_data()[i] = double(canvas.pixels().data()[3 * i]);
  return Var<double>(image);
}

void draw(const char* path) {
  const Var<double> x = letter();
  const Var<double> w{Tensor<double>({1, 3, 3, 1}, {-1, 0, 1, -2, 0, 2, -1, 0, 1})};  // edges, left to right
  const Var<double> y = conv2d(x, w);
  Canvas canvas(188, 4 * 160 + 12);
  panel(canvas, 12, "x", x, 5);
  panel(canvas, 172, "conv2d(x,w)", y, 5);
  panel(canvas, 332, "input grad", conv2d_input_grad(y, w, x.shape()), 5);
  panel(canvas, 492, "filter grad", conv2d_filter_grad(x, y, w.shape()), 40);
  canvas.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  by_hand();
  orders();
  stride();
  if (argc > 1) draw(argv[1]);
}
