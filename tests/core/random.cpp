#include "neb/core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

using namespace neb;

namespace {

using Words = std::array<std::uint32_t, 4>;

template <class T>
bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0;
}

/// The largest distance between the distribution of x and `cdf` (Kolmogorov's statistic), times sqrt(n).
template <class T, class Cdf>
double kolmogorov(const Tensor<T>& x, Cdf cdf) {
  std::vector<double> sorted(x.span().begin(), x.span().end());
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(sorted.size());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double expected = cdf(sorted[i]);
    distance = std::max({distance, expected - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - expected});
  }
  return distance * std::sqrt(n);
}

constexpr double kolmogorov_bound = 1.95;  // exceeded by one sample in a thousand

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

/// The mean of x^power.
template <class T>
double moment(const Tensor<T>& x, int power) {
  double sum = 0;
  for (const T value : x.span()) sum += std::pow(static_cast<double>(value), power);
  return sum / static_cast<double>(x.size());
}

double correlation(const Tensor<double>& a, const Tensor<double>& b) {
  double sum = 0;
  for (Index i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
  return sum / static_cast<double>(a.size());
}

}  // namespace

TEST_CASE("philox gives the published known answers") {
  // kat_vectors of Random123, philox 4x32, 10 rounds.
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t ones = 0xffffffff;
  CHECK(philox({ones, ones, ones, ones}, {ones, ones}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  static_assert(philox({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
}

TEST_CASE("a key is its seed, its purposes in order and its step") {
  const auto words = [](const Key& key) { return key.bits(0, 0); };
  const Key key(2019);
  CHECK(words(key.fold("smooth").at(3)) == words(Key(2019).fold("smooth").at(3)));

  const std::vector<Key> different{key,
                                   Key(2020),
                                   Key(2019 + (std::uint64_t{1} << 32)),
                                   key.at(0),
                                   key.at(1),
                                   key.at(std::uint64_t{1} << 32),
                                   key.at(0).at(0),
                                   key.at(1).at(0),
                                   key.at(0).at(1),
                                   key.at(0).at(0).at(0),
                                   key.fold(""),
                                   key.fold("a"),
                                   key.fold("b"),
                                   key.fold("ab"),
                                   key.fold("ba"),
                                   key.fold("a").fold("b"),
                                   key.fold("b").fold("a"),
                                   key.fold("a").at(0),
                                   key.fold("a").at(1),
                                   key.at(0).fold("a"),
                                   key.at(1).fold("a"),
                                   Key(2020).fold("a")};
  std::set<Words> seen;
  for (const Key& each : different) seen.insert(words(each));
  CHECK(seen.size() == different.size());
}

TEST_CASE("the words of a key stay what they are: results of a seed are repeated by later versions") {
  // By a few lines of Python that follow the rule: FNV-1a of the purpose, and words 0 and 1 of two calls of philox.
  CHECK(Key(2019).fold("smooth").at(3).bits(1, 2) == Words{0xdb332690, 0xc29149a7, 0xfc4bcfd2, 0xedc827c7});
  CHECK(Key(1).at(5).fold("a").bits(0, 0) == Words{0x1e323d12, 0x8233f75a, 0xfedefbfb, 0x4e91a786});
}

TEST_CASE("rows and blocks of a stream are different words") {
  std::set<Words> seen;
  for (std::uint32_t row = 0; row < 50; ++row)
    for (std::uint32_t block = 0; block < 50; ++block) seen.insert(Key(1).bits(row, block));
  CHECK(seen.size() == 2500);
}

TEST_CASE("streams of different purposes, steps and seeds are uncorrelated") {
  const Shape shape{1 << 14};
  const Key key(5);
  const auto normal = [&](const Key& k) { return random_normal<double>(shape, k); };
  const auto a = normal(key.fold("a"));
  const double bound = 4 / std::sqrt(static_cast<double>(a.size()));
  CHECK(correlation(a, a) > 0.9);
  CHECK(std::abs(correlation(a, normal(key.fold("b")))) < bound);
  CHECK(std::abs(correlation(a, normal(key.fold("a").at(0)))) < bound);
  CHECK(std::abs(correlation(normal(key.at(7)), normal(key.at(8)))) < bound);
  CHECK(std::abs(correlation(a, normal(Key(6).fold("a")))) < bound);
}

TEST_CASE_TEMPLATE("uniform numbers fill their interval evenly", T, float, double) {
  const auto x = random_uniform<T>({1 << 16}, Key(11).fold("uniform"), T(-2), T(3));
  const auto [low, high] = std::minmax_element(x.span().begin(), x.span().end());
  CHECK(*low >= T(-2));
  CHECK(*high < T(3));
  CHECK(kolmogorov(x, [](double v) { return (v + 2) / 5; }) < kolmogorov_bound);
}

TEST_CASE("unit uniforms reach from 0 to just below 1") {
  CHECK(unit_uniform<float>(0) == 0);
  CHECK(unit_uniform<float>(0xffffffff) == 1 - 0x1p-24f);
  CHECK(unit_uniform<double>(0xffffffff) == 1 - 0x1p-32);
}

TEST_CASE_TEMPLATE("normal numbers have the moments and the distribution of the normal law", T, float, double) {
  const Index n = 1 << 17;
  const auto x = random_normal<T>({n}, Key(3).fold("normal"));
  const double root = std::sqrt(static_cast<double>(n));
  // Four standard deviations of each estimate.
  CHECK(std::abs(moment(x, 1)) < 4 / root);
  CHECK(std::abs(moment(x, 2) - 1) < 4 * std::sqrt(2.0) / root);
  CHECK(std::abs(moment(x, 3)) < 4 * std::sqrt(15.0) / root);
  CHECK(std::abs(moment(x, 4) - 3) < 4 * std::sqrt(96.0) / root);
  CHECK(kolmogorov(x, normal_cdf) < kolmogorov_bound);
}

TEST_CASE("neighbouring normal numbers are uncorrelated, the two of a pair among them") {
  const Index n = 1 << 16;
  const auto x = random_normal<double>({n}, Key(4));
  for (const Index lag : {1, 2, 3, 4}) {
    double sum = 0;
    for (Index i = 0; i + lag < n; ++i) sum += x(i) * x(i + lag);
    CHECK(std::abs(sum) < 4 * std::sqrt(static_cast<double>(n)));
  }
}

TEST_CASE("row i of a batch does not depend on the size of the batch") {
  const auto large = random_normal<float>({9, 50, 101}, Key(1).fold("rows"));
  const auto small = random_normal<float>({4, 50, 101}, Key(1).fold("rows"));
  CHECK(same_bits(large.rows(0, 4), small));
  CHECK_FALSE(same_bits(large.rows(0, 4), large.rows(4, 8)));
}

TEST_CASE("a row's elements do not depend on the length of the row") {
  const auto longer = random_uniform<double>({2, 9000}, Key(1));
  const auto shorter = random_uniform<double>({2, 4099}, Key(1));
  for (const Index i : {0, 3, 4095, 4096, 4098}) CHECK(longer(1, i) == shorter(1, i));
}

TEST_CASE("random numbers are the same bits at any thread count") {
  const int saved = threads();
  set_threads(1);
  const auto expected = random_normal<float>({5, 20'011}, Key(8));
  for (const int count : {2, 3, 4}) {
    set_threads(count);
    CHECK(same_bits(random_normal<float>({5, 20'011}, Key(8)), expected));
  }
  set_threads(saved);
}

TEST_CASE("random tensors of any rank are filled, empty ones included") {
  CHECK(std::isfinite(random_normal<double>({}, Key(1)).item()));
  CHECK(random_normal<double>({0, 3}, Key(1)).shape() == Shape{0, 3});
  CHECK(random_normal<double>({3, 0}, Key(1)).shape() == Shape{3, 0});
  // One axis is one row: samples are what a first axis of several counts.
  CHECK(random_normal<double>({6}, Key(1))(5) == random_normal<double>({1, 6}, Key(1))(0, 5));
}

TEST_CASE("random indices are in range and evenly spread, whatever the count") {
  for (const Index count : {Index{1}, Index{2}, Index{10}, Index{1000}, (Index{1} << 32) - 1, Index{1} << 32,
                            (Index{1} << 33) + 12345, Index{1} << 40, std::numeric_limits<Index>::max()}) {
    CAPTURE(count);
    constexpr int draws = 20'000, bins = 10;
    std::array<double, bins> hits{};
    bool inside = true;
    for (Index draw = 0; draw < draws; ++draw) {
      const Index index = random_index(count, Key(9).fold("index"), draw);
      inside = inside && index >= 0 && index < count;
      // Indices i with floor(i bins / count) = k are the k-th bin; in long double, whose mantissa holds an Index.
      const auto bin =
          static_cast<std::size_t>(static_cast<long double>(index) * bins / static_cast<long double>(count));
      hits[std::min<std::size_t>(bin, bins - 1)] += 1;
    }
    CHECK(inside);
    if (count < bins) continue;
    double chi_squared = 0;
    for (const double observed : hits) chi_squared += std::pow(observed - draws / bins, 2) / (draws / bins);
    CHECK(chi_squared < 27.9);  // nine degrees of freedom: exceeded once in a thousand
  }
}

TEST_CASE("every small index is drawn, and the low bits of a large one vary") {
  std::set<Index> seen, low;
  for (Index draw = 0; draw < 2000; ++draw) {
    seen.insert(random_index(7, Key(2), draw));
    low.insert(random_index(Index{1} << 40, Key(2), draw) % 64);
  }
  CHECK(seen == std::set<Index>{0, 1, 2, 3, 4, 5, 6});
  CHECK(low.size() == 64);
}

TEST_CASE("an index is drawn from at least one") {
  CHECK_THROWS_WITH_AS(random_index(0, Key(1), 0), "random_index: count is at least 1, got 0", ValueError);
  CHECK_THROWS_WITH_AS(random_index(-5, Key(1), 0), "random_index: count is at least 1, got -5", ValueError);
}
