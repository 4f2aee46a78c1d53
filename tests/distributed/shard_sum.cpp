#include "neb/distributed/shard_sum.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "distributed/thread_ranks.hpp"
#include "kernels/support.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::same_bits;

namespace {

template <Scalar T>
using Shards = std::vector<std::vector<Tensor<T>>>;

/// Shards of three tensors, one of them empty, whose elements reach over many powers of two.
template <Scalar T>
Shards<T> shards_of(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> mantissa(-1, 1), power(-90, 30);
  Shards<T> shards;
  for (int s = 0; s < count; ++s) {
    std::vector<Tensor<T>> tensors{Tensor<T>({7, 11}), Tensor<T>({0}), Tensor<T>({1000})};
    for (Tensor<T>& tensor : tensors)
      for (T& x : tensor.mutable_span())
        x = static_cast<T>(std::ldexp(mantissa(random), static_cast<int>(power(random))));
    shards.push_back(std::move(tensors));
  }
  return shards;
}

template <Scalar T>
bool same_bits_of(const std::vector<Tensor<T>>& a, const std::vector<Tensor<T>>& b) {
  bool same = a.size() == b.size();
  for (std::size_t t = 0; same && t < a.size(); ++t) same = same_bits(a[t], b[t]);
  return same;
}

}  // namespace

TEST_CASE_TEMPLATE("sum_over_shards: errs by no more than it says, beside sums in quadruple precision", T, float,
                   double) {
  for (const int count : {1, 2, 3, 16, 32, 100}) {
    CAPTURE(count);
    const Shards<T> shards = shards_of<T>(count, 1);
    const auto sums = sum_over_shards(shards, count, one_process);
    for (std::size_t t : {0, 2}) {
      double largest = 0;
      for (const auto& shard : shards)
        for (const T x : shard[t].span()) largest = std::max(largest, std::abs(static_cast<double>(x)));
      int exponent = 0;
      std::frexp(largest, &exponent);
      const int spare = static_cast<int>(std::ceil(std::log2(count)));
      const double bound = count * std::ldexp(1.0, exponent - 63 + spare);
      if (count <= 32) CHECK(bound <= count * std::ldexp(1.0, exponent - 58));
      for (Index i = 0; i < sums[t].size(); ++i) {
        __extension__ __float128 exact = 0;
        for (const auto& shard : shards) exact += shard[t].data()[i];
        const double rounding = std::numeric_limits<T>::epsilon() * std::abs(static_cast<double>(exact));
        CHECK(std::abs(static_cast<double>(exact - sums[t].data()[i])) <= bound + rounding);
      }
    }
  }
}

TEST_CASE_TEMPLATE("sum_over_shards: the same bits in every order, on any number of ranks and threads", T, float,
                   double) {
  constexpr int count = 8;
  const Shards<T> shards = shards_of<T>(count, 2);
  const auto wanted = sum_over_shards(shards, count, one_process);
  std::array<int, count> order{0, 1, 2, 3, 4, 5, 6, 7};
  std::mt19937 random(3);
  for (int trial = 0; trial < 20; ++trial) {
    std::shuffle(order.begin(), order.end(), random);
    for (const int ranks : {1, 2, 3, 5, 8})
      test::on_ranks(ranks, [&](test::ThreadRank& rank) {
        const Share mine = share_of(count, ranks, rank.rank());
        Shards<T> own;
        for (Index s = mine.begin; s < mine.end; ++s)
          own.push_back(shards[static_cast<std::size_t>(order[static_cast<std::size_t>(s)])]);
        CHECK(same_bits_of(sum_over_shards(own, count, rank), wanted));
        // 8 bytes a tensor and 8 an element.
        CHECK(rank.numbers_sent() == 3 + 77 + 1000);
      });
  }
  for (const int threads : {1, 3}) {
    const test::WithThreads scope(threads);
    CHECK(same_bits_of(sum_over_shards(shards, count, one_process), wanted));
  }
}

TEST_CASE("sum_over_shards: what cancels leaves what is small beside it, down to the unit of the largest") {
  const auto shard = [](std::initializer_list<double> values) {
    return std::vector<Tensor<double>>{Tensor<double>({3}, values)};
  };
  // 1e30 in one element sets the unit of its tensor: 2^(100 - 60) for four shards.
  const auto sums = sum_over_shards<double>(
      {shard({1e30, 1e-30, 3e12}), shard({-1e30, 1, 3e12}), shard({1e30, 1e10, -1e12}), shard({-1e30, 0, 0})}, 4,
      one_process);
  CHECK(sums[0](0) == 0);
  CHECK(sums[0](1) == 0);
  CHECK(std::abs(sums[0](2) - 5e12) <= 4 * std::ldexp(1.0, 39));
  // Alone in its tensor, the smallest number there is survives, and the largest does not overflow on the way.
  const double least = std::numeric_limits<double>::denorm_min(), most = std::numeric_limits<double>::max();
  CHECK(
      sum_over_shards<double>({{Tensor<double>::scalar(least)}, {Tensor<double>::scalar(2 * least)}}, 2, one_process)[0]
          .item() == 3 * least);
  CHECK(
      sum_over_shards<double>({{Tensor<double>::scalar(most)}, {Tensor<double>::scalar(-most / 2)}}, 2, one_process)[0]
          .item() == most / 2);
}

TEST_CASE("sum_over_shards: zeros of all shards add up to zero") {
  const Shards<float> zeros{{Tensor<float>::zeros({5})}, {Tensor<float>::zeros({5})}};
  CHECK(same_bits(sum_over_shards(zeros, 2, one_process)[0], Tensor<float>::zeros({5})));
}

TEST_CASE("sum_over_shards: more elements than go in one message give the same sums") {
  Shards<float> shards;
  for (int s = 0; s < 3; ++s)
    shards.push_back({Tensor<float>::full({3}, float(s)), Tensor<float>::full({(1 << 20) + 5}, 0.25F * float(s + 1)),
                      Tensor<float>::full({7}, -1.0F)});
  const auto sums = sum_over_shards(shards, 3, one_process);
  CHECK(same_bits(sums[0], Tensor<float>::full({3}, 3)));
  CHECK(same_bits(sums[1], Tensor<float>::full({(1 << 20) + 5}, 1.5F)));
  CHECK(same_bits(sums[2], Tensor<float>::full({7}, -3)));
}

TEST_CASE("sum_over_shards: a number that is not finite is refused on every rank, by the tensor's number") {
  for (const float wrong : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()})
    test::on_ranks(3, [&](test::ThreadRank& rank) {
      Shards<float> own{{Tensor<float>::ones({2}), Tensor<float>::ones({4})}};
      if (rank.rank() == 1) own[0][1].mutable_data()[3] = wrong;
      CHECK_THROWS_WITH_AS(sum_over_shards(own, 3, rank),
                           "sum_over_shards: tensor 1 has a number that is not finite in some shard", ValueError);
    });
}

TEST_CASE("sum_over_shards: shards of different shapes and wrong numbers of them are refused") {
  const std::vector<Tensor<float>> one{Tensor<float>::ones({2})}, other{Tensor<float>::ones({3})};
  CHECK_THROWS_WITH_AS(sum_over_shards<float>({one, other}, 2, one_process),
                       "sum_over_shards: all shards have the same tensors   [tensor 0]", ShapeError);
  CHECK_THROWS_AS(sum_over_shards<float>({one, {}}, 2, one_process), ShapeError);
  CHECK_THROWS_WITH_AS(sum_over_shards<float>({one, one}, 1, one_process),
                       "sum_over_shards: expects from one shard to all 1 of them, got 2", ValueError);
  CHECK_THROWS_AS(sum_over_shards<float>({}, 1, one_process), ValueError);
  constexpr Index most = Index{1} << 20;
  CHECK(sum_over_shards<float>({{Tensor<float>::scalar(3)}}, most, one_process)[0].item() == 3);
  CHECK_THROWS_AS(sum_over_shards<float>({{Tensor<float>::scalar(3)}}, most + 1, one_process), ValueError);
}
