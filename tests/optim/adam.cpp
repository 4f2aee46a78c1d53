#include "neb/optim/adam.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "kernels/support.hpp"
#include "neb/core/random.hpp"
#include "nn/support.hpp"
#include "optim/leaves.hpp"

using namespace neb;
using neb::test::Leaves;
using neb::test::message_of;
using neb::test::relative_difference;
using neb::test::same_bits;
using neb::test::same_parameters;

namespace {

const std::vector<Shape> shapes = {{3, 2}, {5}};

std::vector<Var<double>> variables(std::uint64_t seed) {
  std::vector<Var<double>> list;
  for (const Shape& shape : shapes)
    list.push_back(Var<double>(random_normal<double>(shape, Key(seed).at(list.size()))));
  return list;
}

Leaves<double> leaves(std::uint64_t seed) { return {variables(seed)}; }

}  // namespace

TEST_CASE("adam: fifty steps are Algorithm 1 of Kingma & Ba 2015, in plain loops") {
  // Not the defaults, so that every setting matters; the learning rate changes on the way.
  constexpr double beta1 = 0.8, beta2 = 0.95, epsilon = 1e-3;
  Leaves<double> theta = leaves(1);
  Adam<double> adam({.learning_rate = 0.1, .beta1 = beta1, .beta2 = beta2, .epsilon = epsilon});

  std::vector<std::vector<double>> expected, m, v;
  for (const Var<double>& parameter : theta.list) {
    expected.emplace_back(parameter.value().span().begin(), parameter.value().span().end());
    m.emplace_back(expected.back().size(), 0.0);
    v.emplace_back(expected.back().size(), 0.0);
  }
  for (int t = 1; t <= 50; ++t) {
    const double alpha = t <= 20 ? 0.1 : 0.02;
    adam.set_learning_rate(alpha);
    const auto g = variables(100 + static_cast<std::uint64_t>(t));
    adam.step(theta, g);
    for (std::size_t i = 0; i < shapes.size(); ++i)
      for (std::size_t k = 0; k < expected[i].size(); ++k) {
        const double slope = g[i].value().data()[k];
        m[i][k] = beta1 * m[i][k] + (1 - beta1) * slope;
        v[i][k] = beta2 * v[i][k] + (1 - beta2) * slope * slope;
        const double m_hat = m[i][k] / (1 - std::pow(beta1, t)), v_hat = v[i][k] / (1 - std::pow(beta2, t));
        expected[i][k] -= alpha * m_hat / (std::sqrt(v_hat) + epsilon);
      }
  }
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    CHECK(relative_difference(theta.list[i].value(), Tensor<double>(shapes[i], expected[i])) < 1e-13);
    CHECK(relative_difference(adam.state().second[i], Tensor<double>(shapes[i], v[i])) < 1e-13);
    CHECK(theta.list[i].tracked());
  }
  CHECK(adam.state().steps == 50);
}

TEST_CASE("adam: a gradient far longer than those before it counts as one of the longest length that is let through") {
  constexpr double clip = 1.5, beta2 = 0.9;
  const auto squares = [](const std::vector<Tensor<double>>& list) {
    double sum = 0;
    for (const Tensor<double>& x : list)
      for (const double value : x.span()) sum += value * value;
    return sum;
  };
  const auto scale = [](std::vector<Var<double>>& list, double factor) {
    for (Var<double>& entry : list) {
      Tensor<double> scaled = entry.value();
      for (double& value : scaled.mutable_span()) value *= factor;
      entry = Var<double>(scaled);
    }
  };
  Leaves<double> theta = leaves(1), by_hand = theta;
  Adam<double> clipping({.beta2 = beta2, .clip = clip}), plain({.beta2 = beta2});
  double second = 0;  // the sum of the moments v
  int shortened = 0;
  for (int t = 1; t <= 20; ++t) {
    std::vector<Var<double>> g = variables(100 + static_cast<std::uint64_t>(t));
    if (t == 1 || t == 12) scale(g, 1e4);
    clipping.step(theta, g);
    const double length = std::sqrt(squares({g[0].value(), g[1].value()}));
    const double longest = t == 1 ? length : clip * std::sqrt(second / (1 - std::pow(beta2, t - 1)));
    if (length > longest) {
      scale(g, longest / length);
      ++shortened;
    }
    plain.step(by_hand, g);
    second = beta2 * second + (1 - beta2) * squares({g[0].value(), g[1].value()});
    CHECK(relative_difference(theta.list[0].value(), by_hand.list[0].value()) < 1e-12);
    CHECK(relative_difference(theta.list[1].value(), by_hand.list[1].value()) < 1e-12);
  }
  CHECK(shortened == 1);  // the one after the first, with which nothing can be compared
}

TEST_CASE("adam: the first step is the learning rate times g / (|g| + epsilon), by hand") {
  Leaves<double> theta{{Var<double>(Tensor<double>({3}, {1.0, 1.0, 1.0}))}};
  Adam<double> adam;  // the defaults of the paper: 1e-3, 0.9, 0.999, 1e-8
  adam.step(theta, {Var<double>(Tensor<double>({3}, {5.0, -1e-8, 0.0}))});
  CHECK(theta.list[0].value()(0) == doctest::Approx(1 - 1e-3).epsilon(1e-11));
  CHECK(theta.list[0].value()(1) == doctest::Approx(1 + 0.5e-3).epsilon(1e-11));
  CHECK(theta.list[0].value()(2) == 1);
}

TEST_CASE("adam: a restored state goes on with the same bits") {
  Leaves<double> theta = leaves(1);
  Adam<double> whole;
  for (std::uint64_t t = 0; t < 5; ++t) whole.step(theta, variables(t));
  Leaves<double> copy = theta;
  Adam<double> resumed;
  resumed.restore(whole.state());
  for (std::uint64_t t = 5; t < 9; ++t) {
    whole.step(theta, variables(t));
    resumed.step(copy, variables(t));
  }
  CHECK(same_parameters(theta, copy));
  CHECK(resumed.state().steps == 9);
}

TEST_CASE("adam: a module may be moved and copied between steps, an optimiser too") {
  Leaves<double> still = leaves(1);
  Adam<double> adam;
  for (std::uint64_t t = 0; t < 6; ++t) adam.step(still, variables(t));

  auto first = std::make_unique<Leaves<double>>(leaves(1));
  Adam<double> moving;
  for (std::uint64_t t = 0; t < 2; ++t) moving.step(*first, variables(t));
  auto moved = std::make_unique<Leaves<double>>(std::move(*first));
  first.reset();
  for (std::uint64_t t = 2; t < 4; ++t) moving.step(*moved, variables(t));
  Leaves<double> copy = *moved;
  Adam<double> branch = moving;
  for (std::uint64_t t = 4; t < 6; ++t) moving.step(copy, variables(t));
  CHECK(same_parameters(copy, still));

  // What was copied goes its own way, from the same moments.
  CHECK_FALSE(same_parameters(*moved, still));
  for (std::uint64_t t = 4; t < 6; ++t) branch.step(*moved, variables(t));
  CHECK(same_parameters(*moved, still));
}

TEST_CASE("adam: states and gradients of other parameters are refused, and nothing changes") {
  Leaves<double> theta = leaves(1);
  const Leaves<double> before = theta;
  const std::vector<Var<double>> g = variables(2);
  Adam<double> adam;
  CHECK(message_of<ShapeError>([&] { adam.step(theta, {g[0]}); }) == "Adam: expects 2 gradients, got 1");
  CHECK(message_of<ShapeError>([&] {
          adam.step(theta, {g[1], g[0]});
        }) == "Adam: gradient 0 has another shape than its parameter   [parameter: (3, 2), gradient: (5,)]");
  CHECK(adam.state().steps == 0);
  CHECK(same_parameters(theta, before));

  Leaves<double> other{{theta.list[1]}};
  adam.step(other, {g[1]});
  CHECK(message_of<ShapeError>([&] { adam.step(theta, g); }) == "Adam: the state is that of 1 parameters, not 2");
  CHECK(adam.state().steps == 1);
  CHECK(same_parameters(theta, before));

  adam = Adam<double>();
  adam.step(theta, g);
  const Leaves<double> after = theta;
  AdamState<double> swapped = adam.state();
  std::swap(swapped.second[0], swapped.second[1]);
  adam.restore(swapped);
  CHECK(message_of<ShapeError>([&] { adam.step(theta, g); }) ==
        "Adam: the moment of parameter 0 has another shape   [parameter: (3, 2), moment: (5,)]");
  CHECK(adam.state().steps == 1);
  CHECK(same_parameters(theta, after));
}

TEST_CASE("adam: the number of threads does not change a bit") {
  const auto trained = [](int threads) {
    const test::WithThreads scope(threads);
    Leaves<float> theta{{Var<float>(random_normal<float>({300, 301}, Key(1)))}};
    Adam<float> adam;
    for (std::uint64_t t = 0; t < 3; ++t)
      adam.step(theta, {Var<float>(random_normal<float>({300, 301}, Key(2).at(t)))});
    return theta.list[0].value();
  };
  CHECK(same_bits(trained(1), trained(3)));
}
