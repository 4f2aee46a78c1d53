// Graphs so deep that recursion over them would overflow the stack; each is built, differentiated and destroyed on a
// stack of 256 KB.
#include <doctest/doctest.h>
#include <pthread.h>

#include <cmath>
#include <functional>
#include <optional>
#include <vector>

#include "neb/autodiff/transforms.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// Runs `body` on a thread with a stack of 256 KB and waits for it.
void on_small_stack(std::function<void()> body) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
  const auto start = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  pthread_t thread;
  REQUIRE(pthread_create(&thread, &attributes, start, &body) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
}

}  // namespace

TEST_CASE("a chain of a million nodes runs forward, backward and is destroyed") {
  double value = 0, slope = 0;
  on_small_stack([&] {
    const auto x = scalar(3);
    Var<double> y = x;
    for (int i = 0; i < 1'000'000; ++i) y = -y;
    value = y.item();
    slope = grad(y, x).item();
  });
  CHECK(value == 3);
  CHECK(slope == 1);
}

TEST_CASE("a chain whose every link uses the one before twice is destroyed as well") {
  double slope = 0;
  on_small_stack([&] {
    const auto x = scalar(1);
    Var<double> y = x;
    for (int i = 0; i < 200'000; ++i) y = y * y;
    slope = grad(y, x).item();
  });
  CHECK(std::isinf(slope));  // 2^200000
}

TEST_CASE("a ladder, whose nodes are shared across rungs, is destroyed") {
  bool destroyed = false;
  on_small_stack([&] {
    Var<double> a = scalar(1), b = scalar(1);
    for (int i = 0; i < 200'000; ++i) {
      const Var<double> next = a + b;
      b = next - a;
      a = next - b;
    }
    b = Var<double>();
    destroyed = true;
  });
  CHECK(destroyed);
}

TEST_CASE("a deep graph that somebody else still holds stays whole") {
  double slope = 0;
  on_small_stack([&] {
    const auto x = scalar(3);
    std::optional<Var<double>> kept;
    {
      Var<double> y = x;
      for (int i = 0; i < 200'000; ++i) {
        y = y + 0;
        if (i == 100'000) kept = y * y;
      }
    }
    slope = grad(*kept, x).item();
  });
  CHECK(slope == 6);
}

TEST_CASE("the gradient of the gradient of a deep chain agrees with the recurrence for both") {
  constexpr int depth = 100'000;
  constexpr double rate = 1e-5;
  double value = 0.5, slope = 1, curvature = 0;
  for (int i = 0; i < depth; ++i) {  // y + rate y^2, with its first two derivatives
    curvature = curvature * (1 + 2 * rate * value) + 2 * rate * slope * slope;
    slope *= 1 + 2 * rate * value;
    value += rate * value * value;
  }
  double got_value = 0, got_slope = 0, got_curvature = 0;
  on_small_stack([&] {
    const auto x = scalar(0.5);
    Var<double> y = x;
    for (int i = 0; i < depth; ++i) y = y + rate * (y * y);
    got_value = y.item();
    const auto first = grad(y, x, {.create_graph = true});
    got_slope = first.item();
    got_curvature = grad(first, x).item();
  });
  CHECK(got_value == doctest::Approx(value).epsilon(1e-12));
  CHECK(got_slope == doctest::Approx(slope).epsilon(1e-12));
  CHECK(got_curvature == doctest::Approx(curvature).epsilon(1e-12));
}

namespace {

/// Operations that run in its scope.
struct Counter : autodiff::Observer {
  long count = 0;
  void began(const autodiff::Execution&) override { ++count; }
};

/// Operations that the derivatives of a chain take whose every link uses the one before three times, by order.
std::vector<long> operations_by_order(int depth, int orders) {
  const auto x = scalar(0.5);
  Var<double> y = x;
  for (int i = 0; i < depth; ++i) y = y + 1e-6 * (y * y);
  std::vector<long> counts;
  for (int order = 1; order <= orders; ++order) {
    const Counter counter;
    y = grad(y, x, {.create_graph = order < orders});
    counts.push_back(counter.count);
  }
  return counts;
}

}  // namespace

TEST_CASE("a million nodes, each used twice, cost a million steps and not the number of paths") {
  double slope = 0, curvature = 0;
  on_small_stack([&] {
    const auto x = scalar(3);
    Var<double> y = x;
    for (int i = 0; i < 500'000; ++i) y = 0.5 * (y + y);  // 2^500000 paths
    slope = grad(y, x).item();
    y = x;
    for (int i = 0; i < 100'000; ++i) y = 0.5 * (y + y);
    curvature = hvp(y * y, x, scalar(1)).item();
  });
  CHECK(slope == 1);
  CHECK(curvature == 2);
}

TEST_CASE("the operations of the first three derivatives grow linearly with the depth") {
  const auto at = [](int depth) { return operations_by_order(depth, 3); };
  const auto a = at(100), b = at(200), c = at(400);
  for (std::size_t order = 0; order < 3; ++order) {
    CAPTURE(order);
    CHECK(b[order] > a[order]);
    CHECK(c[order] - b[order] == 2 * (b[order] - a[order]));
  }
}
