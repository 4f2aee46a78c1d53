#include "neb/autodiff/cost.hpp"

#include <doctest/doctest.h>

#include "neb/bayes/deen.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

struct Step {
  MlpEnergy<double> phi{{.widths = {8, 64, 64}}, Key(1)};
  mutable std::vector<Index> batches;

  void operator()(Index n) const {
    batches.push_back(n);
    const Var<double> x(random_normal<double>({n, 8}, Key(2)));
    const Var<double> y(smooth(x, 0.3, Key(3)).value());
    auto copy = phi;
    grad(deen_loss(copy, x, y, 0.3), copy);
  }
};

}  // namespace

TEST_CASE("the cost of a large step is told from two small ones") {
  const Step step;
  const Cost told = cost_of_step(step, 600, 50);
  CHECK(step.batches == std::vector<Index>{50, 100});
  const Cost measured = cost_of_step(step, 600, 300);  // runs it
  CHECK(step.batches == std::vector<Index>{50, 100, 600});
  // Terms that do not grow with the batch, as the additions of parameter gradients, are on the line as well.
  CHECK(told.flops == doctest::Approx(measured.flops).epsilon(1e-3));
  CHECK(told.peak_bytes == doctest::Approx(measured.peak_bytes).epsilon(0.15));
  // Two layers of 64 x 64 and 8 x 64, forward and backward through a gradient.
  CHECK(measured.flops > 600. * 2 * (64 * 64 + 8 * 64) * 5);
}

TEST_CASE("what a step did not allocate is not its cost") {
  const Step step;
  const double alone = cost_of_step(step, 20, 20).peak_bytes;
  const Tensor<double> before({1000, 1000});
  CHECK(cost_of_step(step, 20, 20).peak_bytes == doctest::Approx(alone).epsilon(1e-3));
}

TEST_CASE("cost_of_step refuses empty batches") {
  const Step step;
  CHECK_THROWS_AS(cost_of_step(step, 0), ValueError);
  CHECK_THROWS_AS(cost_of_step(step, 10, 0), ValueError);
  CHECK(step.batches.empty());
}
