#include "neb/autodiff/graphviz.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "autodiff/dot_text.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

const std::string forward = autodiff::order_colours[0], gradient = autodiff::order_colours[1],
                  second = autodiff::order_colours[2];

struct TwoLayers {
  MlpEnergy<double> phi{{.widths = {2, 4}}, Key(1)};
  Var<double> x{random_normal<double>({3, 2}, Key(2))}, y{random_normal<double>({3, 2}, Key(3))};
  Names<double> names = named_parameters(phi);
  TwoLayers() { names.insert(names.end(), {{x, "x"}, {y, "y"}}); }
};

/// Whether `dot` accepts the text; true where there is no dot.
bool dot_accepts(const std::string& text) {
  if (std::system("dot -V >/dev/null 2>&1") != 0) return true;
  const auto file = std::filesystem::temp_directory_path() / "neb_graphviz_test.dot";
  std::ofstream(file) << text;
  const bool accepted = std::system(("dot -Tsvg '" + file.string() + "' >/dev/null 2>&1").c_str()) == 0;
  std::filesystem::remove(file);
  return accepted;
}

}  // namespace

TEST_CASE("the graph of a sum of a product has a box for each step, with its shape, and an arrow for each input") {
  const auto x = vector({1, 2, 3}), w = vector({4, 5, 6});
  const DotText dot(to_graphviz(sum(x * w), {.names = {{x, "x"}, {w, "w"}}}));
  CHECK(dot.boxes.size() == 4);
  CHECK(DotText::has(dot.boxes.at(dot.box("x")), "x\\n(3,)\", fillcolor=\"" + forward + "\", shape=ellipse"));
  CHECK(DotText::has(dot.boxes.at(dot.box("sum_to")), "sum_to\\n()"));
  CHECK(dot.edges == std::multiset<std::pair<std::string, std::string>>{{dot.box("x"), dot.box("multiply")},
                                                                        {dot.box("w"), dot.box("multiply")},
                                                                        {dot.box("multiply"), dot.box("sum_to")}});
}

TEST_CASE("boxes are coloured by order of derivative") {
  const auto x = scalar(2);
  const auto y = x * square(x);
  const auto dy = grad(y, x, {.create_graph = true});
  const auto d2y = grad(dy, x, {.create_graph = true});
  const DotText cube(to_graphviz(y)), slope(to_graphviz(dy)), all(to_graphviz<double>({y, dy, d2y}));
  CHECK(cube.count(forward) == 3);
  CHECK(cube.count(gradient) + cube.count(second) == 0);
  CHECK(slope.count(gradient) > 0);
  CHECK(slope.count(second) == 0);
  CHECK(all.count(forward) == 3);  // the forward pass is drawn once
  CHECK(all.count(gradient) == slope.count(gradient));
  CHECK(all.count(second) > 0);

  // The last colour is that of its order and of all beyond.
  auto d = exp(x * x);
  for (int order = 1; order <= 3; ++order) d = grad(d, x, {.create_graph = true});
  const DotText third(to_graphviz(d));
  for (int order = 4; order <= 6; ++order) d = grad(d, x, {.create_graph = true});
  const DotText sixth(to_graphviz(d));
  CHECK(third.count(autodiff::order_colours.back()) > 0);
  CHECK(sixth.count(autodiff::order_colours.back()) > third.count(autodiff::order_colours.back()));
}

TEST_CASE("constants are drawn with their value or shape, or not at all") {
  const auto x = vector({1, 2, 3});
  const auto y = 2.5 * x + x * Var<double>::constant(Tensor<double>::ones({3}));
  const DotText with(to_graphviz(y)), without(to_graphviz(y, {.constants = false}));
  CHECK(with.count("shape=plaintext") == 2);
  CHECK(with.count("label=\"2.5\"") == 1);
  CHECK(with.count("label=\"constant (3,)\"") == 1);
  CHECK(without.count("shape=plaintext") == 0);
  CHECK(with.boxes.size() == without.boxes.size() + 2);
  CHECK(DotText(to_graphviz(x.detach())).count("label=\"constant\\n(3,)\"") == 1);
}

TEST_CASE("names with quotes, backslashes and line breaks are still valid") {
  const auto x = scalar(1);
  const std::string text = to_graphviz(-x, {.names = {{x, "a \"b\" \\ \n c -> d ["}}});
  CHECK(DotText(text).boxes.size() == 2);
  CHECK(dot_accepts(text));
}

TEST_CASE("parameters with dotted names put what uses them into frames") {
  const TwoLayers net;
  const DotText dot(to_graphviz(sum(net.phi(net.y)), {.names = net.names}));
  REQUIRE(dot.frames.size() == 2);
  CHECK(dot.frames[0] == "subgraph \"cluster network.layers.0 0\" {");
  CHECK(dot.frames[1] == "subgraph \"cluster network.layers.1 0\" {");
  CHECK(dot.count("label=\"weight\\n") == 2);  // the frame tells the rest of the name
  CHECK(DotText(to_graphviz(sum(net.phi(net.y)), {.names = net.names, .module_depth = 1})).frames.size() == 1);
  CHECK(DotText(to_graphviz(sum(net.phi(net.y)), {.names = net.names, .module_depth = 0})).frames.empty());
}

TEST_CASE("collapsed modules are one box for each order of derivative, whose arrows tell shapes") {
  TwoLayers net;
  const auto [energy, slope] = energy_and_gradient(net.phi, net.y, {.create_graph = true});
  const std::string text =
      to_graphviz<double>({energy, slope}, {.names = net.names, .constants = false, .collapse = true});
  const DotText dot(text);
  CHECK(dot.frames.empty());
  CHECK(dot.count("shape=box3d") == 4);
  CHECK(dot.boxes.size() == 5);  // and y
  CHECK(dot.count("[label=\"network.layers.0\\n3 operations\\n2 parameters\", fillcolor=\"" + forward) == 1);
  CHECK(DotText::has(text, "\"network.layers.0 0\" -> \"network.layers.1 0\" [label=\"(3, 4)\"]"));
  CHECK(DotText::has(text, "\"network.layers.1 1\" -> \"network.layers.0 1\" [label=\"(3, 4)\"]"));
}

TEST_CASE("the DEEN loss is a gradient between two pieces of user code, and its gradient a third colour") {
  TwoLayers net;
  const auto loss = deen_loss(net.phi, net.x, net.y, 0.3);
  const std::string text = to_graphviz(loss, {.names = net.names});
  const DotText dot(text);
  CHECK(dot.count(gradient) > 0);
  CHECK(dot.count(second) == 0);
  CHECK(DotText::has(dot.boxes.at(dot.box("square")), forward));
  CHECK(DotText::has(dot.boxes.at(dot.box("smooth_relu_slope")), gradient));
  const auto gradients = grad(loss, net.phi, {.create_graph = true});
  const std::string step = to_graphviz(gradients, {.names = net.names});
  CHECK(DotText(step).count(second) > 0);
  CHECK(dot_accepts(text));
  CHECK(dot_accepts(step));
  CHECK(dot_accepts(to_graphviz(gradients, {.names = net.names, .collapse = true})));
}

TEST_CASE("a graph of a hundred thousand nodes is listed without recursion, each node once") {
  Var<double> y = scalar(1);
  for (int i = 0; i < 50'000; ++i) y = y * y;
  const std::string text = to_graphviz(y, {.constants = false});
  CHECK(std::count(text.begin(), text.end(), '\n') == 6 + 50'001 + 2 * 50'000 - 1);
}
