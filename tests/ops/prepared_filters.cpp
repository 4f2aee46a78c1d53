#include "neb/ops/prepared_filters.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "neb/ops/arithmetic.hpp"
#include "neb/ops/conv2d.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE("filters that are prepared change no bit of a result or a derivative, and give way to others") {
  const Var<float> x = random_normal<float>({3, 14, 14, 32}, Key(1)), w = random_normal<float>({48, 3, 3, 32}, Key(2));
  const auto derivatives = [&](const Var<float>& filter, const std::shared_ptr<ops::PreparedFilters<float>>& prepared) {
    const auto y = conv2d(x, filter, {}, prepared);
    const auto dx = grad(sum(y * y), x, {.create_graph = true});
    return std::vector{y, dx, grad(sum(dx * dx), x), grad(sum(dx * dx), filter)};
  };
  const auto room = std::make_shared<std::atomic<Index>>(1 << 20);
  const auto prepared = std::make_shared<ops::PreparedFilters<float>>(room);
  const Var<float> other = w * 0.5F;
  for (const Var<float>& filter : {w, w, other, w}) {
    const auto plain = derivatives(filter, nullptr), kept = derivatives(filter, prepared);
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(kept[i], plain[i]));
    // Two forms, each 36 planes of 32 x 48 and a line; panels are whole, of up to 64 channels.
    CHECK(*room <= (1 << 20) - 2 * 36 * 32 * 48 * 4);
    CHECK(*room >= (1 << 20) - 36 * ((48 + 32) * 64 + 32) * 4);
  }
}

TEST_CASE("filters that are prepared are held: writing to them afterwards is not seen in what was kept") {
  const Tensor<double> before = random_normal<double>({4, 3, 3, 2}, Key(1));
  const auto prepared = std::make_shared<ops::PreparedFilters<double>>(std::make_shared<std::atomic<Index>>(1 << 20));
  const Var<double> x = random_tensor({1, 6, 6, 2}, 2);
  Tensor<double> w = before;
  const Tensor<double> first = conv2d(x, Var<double>::constant(w), {}, prepared).value();
  w.mutable_data()[0] += 1;
  CHECK(difference(conv2d(x, Var<double>::constant(w), {}, prepared).value(),
                   conv2d(x, Var<double>::constant(w)).value()) == 0);
  CHECK(difference(conv2d(x, Var<double>::constant(before), {}, prepared).value(), first) == 0);
}
