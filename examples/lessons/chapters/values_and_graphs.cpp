/// Chapter 1, docs/01-values-and-graphs.md. Given a path, draws a picture there.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <vector>

#include <neb/autodiff/grad.hpp>
#include <neb/autodiff/trace.hpp>
#include <neb/draw/chart.hpp>
#include <neb/ops/elementary.hpp>

using namespace neb;

namespace {

void values() {
  Tensor<double> a({2}, {1.0, 2.0});
  const Tensor<double> b = a;  // no copy yet: both look at one buffer
  a.mutable_data()[0] = 10;    // now there are two
  std::printf("a = (%g, %g), b = (%g, %g)\n", a(0), a(1), b(0), b(1));
}

void show(const Node<double>* node, const Tensor<double>* value, int depth = 0) {
  std::printf("%*s%s", 2 * depth, "", node ? node->name() : "constant");
  if (value)
    std::printf(" %g\n", value->item());
  else
    std::printf(", value not kept\n");
  if (!node) return;
  for (const Input<double>& input : node->inputs()) show(input.node, input.value, depth + 1);
}

void graph() {
  const Var<double> a{Tensor<double>::scalar(2)}, b{Tensor<double>::scalar(3)};
  const Var<double> f = (a + b) * b;
  show(f.node().get(), &f.value());
}

void table() {
  const Var<double> a{Tensor<double>::scalar(2)}, b{Tensor<double>::scalar(3)};
  const Var<double> f = (a + b) * b;
  std::printf("%s", trace(f, {{a, "a"}, {b, "b"}, {f, "f"}}).c_str());
}

void sharing() {
  const Var<double> a{Tensor<double>::scalar(2)}, b{Tensor<double>::scalar(3)};
  const Var<double> f = (a + b) * b;
  const auto factors = f.node()->inputs();
  const auto terms = factors[0].node->inputs();
  std::printf("b of the sum and b of the product are %s node\n", terms[1].node == factors[1].node ? "one" : "not one");
}

void constants() {
  const Var<double> a{Tensor<double>::scalar(2)};
  const auto c = Var<double>::constant(Tensor<double>::scalar(3));
  std::printf("a * c: %s, c * c: %s\n", (a * c).tracked() ? "tracked" : "constant",
              (c * c).tracked() ? "tracked" : "constant");
}

void lifetime() {
  const std::size_t before = memory_stats().live;
  {
    const Var<double> x{Tensor<double>::ones({1000})};
    const Var<double> y = square(square(x));
    std::printf("while y lives: %d buffers of 8000 bytes\n", static_cast<int>((memory_stats().live - before) / 8000));
  }
  std::printf("after y: %d bytes\n", static_cast<int>(memory_stats().live - before));
}

void shapes() {
  const Var<double> row{Tensor<double>({3}, {1.0, 2.0, 3.0})};
  const Var<double> column{Tensor<double>({2, 1}, {10.0, 20.0})};
  std::printf("(2, 1) + (3,) has shape %s\n", (row + column).shape().to_string().c_str());
  try {
    row + Var<double>{Tensor<double>::ones({2})};
  } catch (const ShapeError& error) {
    std::printf("%s\n", error.what());
  }
}

/// Megabytes that are live after 0, 1, ... 20 steps y = f(y) from a leaf of one megabyte, and five times after y was
/// dropped.
template <class F>
std::vector<double> live_megabytes(F f) {
  const std::size_t before = memory_stats().live;
  const auto live = [&] { return static_cast<double>(memory_stats().live - before) / 1e6; };
  Var<double> y{Tensor<double>::ones({125000})};
  std::vector<double> measured{live()};
  for (int step = 0; step < 20; ++step) {
    y = f(y);
    measured.push_back(live());
  }
  y = Var<double>();
  measured.resize(26, live());
  return measured;
}

void draw(const char* path) {
  Chart chart({-0.5, 25.5, -1, 22});
  const auto steps = [&](const std::vector<double>& live, const Colour& colour, const char* name) {
    chart.curve([&](double x) { return live[static_cast<std::size_t>(std::max(x, 0.0))]; }, colour, name);
  };
  steps(live_megabytes([](const Var<double>& y) { return square(y); }), {0.8, 0.2, 0.1}, "square keeps its input");
  steps(live_megabytes([](const Var<double>& y) { return -y; }), {0.1, 0.4, 0.7}, "negate keeps a shape");
  chart.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  values();
  graph();
  table();
  sharing();
  constants();
  lifetime();
  shapes();
  if (argc > 1) draw(argv[1]);
}
