#include "neb/optim/adam.hpp"

#include <doctest/doctest.h>

#include "kernels/support.hpp"
#include "neb/core/random.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::relative_difference;
using neb::test::same_bits;

namespace {

const std::vector<Shape> shapes = {{3, 2}, {5}};

std::vector<Var<double>> leaves(std::uint64_t seed) {
  std::vector<Var<double>> list;
  for (const Shape& shape : shapes)
    list.push_back(Var<double>(random_normal<double>(shape, Key(seed).at(list.size()))));
  return list;
}

template <Scalar T>
Parameters<T> addresses(std::vector<Var<T>>& list) {
  Parameters<T> parameters;
  for (Var<T>& parameter : list) parameters.push_back(&parameter);
  return parameters;
}

}  // namespace

TEST_CASE("adam: fifty steps are Algorithm 1 of Kingma & Ba 2015, in plain loops") {
  // Not the defaults, so that every setting matters; the learning rate changes on the way.
  constexpr double beta1 = 0.8, beta2 = 0.95, epsilon = 1e-3;
  std::vector<Var<double>> theta = leaves(1);
  Adam<double> adam(addresses(theta), {.learning_rate = 0.1, .beta1 = beta1, .beta2 = beta2, .epsilon = epsilon});

  std::vector<std::vector<double>> expected, m, v;
  for (const Var<double>& parameter : theta) {
    expected.emplace_back(parameter.value().span().begin(), parameter.value().span().end());
    m.emplace_back(expected.back().size(), 0.0);
    v.emplace_back(expected.back().size(), 0.0);
  }
  for (int t = 1; t <= 50; ++t) {
    const double alpha = t <= 20 ? 0.1 : 0.02;
    adam.set_learning_rate(alpha);
    const auto g = leaves(100 + static_cast<std::uint64_t>(t));
    adam.step(g);
    for (std::size_t i = 0; i < theta.size(); ++i)
      for (std::size_t k = 0; k < expected[i].size(); ++k) {
        const double slope = g[i].value().data()[k];
        m[i][k] = beta1 * m[i][k] + (1 - beta1) * slope;
        v[i][k] = beta2 * v[i][k] + (1 - beta2) * slope * slope;
        const double m_hat = m[i][k] / (1 - std::pow(beta1, t)), v_hat = v[i][k] / (1 - std::pow(beta2, t));
        expected[i][k] -= alpha * m_hat / (std::sqrt(v_hat) + epsilon);
      }
  }
  for (std::size_t i = 0; i < theta.size(); ++i) {
    CHECK(relative_difference(theta[i].value(), Tensor<double>(shapes[i], expected[i])) < 1e-13);
    CHECK(relative_difference(adam.state().second[i], Tensor<double>(shapes[i], v[i])) < 1e-13);
    CHECK(theta[i].tracked());
  }
  CHECK(adam.state().steps == 50);
}

TEST_CASE("adam: the first step is the learning rate times g / (|g| + epsilon), by hand") {
  std::vector<Var<double>> theta = {Var<double>(Tensor<double>({3}, {1.0, 1.0, 1.0}))};
  Adam<double> adam(addresses(theta));  // the defaults of the paper: 1e-3, 0.9, 0.999, 1e-8
  adam.step({Var<double>(Tensor<double>({3}, {5.0, -1e-8, 0.0}))});
  CHECK(theta[0].value()(0) == doctest::Approx(1 - 1e-3).epsilon(1e-11));
  CHECK(theta[0].value()(1) == doctest::Approx(1 + 0.5e-3).epsilon(1e-11));
  CHECK(theta[0].value()(2) == 1);
}

TEST_CASE("adam: a restored state goes on with the same bits") {
  std::vector<Var<double>> theta = leaves(1);
  Adam<double> whole(addresses(theta));
  for (std::uint64_t t = 0; t < 5; ++t) whole.step(leaves(t));
  std::vector<Var<double>> copy = theta;
  Adam<double> resumed(addresses(copy));
  resumed.restore(whole.state());
  for (std::uint64_t t = 5; t < 9; ++t) {
    whole.step(leaves(t));
    resumed.step(leaves(t));
  }
  for (std::size_t i = 0; i < theta.size(); ++i) CHECK(same_bits(theta[i].value(), copy[i].value()));
  CHECK(resumed.state().steps == 9);
}

TEST_CASE("adam: states and gradients of other parameters are refused, and nothing changes") {
  std::vector<Var<double>> theta = leaves(1);
  Adam<double> adam(addresses(theta));
  const auto before = theta;
  CHECK(message_of<ShapeError>([&] { adam.step({theta[0]}); }) == "Adam: expects 2 gradients, got 1");
  CHECK(message_of<ShapeError>([&] {
          adam.step({theta[1], theta[0]});
        }) == "Adam: gradient 0 has another shape than its parameter   [parameter: (3, 2), gradient: (5,)]");
  CHECK(message_of<ShapeError>([&] { adam.restore({}); }) == "Adam: the state is that of 0 parameters, not 2");
  AdamState<double> state = adam.state();
  std::swap(state.second[0], state.second[1]);
  CHECK_THROWS_AS(adam.restore(state), ShapeError);
  CHECK(adam.state().steps == 0);
  for (std::size_t i = 0; i < theta.size(); ++i) CHECK(same_bits(theta[i].value(), before[i].value()));
}

TEST_CASE("adam: the number of threads does not change a bit") {
  const auto trained = [](int threads) {
    const test::WithThreads scope(threads);
    std::vector<Var<float>> theta = {Var<float>(random_normal<float>({300, 301}, Key(1)))};
    Adam<float> adam(addresses(theta));
    for (std::uint64_t t = 0; t < 3; ++t) adam.step({Var<float>(random_normal<float>({300, 301}, Key(2).at(t)))});
    return theta[0].value();
  };
  CHECK(same_bits(trained(1), trained(3)));
}
