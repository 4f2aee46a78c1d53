#include "neb/autodiff/layout.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "neb/ops/arithmetic.hpp"

using namespace neb;

TEST_CASE("layout: inputs come before what is made from them, and what is not part of the graph is nowhere") {
  const Var<double> x(Tensor<double>::scalar(2)), y(Tensor<double>::scalar(3)),
      constant = Var<double>::constant(Tensor<double>::scalar(1));
  const Var<double> product = x * y, sum = product + x;
  autodiff::Layout<double> graph;
  CHECK(graph.size() == 0);
  CHECK(graph.find(x.node().get()) == graph.nowhere);  // nothing is part of nothing
  graph.add(product.node().get());
  CHECK(graph.size() == 3);
  CHECK(graph.find(sum.node().get()) == graph.nowhere);
  CHECK(graph.find(constant.node().get()) == graph.nowhere);
  graph.add(sum.node().get());
  CHECK(graph.size() == 4);
  std::vector<const Node<double>*> order;
  for (const auto position : graph.order()) order.push_back(&graph.node(position));
  CHECK(order.size() == 4);
  const auto place = [&](const Var<double>& v) { return std::find(order.begin(), order.end(), v.node().get()); };
  CHECK(place(x) < place(product));
  CHECK(place(y) < place(product));
  CHECK(place(product) < place(sum));
  const auto inputs = graph.inputs(graph.find(sum.node().get()));
  CHECK(inputs.size() == 2);
  CHECK(inputs[0] == graph.find(product.node().get()));
  CHECK(inputs[1] == graph.find(x.node().get()));
}
