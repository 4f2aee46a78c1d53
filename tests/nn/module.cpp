#include "neb/nn/module.hpp"

#include <doctest/doctest.h>

#include "neb/ops/arithmetic.hpp"
#include "neb/ops/power.hpp"
#include "neb/ops/reduction.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::same_parameters;

namespace {

struct Inner {
  using value_type = double;
  Var<double> weight;
  std::optional<Var<double>> bias;

  static void visit(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
  }
};

struct Outer {
  using value_type = double;
  Var<double> scale;
  std::vector<Inner> layers;
  std::optional<Inner> head;
  std::vector<Var<double>> rest;

  static void visit(auto& self, auto&& f) {
    f("scale", self.scale);
    f("layers", self.layers);
    f("head", self.head);
    f("rest", self.rest);
  }
};

Var<double> full(const Shape& shape, double value) { return Var<double>(Tensor<double>::full(shape, value)); }

Outer example() {
  return {.scale = full({}, 1),
          .layers = {{full({2, 3}, 2), full({3}, 3)}, {full({3, 1}, 4), std::nullopt}},
          .head = Inner{full({5}, 5), std::nullopt},
          .rest = {full({2}, 6), full({1}, 7)}};
}

std::vector<std::string> names_of(const Outer& module) {
  std::vector<std::string> names;
  visit_parameters(module, [&](const std::string& name, const Var<double>&) { names.push_back(name); });
  return names;
}

}  // namespace

TEST_CASE("module: parameters are visited in order, with dotted names") {
  CHECK(names_of(example()) == std::vector<std::string>{"scale", "layers.0.weight", "layers.0.bias", "layers.1.weight",
                                                        "head.weight", "rest.0", "rest.1"});
  Outer headless = example();
  headless.head.reset();
  headless.layers.clear();
  CHECK(names_of(headless) == std::vector<std::string>{"scale", "rest.0", "rest.1"});
}

TEST_CASE("module: parameters() are the members themselves, in the order of the visit") {
  const Outer module = example();
  const std::vector<Var<double>> members{
      module.scale,        module.layers[0].weight, *module.layers[0].bias, module.layers[1].weight,
      module.head->weight, module.rest[0],          module.rest[1]};
  const std::vector<Var<double>> list = parameters(module);
  REQUIRE(list.size() == members.size());
  for (std::size_t i = 0; i < list.size(); ++i) CHECK(list[i].node() == members[i].node());
}

TEST_CASE("module: grad() with a module as target gives one gradient for each parameter, in the order of the visit") {
  const Outer module = example();
  // Each parameter has a slope of its own: 1, 2, ... 7.
  const auto loss = [](const Outer& m) {
    Var<double> total = Var<double>::constant(Tensor<double>::scalar(0));
    double slope = 0;
    for (const Var<double>& parameter : parameters(m)) total = total + sum(parameter) * ++slope;
    return total;
  };
  const std::vector<Var<double>> gradients = grad(loss(module), module);
  REQUIRE(gradients.size() == 7);
  double slope = 0;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    ++slope;
    CHECK(test::same_bits(gradients[i].value(), Tensor<double>::full(parameters(module)[i].shape(), slope)));
    CHECK_FALSE(gradients[i].tracked());
  }

  CHECK(grad(sum(square(module.scale)), module, {.create_graph = true, .unreached_is_zero = true})[0].tracked());
  CHECK(message_of<GraphError>([&] { grad(sum(module.scale), module); }) ==
        "grad: the output does not depend on target 1 of 7   [target: (2, 3), output: ()]");
}

TEST_CASE("module: the parameter count is the number of scalars") {
  CHECK(parameter_count(example()) == 1 + 6 + 3 + 3 + 5 + 2 + 1);
  CHECK(parameter_count(Outer{}) == 0);  // a default variable is empty
}

TEST_CASE("module: what state() gives, load_state() takes") {
  const Outer from = example();
  const auto saved = state(from);
  CHECK(saved.size() == 7);
  CHECK(saved.at("layers.0.bias")(2) == 3);

  Outer to = example();
  visit_parameters(to, [](const std::string&, Var<double>& parameter) { parameter = full(parameter.shape(), -1); });
  REQUIRE_FALSE(same_parameters(from, to));
  auto more = saved;
  more.emplace("unknown", Tensor<double>({1}, {0.0}));
  load_state(to, more);
  CHECK(same_parameters(from, to));
  for (const Var<double>& parameter : parameters(to)) CHECK(parameter.tracked());
}

TEST_CASE("module: a state that does not fit changes nothing and says which tensor is wrong") {
  Outer module = example();
  auto tensors = state(module);
  for (auto& [name, tensor] : tensors) tensor = Tensor<double>::full(tensor.shape(), -1);

  auto missing = tensors;
  missing.erase("rest.1");
  CHECK(message_of<ShapeError>([&] { load_state(module, missing); }) == "load_state: no tensor is named rest.1");
  CHECK(same_parameters(module, example()));

  tensors.at("head.weight") = Tensor<double>::zeros({1, 5});
  CHECK(message_of<ShapeError>([&] { load_state(module, tensors); }) ==
        "load_state: head.weight has another shape   [module: (5,), tensor: (1, 5)]");
  CHECK(same_parameters(module, example()));
}

TEST_CASE("module: a copy keeps its values when the original is trained, and the other way round") {
  Outer module = example();
  Outer copy = module;
  module.layers[0].weight = full({2, 3}, 99);
  CHECK(same_parameters(copy, example()));
  copy.scale = full({}, 98);
  CHECK(module.scale.item() == 1);
}

namespace {

struct Centred {
  using value_type = float;
  Var<float> weight{Tensor<float>::full({2}, 1)};
  Tensor<float> centre = Tensor<float>::full({3}, 2), empty;
  static void visit(auto& self, auto&& f) { f("weight", self.weight); }
  static void visit_buffers(auto& self, auto&& f) {
    f("centre", self.centre);
    f("empty", self.empty);
  }
};

}  // namespace

TEST_CASE("module: tensors that are not trained are listed apart from the parameters, empty ones not at all") {
  Centred module;
  std::vector<std::string> names;
  visit_buffers(module, [&](const std::string& name, Tensor<float>& tensor) {
    names.push_back(name);
    tensor = Tensor<float>::zeros({3});
  });
  CHECK(names == std::vector<std::string>{"centre"});
  CHECK(module.centre(0) == 0);
  CHECK(parameter_count(module) == 2);
}
