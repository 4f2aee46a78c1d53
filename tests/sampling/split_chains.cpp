#include "neb/sampling/split_chains.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace neb;
using sampling::quantile;

TEST_CASE("quantile: linear between order statistics, with both ends, of any number of numbers") {
  const std::vector<double> x{4, 1, 3, 2};
  CHECK(quantile(x, 0) == 1);
  CHECK(quantile(x, 25) == 1.75);
  CHECK(quantile(x, 50) == 2.5);
  CHECK(quantile(x, 90) == doctest::Approx(3.7).epsilon(1e-15));
  CHECK(quantile(x, 100) == 4);
  for (const int percent : {0, 5, 50, 95, 100}) CHECK(quantile({7}, percent) == 7);
  std::vector<double> many;
  for (int i = 0; i <= 100; ++i) many.push_back(i * 37 % 101);
  for (int percent = 0; percent <= 100; ++percent) CHECK(quantile(many, percent) == percent);
}

TEST_CASE("split chains: the halves of each chain, without the middle of an odd one") {
  const sampling::SplitChains halves = sampling::split(Tensor<double>({2, 5}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), "test");
  CHECK(halves.length == 2);
  CHECK(halves.count() == 4);
  CHECK(halves.x == std::vector<double>{1, 2, 4, 5, 6, 7, 9, 10});
  CHECK(halves.mean(0) == 1.5);
  CHECK(halves.mean(3) == 9.5);
  CHECK_FALSE(halves.constant());
  CHECK(sampling::SplitChains{{3, 3}, 1}.constant());
}

TEST_CASE("split chains: ranks become quantiles of a normal number, and equal numbers share the average of theirs") {
  const sampling::SplitChains z = sampling::rank_normalised({{5, -1, 5, 80}, 2});
  CHECK(z.length == 2);
  const auto of_rank = [](double rank) { return normal_quantile((rank - 0.375) / 4.25); };
  CHECK(z.x == std::vector<double>{of_rank(2.5), of_rank(1), of_rank(2.5), of_rank(4)});
}

TEST_CASE("split chains: folded, they are distances from the median") {
  CHECK(sampling::folded({{5, -1, 4, 80}, 2}).x == std::vector<double>{0.5, 5.5, 0.5, 75.5});
}

TEST_CASE("split chains: a series can be judged from four finite draws on that are not all equal") {
  using sampling::can_be_judged;
  CHECK(can_be_judged(Tensor<double>({1, 4}, {1, 2, 3, 4})));
  CHECK(can_be_judged(Tensor<double>({1, 4}, {1, 1, 1, 4})));
  CHECK_FALSE(can_be_judged(Tensor<double>({1, 3}, {1, 2, 3})));
  CHECK_FALSE(can_be_judged(Tensor<double>({1, 4}, {1, 1, 1, 1})));
  CHECK_FALSE(can_be_judged(Tensor<double>({1, 4}, {1, 2, NAN, 4})));
  CHECK_FALSE(can_be_judged(Tensor<double>({1, 4}, {1, 2, 3, HUGE_VAL})));
}
