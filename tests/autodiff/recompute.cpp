#include "neb/autodiff/recompute.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/check_grads.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/ops/activation.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/matmul.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

const auto layer = [](const Var<double>& x, const Var<double>& w, const Var<double>& b) {
  return smooth_relu(matmul(x, w) + b);
};

/// Squares instead of the smooth ReLU: of whole numbers, every derivative is a whole number.
const auto polynomial = [](const Var<double>& x, const Var<double>& w, const Var<double>& b) {
  return square(matmul(x, w) + b);
};

Tensor<double> whole_numbers(const Shape& shape, int seed) {
  Tensor<double> t(shape);
  for (Index i = 0; i < t.size(); ++i) t.mutable_data()[i] = static_cast<double>((7 * i + 3 * seed) % 4 - 1);
  return t;
}

/// Value, first and second derivatives of a net of two layers.
template <class Layer>
std::vector<Tensor<double>> derivatives(const Layer& f, const std::vector<Tensor<double>>& tensors) {
  const Var<double> x = tensors[0], w = tensors[1], b = tensors[2];
  const auto y = sum(square(f(f(x, w, b), w, b)));
  std::vector<Tensor<double>> results{y.value()};
  const auto keep = [&](const std::vector<Var<double>>& vars) {
    for (const auto& v : vars) results.push_back(v.value());
  };
  keep(grad(y, {x, w, b}));
  keep({grad(y, b), grad(y, x)});
  const auto slope = grad(y, x, {.create_graph = true});
  keep({slope});
  keep(grad(sum(square(slope)), {x, w, b}));
  keep({hvp(y, x, x), jvp(y, w, w)});
  return results;
}

double worst_difference(const std::vector<Tensor<double>>& a, const std::vector<Tensor<double>>& b, std::size_t count) {
  double worst = 0;
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < count; ++i)
    for (Index k = 0; k < a[i].size(); ++k)
      worst = std::max(worst, std::abs(a[i].data()[k] - b[i].data()[k]) / std::max(1.0, std::abs(a[i].data()[k])));
  return worst;
}

}  // namespace

TEST_CASE("recomputed values and derivatives are the same to second order, exactly where arithmetic is exact") {
  const auto again = [](auto f) { return [f](const auto&... x) { return recompute(f, x...); }; };
  const std::vector<Tensor<double>> whole{whole_numbers({5, 4}, 1), whole_numbers({4, 4}, 2), whole_numbers({4}, 3)};
  const auto exact = derivatives(polynomial, whole);
  CHECK(worst_difference(exact, derivatives(again(polynomial), whole), exact.size()) == 0);
  CHECK(exact[0].item() > 0);

  const std::vector<Tensor<double>> random{random_normal<double>({5, 4}, Key(1)), random_normal<double>({4, 4}, Key(2)),
                                           random_normal<double>({4}, Key(3))};
  const auto expected = derivatives(layer, random), got = derivatives(again(layer), random);
  CHECK(worst_difference(expected, got, 7) == 0);  // value and first derivatives, to the last bit
  // A second derivative adds the same terms in another order.
  CHECK(worst_difference(expected, got, expected.size()) < 1e-13);
}

TEST_CASE("derivatives of a recomputed piece agree with finite differences to third order") {
  const Function<double> f = [](const std::vector<Var<double>>& in) {
    return recompute([](const Var<double>& x, const Var<double>& y) { return exp(x * y) * x; }, in[0], in[1]);
  };
  CHECK(check_grads<double>(f, {random_uniform<double>({3}, Key(1)), random_uniform<double>({3}, Key(2))},
                            {.order = 3}) < 1e-6);
}

TEST_CASE("a piece is evaluated once forward and once in a sweep, however many inputs are wanted") {
  int evaluations = 0;
  const auto counted = [&](const Var<double>& x, const Var<double>& w) {
    ++evaluations;
    return exp(x * w);
  };
  const auto x = vector({1, 2}), w = vector({3, 4});
  const auto y = sum(recompute(counted, x, w));
  CHECK(evaluations == 1);
  grad(y, {x, w});
  CHECK(evaluations == 2);
  const auto slope = grad(y, x, {.create_graph = true});
  CHECK(evaluations == 3);
  grad(sum(slope), {x, w});
  CHECK(evaluations == 4);
}

TEST_CASE("a piece in a piece is recomputed as well") {
  const auto x = vector({0.5, -1});
  const auto inner = [](const Var<double>& v) { return exp(v) * v; };
  const auto outer = [&](const Var<double>& v) { return recompute(inner, v * v) + v; };
  const auto plain = [&](const Var<double>& v) { return inner(v * v) + v; };
  const auto third = [&](const auto& f) {
    const auto slope = grad(sum(recompute(f, x)), x, {.create_graph = true});
    return elements(grad(sum(grad(sum(slope), x, {.create_graph = true})), x));
  };
  CHECK(third(outer) == third(plain));
}

TEST_CASE("a tracked variable that is captured instead of passed is an error, a constant is not") {
  const auto x = vector({1, 2}), w = vector({3, 4});
  CHECK(message_of<GraphError>([&] { recompute([&](const Var<double>& v) { return v * w; }, x); }) ==
        "recompute: f depends on a tracked variable that is not among its inputs; make it an input, or detach it   "
        "[inputs: (2,)]");
  const auto c = w.detach();
  CHECK(elements(grad(sum(recompute([&](const Var<double>& v) { return v * c; }, x)), x)) == std::vector<double>{3, 4});
}

TEST_CASE("a piece of constants is a constant") {
  CHECK_FALSE(recompute([](const Var<double>& v) { return exp(v); }, vector({1}).detach()).tracked());
}

TEST_CASE("a recomputed piece keeps its inputs and nothing else") {
  const auto x = Var<double>(random_normal<double>({1000}, Key(1)));
  const auto f = [](const Var<double>& v) {
    Var<double> y = v;
    for (int i = 0; i < 20; ++i) y = exp(-y);
    return sum(y);
  };
  const auto held = [](auto&& make) {
    const std::size_t before = memory_stats().live;
    const auto result = make();
    return memory_stats().live - before;
  };
  CHECK(held([&] { return f(x); }) > 20 * 8000);
  CHECK(held([&] { return recompute(f, x); }) < 8000);
  // x is the caller's; the gradient and the cotangent are what is new.
  CHECK(held([&] { return grad(recompute(f, x), x, {.create_graph = true}); }) < 3 * 8000);
}

TEST_CASE("a chain of a hundred thousand pieces is swept and destroyed without recursion") {
  const auto x = scalar(1);
  Var<double> y = x;
  for (int i = 0; i < 100'000; ++i) y = recompute([](const Var<double>& v) { return -v; }, y);
  CHECK(grad(y, x).item() == 1);
}

TEST_CASE("what is recomputed in a sweep has the order of derivative that it had") {
  struct Orders : autodiff::Observer {
    std::string text;
    void began(const autodiff::Execution& e) override { text += e.name + std::to_string(e.order) + ' '; }
  };
  const auto x = scalar(2);
  const auto f = [](const Var<double>& v) { return exp(v); };
  const auto y = recompute(f, x);
  Orders orders;
  const auto slope = grad(y, x, {.create_graph = true});
  CHECK(orders.text == "exp0 multiply1 ");
  CHECK(slope.node()->order() == 1);
  orders.text.clear();
  const auto curvature = grad(slope, x);
  CHECK(orders.text == "exp0 multiply1 multiply2 multiply2 ");
  CHECK(curvature.item() == slope.item());
}
