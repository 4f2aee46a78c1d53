// A check that cannot fail checks nothing: check_grads has to find each kind of mistake.
#include "neb/autodiff/check_grads.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

using Vars = std::vector<Var<double>>;

enum class Mistake { none, sign, factor, first_input, second_input, second_derivative, third_derivative, nan, nothing };

/// a b^2, with one mistake in its vjp.
struct Suspect {
  static constexpr const char* name = "suspect";
  Mistake mistake;
  Tensor<double> forward(const Tensor<double>& a, const Tensor<double>& b) const {
    return (Var<double>(a) * Var<double>(b) * Var<double>(b)).value();
  }
  Var<double> vjp(Index i, const Var<double>& g, const Var<double>& a, const Var<double>& b) const {
    const Var<double> right = i == 0 ? g * b * b : 2 * g * a * b;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    switch (mistake) {
      case Mistake::none:
        return right;
      case Mistake::sign:
        return -right;
      case Mistake::factor:
        return i == 0 ? right : right / 2;
      case Mistake::first_input:
        return i == 0 ? right * 1.001 : right;
      case Mistake::second_input:
        return i == 0 ? right : right * 1.001;
      case Mistake::second_derivative:
        return i == 0 ? g * detach(b * b) : right;
      case Mistake::third_derivative:
        return i == 0 ? g * b * b : g * (a * (2 * b) + (b - detach(b)) * (b - detach(b)));
      case Mistake::nan:
        return right * nan;
      case Mistake::nothing:
        return 0 * right;
    }
    return right;
  }
};

double check(Mistake mistake, CheckOptions options) {
  const Tensor<double> a({3}, {0.5, -1, 2}), b({3}, {1, 2, -0.3});
  return check_grads<double>([&](const Vars& v) { return apply(Suspect{mistake}, v[0], v[1]); }, {a, b}, options);
}

bool caught(Mistake mistake, int order) {
  return message_of<GraphError>([&] { check(mistake, {.order = order}); }).starts_with("check_grads: derivative");
}

}  // namespace

TEST_CASE("check_grads passes what is right, and returns how far off it was") {
  for (const int order : {1, 2, 3}) {
    const double worst = check(Mistake::none, {.order = order});
    CHECK(worst < 1e-8);
    CHECK(worst > 0);
  }
}

TEST_CASE("check_grads finds a mistake in the first derivative at order 1") {
  for (const Mistake mistake :
       {Mistake::sign, Mistake::factor, Mistake::first_input, Mistake::second_input, Mistake::nan, Mistake::nothing}) {
    CAPTURE(static_cast<int>(mistake));
    CHECK(caught(mistake, 1));
    CHECK(caught(mistake, 2));
  }
}

TEST_CASE("check_grads finds a mistake in the second derivative alone at order 2, not before") {
  CHECK_FALSE(caught(Mistake::second_derivative, 1));
  CHECK(caught(Mistake::second_derivative, 2));
}

TEST_CASE("check_grads finds a mistake in the third derivative alone at order 3, not before") {
  CHECK_FALSE(caught(Mistake::third_derivative, 2));
  CHECK(caught(Mistake::third_derivative, 3));
}

TEST_CASE("check_grads finds a dependence that detach hides") {
  const auto f = [](const Vars& v) { return v[0] * detach(v[0]); };
  CHECK_THROWS_AS(check_grads<double>(f, {Tensor<double>({2}, {1, 2})}, {.order = 1}), GraphError);
}

TEST_CASE("the message of check_grads names the input, the order and both numbers") {
  const std::string message = message_of<GraphError>([] { check(Mistake::second_input, {.order = 1}); });
  CAPTURE(message);
  CHECK(message.starts_with("check_grads: derivative with respect to input 1 of 2, 0 orders left to check, is "));
  CHECK(message.find("; finite differences give ") != std::string::npos);
  CHECK(message.ends_with("   [input: (3,)]"));
}

TEST_CASE("the tolerance decides what is a mistake, and the seed where it is looked for") {
  CHECK(check(Mistake::second_input, {.order = 1, .tolerance = 0.01}) > 1e-6);
  CHECK(check(Mistake::none, {.order = 1, .seed = 1}) != check(Mistake::none, {.order = 1, .seed = 2}));
  CHECK(check(Mistake::none, {.order = 1, .seed = 1}) == check(Mistake::none, {.order = 1, .seed = 1}));
}
