#include "neb/bayes/smooth.hpp"

#include <doctest/doctest.h>

#include "kernels/support.hpp"
#include "neb/autodiff/grad.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::same_bits;

TEST_CASE_TEMPLATE("smooth: the noise is normal with deviation sigma", T, float, double) {
  constexpr double sigma = 0.3, n = 200000;
  const Tensor<T> x = random_uniform<T>({1000, 200}, Key(1));
  const Tensor<T> y = smooth(x, T(sigma), Key(2));
  double mean = 0, square = 0, fourth = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const double e = (static_cast<double>(y.data()[i]) - static_cast<double>(x.data()[i])) / sigma;
    mean += e / n;
    square += e * e / n;
    fourth += e * e * e * e / n;
  }
  CHECK(std::abs(mean) < 5 * std::sqrt(1 / n));
  CHECK(std::abs(square - 1) < 5 * std::sqrt(2 / n));
  CHECK(std::abs(fourth - 3) < 5 * std::sqrt(96 / n));
}

TEST_CASE("smooth: row i of the noise depends on the key and i alone") {
  const Tensor<double> x = random_uniform<double>({6, 3, 2}, Key(1));
  const Tensor<double> all = smooth(x, 0.5, Key(2));
  CHECK(same_bits(smooth(x.rows(0, 4), 0.5, Key(2)), all.rows(0, 4)));
  CHECK_FALSE(same_bits(smooth(x, 0.5, Key(3)), all));
  CHECK_FALSE(same_bits(smooth(x, 0.5, Key(2).at(0)), all));
  const auto with_threads = [&](int count) {
    const test::WithThreads scope(count);
    return smooth(x, 0.5, Key(2));
  };
  CHECK(same_bits(with_threads(3), all));
}

TEST_CASE("smooth: a variable gets the same noise, and passes gradients on to x") {
  const Tensor<double> x = random_uniform<double>({4, 3}, Key(1));
  const Var<double> leaf(x);
  const Var<double> y = smooth(leaf, 0.5, Key(2));
  CHECK(test::relative_difference(y.value(), smooth(x, 0.5, Key(2))) < 1e-15);
  const Tensor<double> slopes = grad(sum(y), leaf).value();
  for (const double g : slopes.span()) CHECK(g == 1);
}

TEST_CASE("smooth: sigma is positive and finite") {
  const Tensor<double> x = Tensor<double>::zeros({1, 1});
  CHECK(message_of<ValueError>([&] { smooth(x, 0.0, Key(1)); }) ==
        "smooth: sigma is a positive noise level in data units, from 1e-6 to 1e6, got 0.000000");
  for (const double sigma : {-1.0, HUGE_VAL, std::nan("")}) {
    CHECK_THROWS_AS(smooth(x, sigma, Key(1)), ValueError);
    CHECK_THROWS_AS(smooth(Var<double>(x), sigma, Key(1)), ValueError);
  }
}
