#include "neb/nn/recompute.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/grad.hpp"
#include "neb/core/random.hpp"
#include "neb/nn/mlp.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::relative_difference;

namespace {

struct Hiding {
  using value_type = double;
  Var<double> shown{Tensor<double>::ones({2})}, hidden{Tensor<double>::ones({2})};
  Var<double> operator()(const Var<double>& x) const { return x * shown + hidden; }
  static void visit(auto& self, auto&& f) { f("shown", self.shown); }
};

}  // namespace

TEST_CASE("a recomputed module gives the same value and gradients, to its parameters too") {
  Mlp<double> mlp({3, 5, 2}, Key(1), true, 1.0);
  const Var<double> x(random_normal<double>({4, 3}, Key(2)));
  std::vector<Var<double>> targets = parameters(mlp);
  targets.push_back(x);
  const auto expected = grad(sum(square(mlp(x))), targets), got = grad(sum(square(recompute_module(mlp, x))), targets);
  CHECK(neb::test::same_bits(recompute_module(mlp, x).value(), mlp(x).value()));
  for (std::size_t i = 0; i < targets.size(); ++i) CHECK(neb::test::same_bits(got[i].value(), expected[i].value()));
}

TEST_CASE("a module that hides a tracked variable cannot be recomputed") {
  CHECK_THROWS_AS(recompute_module(Hiding(), Var<double>(Tensor<double>::ones({2}))), GraphError);
}
