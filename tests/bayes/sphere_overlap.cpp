#include "neb/bayes/sphere_overlap.hpp"

#include <doctest/doctest.h>

#include <numeric>

#include "kernels/support.hpp"
#include "nn/support.hpp"
#include "progress.hpp"

using namespace neb;
using neb::test::message_of;

namespace {

/// chi of all pairs i < j of x: (n, ...), sorted, by the definition.
template <Scalar T>
std::vector<double> all_chi(const Tensor<T>& x) {
  const Index n = x.shape()[0], d = x.shape().stride(0);
  std::vector<double> chi;
  for (Index i = 0; i < n; ++i)
    for (Index j = i + 1; j < n; ++j) {
      double sum = 0;
      for (Index p = 0; p < d; ++p)
        sum += std::pow(static_cast<double>(x.data()[i * d + p]) - static_cast<double>(x.data()[j * d + p]), 2);
      chi.push_back(std::sqrt(sum) / (2 * std::sqrt(static_cast<double>(d))));
    }
  std::sort(chi.begin(), chi.end());
  return chi;
}

Index total(const SphereOverlap& overlap) {
  return std::accumulate(overlap.histogram.begin(), overlap.histogram.end(), Index{0});
}

double average(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE_TEMPLATE("sphere overlap: all pairs are those of the definition", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;
  // More samples than one block holds, and a last block that is not full.
  for (const Index n : {2, 3, 700}) {
    CAPTURE(n);
    const Tensor<T> x = random_uniform<T>({n, 3, 4, 1}, Key(1));
    const std::vector<double> chi = all_chi(x);
    const SphereOverlap overlap = sphere_overlap(x);
    CHECK(overlap.images == n);
    CHECK(overlap.pairs == n * (n - 1) / 2);
    CHECK(total(overlap) == overlap.pairs);
    CHECK(overlap.min == doctest::Approx(chi.front()).epsilon(tolerance));
    CHECK(overlap.max == doctest::Approx(chi.back()).epsilon(tolerance));
    CHECK(overlap.mean == doctest::Approx(average(chi)).epsilon(tolerance));
    CHECK(std::abs(overlap.median - chi[(chi.size() - 1) / 2]) <= overlap.bin_width);
    CHECK(overlap.bin_width < 1e-4);
    for (const double sigma : {0.1, 0.2, 0.25}) {
      const auto near = [&](double level) { return std::lower_bound(chi.begin(), chi.end(), level) - chi.begin(); };
      const double share = overlap.overlapping(sigma) * static_cast<double>(overlap.pairs);
      CHECK(share >= static_cast<double>(near(sigma - 1.01 * overlap.bin_width)));
      CHECK(share <= static_cast<double>(near(sigma + 1.01 * overlap.bin_width)));
    }
    CHECK(overlap.overlapping(0) == 0);
    CHECK(overlap.overlapping(10) == 1);
  }
}

TEST_CASE("sphere overlap: of two samples it is half the root mean square of their difference") {
  const SphereOverlap overlap = sphere_overlap(Tensor<double>({2, 4}, {0.0, 0.0, 0.0, 0.0, 1.0, 1.0, -1.0, 1.0}));
  CHECK(overlap.min == doctest::Approx(0.5));
  CHECK(overlap.max == doctest::Approx(0.5));
  CHECK(std::abs(overlap.median - 0.5) <= overlap.bin_width);
  CHECK(overlap.overlapping(0.51) == 1);
  CHECK(overlap.overlapping(0.49) == 0);
}

TEST_CASE("sphere overlap: duplicates give exactly 0, and near ones keep their digits in float") {
  // |a|^2 + |b|^2 - 2 ab loses all of 1e-4 beside |a|^2 = 784 * 100.
  Tensor<float> x = random_uniform<float>({600, 784}, Key(1), 9.0F, 11.0F);
  std::copy_n(x.data(), 784, x.mutable_data() + 550 * 784);
  CHECK(sphere_overlap(x).min == 0);

  float& nudged = x.mutable_data()[550 * 784 + 17];
  nudged += 1e-4F;
  const double step = static_cast<double>(nudged) - static_cast<double>(x.data()[17]);
  CHECK(sphere_overlap(x).min == doctest::Approx(step / (2 * 28)).epsilon(1e-12));

  const SphereOverlap equal = sphere_overlap(Tensor<float>::full({5, 3}, 0.1F));
  CHECK(equal.max == 0);
  CHECK(equal.mean == 0);
  CHECK(total(equal) == 10);
}

TEST_CASE("sphere overlap: sampled pairs converge to all pairs, and none is a sample with itself") {
  const Tensor<float> x = random_uniform<float>({40, 6}, Key(1));
  const std::vector<double> chi = all_chi(x);
  double square = 0;
  for (const double value : chi) square += value * value;
  const double variance = square / static_cast<double>(chi.size()) - std::pow(average(chi), 2);
  constexpr Index pairs = 200000;
  const SphereOverlap sampled = sphere_overlap(x, pairs, Key(2));
  CHECK(sampled.pairs == pairs);
  CHECK(total(sampled) == pairs);
  CHECK(std::abs(sampled.mean - average(chi)) < 5 * std::sqrt(variance / pairs));
  // Each of the 780 pairs is missed with probability exp(-256): the extremes are exact.
  CHECK(sampled.min == doctest::Approx(chi.front()).epsilon(1e-12));
  CHECK(sampled.max == doctest::Approx(chi.back()).epsilon(1e-12));
  CHECK(sampled.min > 0);
  const SphereOverlap exact = sphere_overlap(x);
  CHECK(sampled.median == doctest::Approx(exact.median).epsilon(0.01));
  CHECK(sampled.overlapping(0.2) == doctest::Approx(exact.overlapping(0.2)).epsilon(0.05));
}

TEST_CASE("sphere overlap: pair k is drawn with numbers 2k and 2k + 1 of the key, in every piece of the pairs") {
  const Tensor<float> x({3, 1}, {0, 1, 5});
  const Index pairs = (1 << 19) + 1000;  // more than one piece
  const SphereOverlap overlap = sphere_overlap(x, pairs, Key(3));
  const Key draws = Key(3).fold("sphere_overlap");
  double sum = 0;
  for (Index k = 0; k < pairs; ++k) {
    const Index i = random_index(3, draws, 2 * k), step = 1 + random_index(2, draws, 2 * k + 1);
    const Index j = step <= i ? step - 1 : step;
    sum += std::abs(x.data()[i] - x.data()[j]) / 2;
  }
  CHECK(overlap.mean == doctest::Approx(sum / static_cast<double>(pairs)).epsilon(1e-12));
}

TEST_CASE("sphere overlap: every other sample is as likely a partner") {
  // Sample 0 stands alone: 2 of the 6 ordered pairs of three hold it on either side, so 2/3 of all pairs are far.
  const Tensor<double> x({3, 1}, {100.0, 0.0, 1.0});
  const SphereOverlap overlap = sphere_overlap(x, 90000, Key(3));
  CHECK(std::abs(1 - overlap.overlapping(10) - 2.0 / 3) < 5 * std::sqrt(2.0 / 9 / 90000));
}

TEST_CASE("sphere overlap: progress counts pairs, changes nothing, and stops with the chi of those measured") {
  const auto same = [](const SphereOverlap& a, const SphereOverlap& b) {
    return a.pairs == b.pairs && a.min == b.min && a.median == b.median && a.mean == b.mean && a.max == b.max &&
           a.histogram == b.histogram;
  };
  SUBCASE("of sampled pairs") {
    constexpr Index pairs = 1200000;
    const Tensor<float> x = random_uniform<float>({20, 2}, Key(1));
    test::ProgressRecord record, stopped;
    CHECK(same(sphere_overlap(x, pairs, Key(2), record.until()), sphere_overlap(x, pairs, Key(2))));
    CHECK(record.complete());
    CHECK(record.told.back().count == pairs);
    const SphereOverlap part = sphere_overlap(x, pairs, Key(2), stopped.until(1));
    CHECK(part.pairs == stopped.told.back().count);
    CHECK(part.pairs < pairs);
    CHECK(same(part, sphere_overlap(x, part.pairs, Key(2))));
  }
  SUBCASE("of all pairs") {
    const Tensor<float> x = random_uniform<float>({1100, 3}, Key(1));
    test::ProgressRecord record, stopped;
    CHECK(same(sphere_overlap(x, record.until()), sphere_overlap(x)));
    CHECK(record.complete());
    CHECK(record.told.size() > 1);
    CHECK(record.told.back().count == 1100 * 1099 / 2);
    const SphereOverlap part = sphere_overlap(x, stopped.until(1));
    CHECK(part.pairs == stopped.told.back().count);
    CHECK(part.pairs == total(part));
    // The pairs of the first samples with all later ones: what is missing are all pairs of the others.
    Index left = 2;
    while (left * (left - 1) / 2 < 1100 * 1099 / 2 - part.pairs) ++left;
    const std::vector<double> all = all_chi(x), others = all_chi(x.rows(1100 - left, 1100));
    CHECK(part.pairs + std::ssize(others) == std::ssize(all));
    const double sum =
        average(all) * static_cast<double>(all.size()) - average(others) * static_cast<double>(others.size());
    CHECK(part.mean == doctest::Approx(sum / static_cast<double>(part.pairs)).epsilon(1e-5));
  }
}

TEST_CASE("sphere overlap: key and data fix the sampled pairs, threads change nothing") {
  const Tensor<float> x = random_uniform<float>({1100, 20}, Key(1));
  const auto same = [](const SphereOverlap& a, const SphereOverlap& b) {
    return a.min == b.min && a.median == b.median && a.mean == b.mean && a.max == b.max && a.histogram == b.histogram;
  };
  const auto sampled = [&](int threads, std::uint64_t key) {
    const test::WithThreads scope(threads);
    return sphere_overlap(x, 5000, Key(key));
  };
  const auto exact = [&](int threads) {
    const test::WithThreads scope(threads);
    return sphere_overlap(x);
  };
  const SphereOverlap first_sampled = sampled(1, 7), first_exact = exact(1);
  CHECK_FALSE(same(sampled(1, 8), first_sampled));
  for (const int threads : {2, 3, 4}) {
    CHECK(same(sampled(threads, 7), first_sampled));
    CHECK(same(exact(threads), first_exact));
  }
}

TEST_CASE("sphere overlap: fewer than two samples or pairs are refused") {
  for (const Shape& shape : {Shape{1, 3}, Shape{0, 3}, Shape{5}, Shape{5, 0}}) {
    const Tensor<float> x = Tensor<float>::zeros(shape);
    const std::string message =
        "sphere_overlap: expects at least two samples (N, ...)   [x: " + shape.to_string() + "]";
    CHECK(message_of<ShapeError>([&] { sphere_overlap(x); }) == message);
    CHECK(message_of<ShapeError>([&] { sphere_overlap(x, 1, Key(1)); }) == message);
  }
  CHECK(message_of<ValueError>([] {
          sphere_overlap(Tensor<float>::zeros({2, 3}), 0, Key(1));
        }) == "sphere_overlap: expects at least one pair, got 0");
}

TEST_CASE("sphere overlap: a sample that is not finite is refused by its number") {
  for (const float bad : {NAN, HUGE_VALF, -HUGE_VALF}) {
    Tensor<float> x = Tensor<float>::zeros({4, 3});
    x.mutable_data()[7] = bad;
    const std::string message =
        "sphere_overlap: sample 2 holds a number that is not finite, " + std::to_string(bad) + "   [x: (4, 3)]";
    CHECK(message_of<ValueError>([&] { sphere_overlap(x); }) == message);
    CHECK(message_of<ValueError>([&] { sphere_overlap(x, 5, Key(1)); }) == message);
  }
}
