#include "neb/ops/arithmetic.hpp"

#include <doctest/doctest.h>

#include <random>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

struct Operator {
  const char* name;
  std::function<Var<double>(const Var<double>&, const Var<double>&)> on_variables;
  std::function<double(double, double)> on_numbers;
};

const Operator operators[] = {
    {"+", [](const auto& a, const auto& b) { return a + b; }, [](double a, double b) { return a + b; }},
    {"-", [](const auto& a, const auto& b) { return a - b; }, [](double a, double b) { return a - b; }},
    {"*", [](const auto& a, const auto& b) { return a * b; }, [](double a, double b) { return a * b; }},
    {"/", [](const auto& a, const auto& b) { return a / b; }, [](double a, double b) { return a / b; }},
};

/// Two shapes that broadcast to a third, with extents of 0 and 1 among them.
struct Pair {
  Shape a, b, both;
};

Pair random_pair(std::mt19937& generator) {
  const auto below = [&](unsigned n) { return static_cast<Index>(generator() % n); };
  std::vector<Index> a, b, both;
  for (Index axis = below(5); axis > 0; --axis) {
    const Index extent = below(8) == 0 ? 0 : 1 + below(4);
    const Index which = below(3);
    both.push_back(extent);
    a.push_back(which == 1 ? 1 : extent);
    b.push_back(which == 2 ? 1 : extent);
  }
  const auto cut = [&](std::vector<Index>& extents) {
    while (!extents.empty() && extents[0] == 1 && below(2) == 0) extents.erase(extents.begin());
  };
  cut(a);
  cut(b);
  while (both.size() > std::max(a.size(), b.size())) both.erase(both.begin());
  const auto shape = [](const std::vector<Index>& extents) { return Shape(std::span<const Index>(extents)); };
  return {shape(a), shape(b), shape(both)};
}

std::vector<Pair> pairs() {
  std::vector<Pair> all{{{}, {}, {}},          {{}, {2, 3}, {2, 3}},  {{0}, {1}, {0}},
                        {{0, 3}, {3}, {0, 3}}, {{3, 1}, {4}, {3, 4}}, {{2, 1, 3}, {5, 1}, {2, 5, 3}},
                        {{1, 1}, {1}, {1, 1}}, {{0}, {}, {0}}};
  std::mt19937 generator(1);
  while (all.size() < 40) all.push_back(random_pair(generator));
  return all;
}

}  // namespace

TEST_CASE("every arithmetic operator broadcasts as a plain loop over indices does") {
  for (const Operator& op : operators)
    for (const Pair& shapes : pairs()) {
      CAPTURE(std::string(op.name));
      CAPTURE(shapes.a.to_string());
      CAPTURE(shapes.b.to_string());
      const auto a = random_tensor(shapes.a, 1), b = random_tensor(shapes.b, 2, 0.5, 2);
      const auto expected = tabulate(
          shapes.both, [&](const Indices& i) { return op.on_numbers(broadcast_at(a, i), broadcast_at(b, i)); });
      CHECK(difference(op.on_variables(a, b).value(), expected) == 0);
    }
}

TEST_CASE("cotangents of broadcast operands are sums over the copies, and have the operands' shapes") {
  for (const Pair& shapes : pairs()) {
    CAPTURE(shapes.a.to_string());
    CAPTURE(shapes.b.to_string());
    const Var<double> a = random_tensor(shapes.a, 1), b = random_tensor(shapes.b, 2);
    const auto g = random_tensor(shapes.both, 3);
    const auto cotangents = vjp<double>(a * b, std::vector{a, b}, Var<double>(g));
    Tensor<double> for_a = Tensor<double>::zeros(shapes.a), for_b = Tensor<double>::zeros(shapes.b);
    const auto add_at = [](Tensor<double>& x, const Indices& index, double value) {
      Index offset = 0;
      for (Index axis = 0; axis < x.rank(); ++axis)
        offset = offset * x.shape()[axis] +
                 (x.shape()[axis] == 1 ? 0 : index[index.size() - static_cast<std::size_t>(x.rank() - axis)]);
      x.mutable_data()[offset] += value;
    };
    for_each_index(shapes.both, [&](const Indices& i) {
      add_at(for_a, i, broadcast_at(g, i) * broadcast_at(b.value(), i));
      add_at(for_b, i, broadcast_at(g, i) * broadcast_at(a.value(), i));
    });
    CHECK(difference(cotangents[0].value(), for_a) < 1e-14);
    CHECK(difference(cotangents[1].value(), for_b) < 1e-14);
  }
}

TEST_CASE("a number stands on either side of an operator, whatever its own type") {
  const Var<float> x = Tensor<float>({2}, {1, 4});
  const auto both = [](const Var<float>& y) { return std::pair(y.value()(0), y.value()(1)); };
  CHECK(both(x + 2) == std::pair(3.0f, 6.0f));
  CHECK(both(2 + x) == std::pair(3.0f, 6.0f));
  CHECK(both(x - 0.5) == std::pair(0.5f, 3.5f));
  CHECK(both(1 - x) == std::pair(0.0f, -3.0f));
  CHECK(both(x * 3L) == std::pair(3.0f, 12.0f));
  CHECK(both(3 * x) == std::pair(3.0f, 12.0f));
  CHECK(both(x / 2) == std::pair(0.5f, 2.0f));
  CHECK(both(2 / x) == std::pair(2.0f, 0.5f));
  CHECK(both(-x) == std::pair(-1.0f, -4.0f));
}

TEST_CASE("division by zero and overflow give what IEEE 754 says") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Var<double> x = Tensor<double>({3}, {1, -1, 0});
  const auto quotient = x / 0;
  CHECK(quotient.value()(0) == infinity);
  CHECK(quotient.value()(1) == -infinity);
  CHECK(std::isnan(quotient.value()(2)));
  CHECK(std::signbit((-x).value()(2)));
  CHECK((x * 1e308 * 10).value()(0) == infinity);
}

TEST_CASE("the mean is the sum divided by the count, over everything or over an axis") {
  const Var<double> x = Tensor<double>({2, 3}, {1, 2, 3, 4, 5, 9});
  CHECK(mean(x).item() == 4);
  CHECK(mean(x).shape() == Shape{});
  CHECK(elements(mean(x, 0)) == std::vector<double>{2.5, 3.5, 6});
  CHECK(elements(mean(x, -1)) == std::vector<double>{2, 6});
  CHECK(mean(Var<double>(Tensor<double>({0, 3})), 1).shape() == Shape{0});
  CHECK(elements(grad(mean(x), x)) == std::vector<double>(6, 1.0 / 6));
}

TEST_CASE("an operation on broadcast operands of many tiles agrees with a plain loop") {
  const auto a = random_tensor({3, 20'000}, 1), b = random_tensor({3, 1}, 2);
  const auto expected =
      tabulate({3, 20'000}, [&](const Indices& i) { return broadcast_at(a, i) - broadcast_at(b, i); });
  CHECK(difference((Var<double>(a) - Var<double>(b)).value(), expected) == 0);
}
