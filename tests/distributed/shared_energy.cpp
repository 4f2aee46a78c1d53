#include "neb/distributed/shared_energy.hpp"

#include <doctest/doctest.h>

#include "distributed/thread_ranks.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "neb/flow/gradient_flow.hpp"
#include "neb/sampling/langevin.hpp"
#include "neb/sampling/walk.hpp"
#include "nn/support.hpp"
#include "ops/support.hpp"

using namespace neb;
using neb::test::same_bits;

namespace {

/// An energy that takes no batch of no rows, as one of a user may.
struct Net {
  MlpEnergy<float> phi{{.widths = {6, 20, 10}, .quadratic = 1}, Key(1)};

  Var<float> operator()(const Var<float>& y) const {
    if (y.shape()[0] == 0) throw ShapeError("Net: expects a row at least");
    return phi(y);
  }
};

Net energy() { return {}; }

/// Calls `work(shared energy)` on rank 0 while the others answer.
template <class Work>
void with_answers(int ranks, const Work& work) {
  test::on_ranks(ranks, [&](test::ThreadRank& rank) {
    const SharedEnergy<float, Net, test::ThreadRank> shared(energy(), rank);
    if (rank.rank() != 0) return shared.answer();
    work(shared);
    shared.dismiss();
  });
}

}  // namespace

TEST_CASE("shared energy: energies and gradients have the bits of one process, also with fewer rows than ranks") {
  const Net phi = energy();
  for (const int ranks : {1, 2, 3, 5})
    with_answers(ranks, [&](const auto& shared) {
      for (const Index rows : {1, 2, 7, 16}) {
        CAPTURE(ranks);
        CAPTURE(rows);
        const Tensor<float> y = random_normal<float>({rows, 6}, Key(static_cast<std::uint64_t>(rows)));
        CHECK(same_bits(shared(Var<float>::constant(y)).value(), phi(Var<float>::constant(y)).value()));
        const auto wanted = energy_and_gradient(phi, Var<float>(y)), found = energy_and_gradient(shared, Var<float>(y));
        CHECK(same_bits(found.energy.value(), wanted.energy.value()));
        CHECK(same_bits(found.gradient.value(), wanted.gradient.value()));
      }
    });
}

TEST_CASE("shared energy: a walk and a flow have the bits of one process") {
  const Net phi = energy();
  const Tensor<float> y = random_normal<float>({7, 6}, Key(4));
  const auto walked = walk(phi, Langevin<float>{.y = y, .delta = 0.1}, 20, Key(5));
  const Flow<float> flowed = gradient_flow(phi, y, 1.0F);
  for (const int ranks : {2, 3, 5})
    with_answers(ranks, [&](const auto& shared) {
      CHECK(same_bits(walk(shared, Langevin<float>{.y = y, .delta = 0.1}, 20, Key(5)).y, walked.y));
      const Flow<float> flow = gradient_flow(shared, y, 1.0F);
      CHECK(same_bits(flow.y, flowed.y));
      CHECK(flow.time == flowed.time);
      CHECK(flow.end == flowed.end);
    });
}

TEST_CASE("shared energy: weighted rows have weighted gradients, and no derivative beyond them") {
  const Net phi = energy();
  const Tensor<float> points = random_normal<float>({4, 6}, Key(6)), weights = random_normal<float>({4}, Key(7));
  const auto slope = [&](const auto& of) {
    const Var<float> y(points);
    return grad(sum(of(y) * Var<float>::constant(weights)), y).value();
  };
  with_answers(2, [&](const auto& shared) {
    CHECK(test::relative_difference(slope(shared), slope(phi)) < 1e-6);
    const Var<float> y(points);
    const Var<float> gradient = grad(sum(shared(y)), y, {.create_graph = true});
    CHECK_THROWS_WITH_AS(
        grad(sum(square(gradient)), y),
        "SharedEnergy: has values and gradients, and no derivative beyond these; differentiate the energy itself",
        Error);
    CHECK_THROWS_AS(shared(Var<float>::constant(Tensor<float>::scalar(1))), ShapeError);
  });
}
