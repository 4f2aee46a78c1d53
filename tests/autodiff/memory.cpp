// What the engine holds, and for how long.
#include <doctest/doctest.h>

#include <cmath>

#include "neb/core/random.hpp"
#include "neb/ops/elementary.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

constexpr Index side = 512;
constexpr std::size_t bytes = side * side * sizeof(double);

/// Bytes at the peak of `body` above those live before it, in arrays of (side, side).
template <class Body>
double peak_arrays(Body&& body) {
  const std::size_t before = memory_stats().live;
  reset_peak_memory();
  body();
  return static_cast<double>(memory_stats().peak - before) / static_cast<double>(bytes);
}

}  // namespace

TEST_CASE("ten thousand training steps end with the memory that they began with") {
  const auto x = Var<float>::constant(random_normal<float>({16, 8}, Key(1)));
  Var<float> w = Tensor<float>::zeros({8}), b = Tensor<float>::zeros({});
  const auto step = [&] {
    const auto residual = sum(x * w, 1) + b - 1;
    const auto energy = mean(square(residual)) + sum(square(w)) / 100;
    const auto slope = grad(energy, w, {.create_graph = true});
    const auto gradients = grad(energy + sum(square(slope)) / 1000, {w, b});
    w = Var<float>((w - 0.01f * gradients[0]).value());
    b = Var<float>((b - 0.01f * gradients[1]).value());
    return energy.item();
  };
  const float first = step();
  const auto before = memory_stats();
  reset_peak_memory();
  step();
  const auto peak = memory_stats().peak;
  float last = 0;
  for (int i = 0; i < 10'000; ++i) last = step();
  const auto after = memory_stats();
  CHECK(after.live == before.live);
  CHECK(after.live + after.cached == before.live + before.cached);
  CHECK(after.peak == peak);
  CHECK(last < 0.6f * first);
}

TEST_CASE("a graph is gone with the last variable that refers to it") {
  const std::size_t before = memory_stats().live;
  {
    const auto x = Var<double>(random_normal<double>({100}, Key(1)));
    const auto y = sum(exp(x * x));
    const auto slope = grad(y, x, {.create_graph = true});
    const auto curvature = grad(sum(slope * slope), x, {.create_graph = true});
    CHECK(memory_stats().live > before);
  }
  CHECK(memory_stats().live == before);
}

TEST_CASE("a gradient without create_graph holds nothing but itself") {
  const auto x = Var<double>(random_normal<double>({1000}, Key(1)));
  const std::size_t before = memory_stats().live;
  const auto g = [&] { return grad(sum(exp(x * x)), x); }();
  CHECK(memory_stats().live == before + BufferPool::size_class(8000 + buffer_alignment));
}

TEST_CASE("an error in the middle of a gradient leaks nothing") {
  const auto x = Var<double>(random_normal<double>({1000}, Key(1))), other = scalar(1);
  const std::size_t before = memory_stats().live;
  CHECK_THROWS_AS(grad(sum(exp(x * x)), {x, other}, {.create_graph = true}), GraphError);
  CHECK(memory_stats().live == before);
}

TEST_CASE("the peak of a gradient is what the vjps need, and a few cotangents") {
  const auto x = Var<double>(random_normal<double>({side, side}, Key(1)));
  // Additions and negations need no values, however many there are.
  CHECK(peak_arrays([&] {
          Var<double> y = x;
          for (int i = 0; i < 50; ++i) y = 1 - y;
          grad(sum(y), x);
        }) < 4.5);
  // An exponential keeps its output; cotangents come and go.
  CHECK(peak_arrays([&] {
          Var<double> y = x;
          for (int i = 0; i < 10; ++i) y = exp(-y);
          grad(sum(y), x);
        }) < 10 + 4.5);
}

TEST_CASE("an output that is given up releases the values behind it while its gradient is computed") {
  const Var<double> x(Tensor<double>::full({side, side}, 0.01));
  const auto chain = [&] {
    Var<double> y = x;
    for (int i = 0; i < 20; ++i) y = exp(y * 0.5);  // each exp saves its output
    return sum(y);
  };
  Tensor<double> kept, given_up;
  Var<double> loss = chain();
  std::size_t live = memory_stats().live;
  kept = grad(loss, x).value();
  CHECK(memory_stats().live >= live);  // the graph is still there
  live = memory_stats().live;
  given_up = grad(std::move(loss), x).value();
  CHECK(memory_stats().live + 18 * bytes <= live);
  CHECK(std::equal(kept.span().begin(), kept.span().end(), given_up.span().begin()));
}

TEST_CASE("what somebody still holds survives an output that is given up") {
  const Var<double> x(Tensor<double>(Shape{2}, {1.0, 2.0}));
  const Var<double> middle = exp(x);
  const Var<double> first = grad(sum(square(middle)), x);  // 2 exp(2x)
  const Var<double> again = grad(sum(square(middle)), x);
  CHECK(first.value()(1) == doctest::Approx(2 * std::exp(4.0)));
  CHECK(again.value()(1) == first.value()(1));
}
