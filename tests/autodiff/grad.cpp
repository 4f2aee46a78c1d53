#include "neb/autodiff/grad.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <thread>
#include <utility>
#include <vector>

#include "neb/core/random.hpp"
#include "neb/ops/elementary.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// a + b that counts how often it runs.
struct CountedAdd {
  static constexpr const char* name = "counted_add";
  static inline int forwards = 0, vjps = 0;
  Tensor<double> forward(const Tensor<double>& a, const Tensor<double>& b) const {
    ++forwards;
    return ops::Add<double>{}.forward(a, b);
  }
  Var<double> vjp(Index, const Var<double>& g, const Var<double>&, const Var<double>&) const {
    ++vjps;
    return g;
  }
};

Var<double> counted_add(const Var<double>& a, const Var<double>& b) { return apply(CountedAdd{}, a, b); }

}  // namespace

TEST_CASE("the gradient of a scalar has the shape of each target") {
  const auto x = vector({1, 2, 3});
  const auto s = scalar(5);
  const auto gradients = grad(sum(x * x * s), {x, s});
  CHECK(elements(gradients[0]) == std::vector<double>{10, 20, 30});
  CHECK(gradients[1].shape() == Shape{});
  CHECK(gradients[1].item() == 14);
}

TEST_CASE("a diamond is counted once along each of its paths") {
  const auto x = scalar(3);
  const auto a = x * x;
  const auto y = a * x + a * a;  // x^3 + x^4
  CHECK(grad(y, x).item() == 27 + 4 * 27);
}

TEST_CASE("a variable used many times collects every use") {
  const auto x = scalar(2);
  Var<double> y = scalar(0);
  for (int i = 0; i < 100; ++i) y = y + x;
  CHECK(grad(y, x).item() == 100);
  CHECK(grad(x + x + x, x).item() == 3);
  CHECK(grad(x - x, x).item() == 0);
}

TEST_CASE("the cost of a shared subexpression is linear: twenty doublings are twenty operations") {
  const auto x = scalar(1);
  for (const bool create_graph : {false, true}) {
    CountedAdd::forwards = CountedAdd::vjps = 0;
    Var<double> y = x;
    for (int i = 0; i < 20; ++i) y = counted_add(y, y);
    CHECK(CountedAdd::forwards == 20);
    CHECK(grad(y, x, {.create_graph = create_graph}).item() == 1 << 20);
    CHECK(CountedAdd::vjps == 40);  // one for each input
    CHECK(CountedAdd::forwards == 20);
  }
}

TEST_CASE("only cotangents on the way to a target are computed") {
  const auto x = scalar(1), unasked = scalar(2);
  const auto y = counted_add(counted_add(unasked, unasked), x);
  CountedAdd::vjps = 0;
  CHECK(grad(y, x).item() == 1);
  CHECK(CountedAdd::vjps == 1);
}

TEST_CASE("derivatives of every order of a power, by repeated grad") {
  const auto x = scalar(2);
  Var<double> y = x * x * x * x * x;
  const double expected[] = {80, 160, 240, 240, 120};  // 5 x^4, 20 x^3, 60 x^2, 120 x, 120 at x = 2
  for (const double derivative : expected) {
    y = grad(y, x, {.create_graph = true});
    CHECK(y.item() == derivative);
  }
  CHECK(grad(y, x, {.unreached_is_zero = true}).item() == 0);
}

TEST_CASE("x * x * x has third derivative 6 and fourth derivative 0") {
  const auto x = scalar(1.5);
  Var<double> y = x * x * x;
  for (const double derivative : {6.75, 9.0, 6.0}) {
    y = grad(y, x, {.create_graph = true, .unreached_is_zero = true});
    CHECK(y.item() == derivative);
  }
  CHECK(grad(y, x, {.unreached_is_zero = true}).item() == 0);
}

TEST_CASE("derivatives of 1 / x and exp(2 x) to order six") {
  const auto x = scalar(0.5);
  Var<double> y = 1 / x, z = exp(2 * x);
  double sign_factorial = 1;
  for (int order = 1; order <= 6; ++order) {
    y = grad(y, x, {.create_graph = true});
    z = grad(z, x, {.create_graph = true});
    sign_factorial *= -order;
    CHECK(y.item() == doctest::Approx(sign_factorial * std::pow(2.0, order + 1)).epsilon(1e-13));
    CHECK(z.item() == doctest::Approx(std::pow(2.0, order) * std::exp(1.0)).epsilon(1e-14));
  }
}

TEST_CASE("mixed derivatives do not depend on their order") {
  const auto x = scalar(0.7), y = scalar(-1.3);
  const auto f = exp(x * y) * x;
  const auto by_x = grad(f, x, {.create_graph = true}), by_y = grad(f, y, {.create_graph = true});
  CHECK(grad(by_x, y).item() == doctest::Approx(grad(by_y, x).item()).epsilon(1e-14));
  // d/dy d/dx x e^(xy) = (2x + x^2 y) e^(xy)
  CHECK(grad(by_x, y).item() == doctest::Approx((1.4 + 0.49 * -1.3) * std::exp(-0.91)).epsilon(1e-14));
}

TEST_CASE("a target that the output does not depend on is an error that names it") {
  const auto x = scalar(1), other = vector({1, 2});
  CHECK_THROWS_WITH_AS(grad(x * x, {x, other}),
                       "grad: the output does not depend on target 1 of 2   [target: (2,), output: ()]", GraphError);
  CHECK_THROWS_WITH_AS(grad(x * x, other),
                       "grad: the output does not depend on target 0 of 1   [target: (2,), output: ()]", GraphError);
  CHECK_THROWS_WITH_AS(grad(x * x, x.detach()),
                       "grad: the output does not depend on target 0 of 1   [target: (), output: ()]; the target is a "
                       "constant, make it a leaf with Var(tensor)",
                       GraphError);
  CHECK_THROWS_AS(grad(detach(x * x), x), GraphError);
  CHECK_THROWS_AS(grad(scalar(1).detach(), x), GraphError);
  const auto later = x * x;
  CHECK_THROWS_AS(grad(x + 1, later), GraphError);  // computed from x, but not on the way from x to the output
}

TEST_CASE("unreached_is_zero gives zeros of the target's shape instead") {
  const auto x = scalar(3), other = vector({1, 2});
  const auto gradients = grad(x * x, {other, x, x.detach()}, {.unreached_is_zero = true});
  CHECK(elements(gradients[0]) == std::vector<double>{0, 0});
  CHECK(gradients[1].item() == 6);
  CHECK(gradients[2].item() == 0);
  CHECK(grad(scalar(1).detach(), x, {.unreached_is_zero = true}).item() == 0);
}

TEST_CASE("an output of several elements needs a cotangent, of its shape") {
  const auto x = vector({1, 2, 3});
  CHECK_THROWS_WITH_AS(grad(x * x, x),
                       "grad: the output is a scalar; sum it first, or use vjp with a cotangent   [output: (3,)]",
                       GraphError);
  CHECK_THROWS_AS(grad(Var<double>(Tensor<double>({0})), x), GraphError);
  CHECK_THROWS_WITH_AS(vjp(x * x, x, vector({1, 1})),
                       "vjp: the cotangent has the shape of the output   [output: (3,), cotangent: (2,)]", ShapeError);
  CHECK(elements(vjp(x * x, x, vector({1, 10, 100}))) == std::vector<double>{2, 40, 600});
  CHECK(elements(grad(reshape(sum(x * x), {1, 1}), x)) == std::vector<double>{2, 4, 6});
}

TEST_CASE("a target may be a variable in the middle of the graph, or the output itself") {
  const auto x = scalar(3);
  const auto middle = x * x;
  const auto y = middle * middle + x;
  const auto gradients = grad(y, {middle, x, y});
  CHECK(gradients[0].item() == 18);
  CHECK(gradients[1].item() == 4 * 27 + 1);
  CHECK(gradients[2].item() == 1);
  CHECK(grad(x, x).item() == 1);
}

TEST_CASE("a target listed twice gets its gradient twice") {
  const auto x = scalar(3), y = scalar(4);
  const auto gradients = grad(x * y, {x, y, x});
  CHECK(gradients[0].item() == 4);
  CHECK(gradients[1].item() == 3);
  CHECK(gradients[2].item() == 4);
}

TEST_CASE("no targets have no gradients") { CHECK(grad(scalar(1), std::vector<Var<double>>{}).empty()); }

TEST_CASE("without create_graph gradients are constants, with it they can be differentiated") {
  const auto x = scalar(3), w = scalar(2);
  const auto y = x * x * w;
  for (const auto& each : grad(y, {x, w, y})) CHECK_FALSE(each.tracked());
  CHECK_FALSE(vjp(x * w, x, scalar(1)).tracked());
  const auto slope = grad(y, x, {.create_graph = true});
  CHECK(slope.tracked());
  CHECK(grad(slope, w).item() == 6);
}

TEST_CASE("a cotangent may itself be differentiated") {
  const auto x = vector({1, 2}), v = vector({3, 4});
  const auto product = vjp(x * x, x, v, {.create_graph = true});  // 2 x v
  CHECK(elements(grad(sum(product), v)) == std::vector<double>{2, 4});
  CHECK(elements(grad(sum(product), x)) == std::vector<double>{6, 8});
}

TEST_CASE("no gradient flows through detach") {
  const auto x = scalar(3);
  CHECK(grad(x * detach(x), x).item() == 3);
  CHECK(grad(x + detach(x * x), x).item() == 1);
}

TEST_CASE("an old graph keeps its gradients after a parameter was replaced") {
  Var<double> w = vector({1, 2});
  const auto old = w;
  const auto loss = sum(w * w * w);
  w = Var<double>(Tensor<double>({2}, {100, 100}));
  CHECK(elements(grad(loss, old)) == std::vector<double>{3, 12});
  CHECK_THROWS_AS(grad(loss, w), GraphError);
}

TEST_CASE("differentiating changes neither the graph nor a cotangent: twice gives the same") {
  const auto x = vector({1, 2, 3}), v = vector({1, -1, 2});
  const auto y = x * x + x + exp(x);
  const auto first = elements(vjp(y, x, v));
  const auto second_order = [&] { return elements(grad(sum(vjp(y, x, v, {.create_graph = true})), x)); };
  const auto curvature = second_order();
  CHECK(elements(vjp(y, x, v)) == first);
  CHECK(second_order() == curvature);
  CHECK(elements(v) == std::vector<double>{1, -1, 2});
  CHECK(elements(vjp(x + x + x, x, v)) == std::vector<double>{3, -3, 6});
  CHECK(elements(v) == std::vector<double>{1, -1, 2});
}

TEST_CASE("a gradient that another target shares is not changed by the sweep going on") {
  const auto x = vector({1, 2});
  const auto a = x + 0;  // passes its cotangent on as it is
  const auto gradients = grad(sum(a + x), {a, x});
  CHECK(elements(gradients[0]) == std::vector<double>{1, 1});
  CHECK(elements(gradients[1]) == std::vector<double>{2, 2});
}

TEST_CASE("several threads may differentiate one graph") {
  const auto x = vector({0.1, 0.2, 0.3});
  Var<double> y = x;
  for (int i = 0; i < 50; ++i) y = y * x + exp(-y);
  const auto loss = sum(y);
  const auto expected = elements(grad(loss, x));
  const int saved = threads();
  set_threads(4);
  std::vector<std::vector<double>> got(32);
  parallel_tasks(32, [&](Index task) {
    got[static_cast<std::size_t>(task)] = elements(grad(loss, x, {.create_graph = task % 2 == 0}));
  });
  set_threads(saved);
  for (const auto& each : got) CHECK(each == expected);
}

TEST_CASE("threads whose losses share a graph may give it up at the same time") {
  // What one of them takes apart, another may still have to read: ThreadSanitizer sees it, and so do the gradients.
  for (int round = 0; round < 50; ++round) {
    const auto x = vector({0.1, 0.2});
    auto y = exp(exp(x));
    std::vector<std::thread> threads;
    std::vector<std::vector<double>> got(4);
    for (auto& slot : got)
      threads.emplace_back([&slot, &x, own = y]() mutable {
        Var<double> loss = sum(square(own));
        own = Var<double>();
        slot = elements(grad(std::move(loss), x));
      });
    y = Var<double>();
    for (auto& thread : threads) thread.join();
    for (const auto& each : got) CHECK(each == got.front());
  }
}

TEST_CASE("gradients are the same bits at any thread count") {
  const Var<float> x = random_normal<float>({40, 1000}, Key(1)), w = random_normal<float>({1000}, Key(2));
  const int saved = threads();
  std::vector<float> expected;
  for (const int count : {1, 2, 3, 4}) {
    set_threads(count);
    const auto loss = sum(square(exp(x * w / 10)));
    const auto g = grad(loss, w).value();
    const std::vector<float> got(g.span().begin(), g.span().end());
    if (count == 1) expected = got;
    CHECK(got == expected);
  }
  set_threads(saved);
}
