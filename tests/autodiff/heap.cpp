// What the engine leaves on the heap besides the tensors, which tests/autodiff/memory.cpp counts.
#include <doctest/doctest.h>

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "neb/autodiff/recompute.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/core/random.hpp"
#include "neb/ops/elementary.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

#ifdef __GLIBC__
TEST_CASE("ten thousand steps through second derivatives and recomputed pieces leave nothing on the heap") {
  const auto x = Var<double>(random_normal<double>({4}, Key(1))), w = Var<double>(random_normal<double>({4}, Key(2)));
  const auto step = [&] {
    const auto f = [](const Var<double>& a, const Var<double>& b) { return exp(a * b); };
    const auto y = sum(recompute(f, x, w));
    const auto slope = grad(y, x, {.create_graph = true});
    grad(sum(square(slope)), {x, w});
    jvp(exp(x), x, w);
  };
  for (int i = 0; i < 100; ++i) step();
  const auto before = mallinfo2().uordblks;
  for (int i = 0; i < 10'000; ++i) step();
  const auto after = mallinfo2().uordblks;
  CHECK(after < before + 10'000);  // a byte a step would be more
}
#endif
