#include "neb/nn/module.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/grad.hpp"
#include "neb/ops/arithmetic.hpp"
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

TEST_CASE("module: parameters() are the addresses of the members, variables() the members themselves") {
  Outer module = example();
  const Parameters<double> list = parameters(module);
  CHECK(list == Parameters<double>{&module.scale, &module.layers[0].weight, &*module.layers[0].bias,
                                   &module.layers[1].weight, &module.head->weight, &module.rest[0], &module.rest[1]});
  const auto leaves = variables(list);
  REQUIRE(leaves.size() == 7);
  CHECK(leaves[3].node() == module.layers[1].weight.node());
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
  for (Var<double>* parameter : parameters(to)) *parameter = full(parameter->shape(), -1);
  REQUIRE_FALSE(same_parameters(from, to));
  auto more = saved;
  more.emplace("unknown", Tensor<double>({1}, {0.0}));
  load_state(to, more);
  CHECK(same_parameters(from, to));
  for (const Var<double>* parameter : parameters(to)) CHECK(parameter->tracked());
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
  *parameters(module)[1] = full({2, 3}, 99);
  CHECK(same_parameters(copy, example()));
  *parameters(copy)[0] = full({}, 98);
  CHECK(module.scale.item() == 1);
  CHECK(parameters(copy)[0] != parameters(module)[0]);
}

TEST_CASE("module: gradients that do not match the parameters are refused in the optimiser's name") {
  Outer module = example();
  const auto list = parameters(module);
  std::vector<Var<double>> gradients = variables(list);
  check_gradients("Sgd", list, gradients);
  gradients[2] = full({3, 1}, 0);
  CHECK(message_of<ShapeError>([&] { check_gradients("Sgd", list, gradients); }) ==
        "Sgd: gradient 2 has another shape than its parameter   [parameter: (3,), gradient: (3, 1)]");
  gradients.pop_back();
  CHECK(message_of<ShapeError>([&] { check_gradients("Adam", list, gradients); }) ==
        "Adam: expects 7 gradients, got 6");
}
