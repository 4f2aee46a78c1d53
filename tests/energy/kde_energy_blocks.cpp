// The energy of more samples than a block holds, against plain loops in double.
#include <doctest/doctest.h>

#include "neb/autodiff/check_grads.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/bayes/robbins_jump.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/parallel.hpp"
#include "neb/data/toy.hpp"
#include "neb/energy/kde_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::relative_difference;
using neb::test::same_bits;

namespace {

/// What the definition says at one point y: d numbers.
struct Plain {
  double energy = 0;
  std::vector<double> weights;
  std::vector<double> jump;  ///< the mean of the samples under their weights

  template <Scalar T>
  Plain(const Tensor<T>& samples, const T* y, double sigma) {
    const Index n = samples.shape()[0], d = samples.shape().stride(0);
    const auto x = [&](Index i, Index p) { return static_cast<double>(samples.data()[i * d + p]); };
    double largest = -HUGE_VAL, total = 0;
    for (Index i = 0; i < n; ++i) {
      double squares = 0;
      for (Index p = 0; p < d; ++p) squares += std::pow(static_cast<double>(y[p]) - x(i, p), 2);
      weights.push_back(-squares / (2 * sigma * sigma));
      largest = std::max(largest, weights.back());
    }
    for (double& weight : weights) total += weight = std::exp(weight - largest);
    energy = -largest - std::log(total);
    for (double& weight : weights) weight /= total;
    for (Index p = 0; p < d; ++p) {
      double sum = 0;
      for (Index i = 0; i < n; ++i) sum += weights[static_cast<std::size_t>(i)] * x(i, p);
      jump.push_back(sum);
    }
  }

  /// Of coordinates p and q, under the weights.
  double covariance(const Tensor<double>& samples, Index p, Index q) const {
    double sum = 0;
    for (Index i = 0; i < samples.shape()[0]; ++i)
      sum += weights[static_cast<std::size_t>(i)] * (samples(i, p) - jump[static_cast<std::size_t>(p)]) *
             (samples(i, q) - jump[static_cast<std::size_t>(q)]);
    return sum;
  }
};

struct Errors {
  double energy = 0, jump = 0;
};

/// The largest differences between the energy and the plain loops on rows of y, in nats and in units of the data.
template <Scalar T>
Errors errors(const Tensor<T>& samples, const Tensor<T>& y, double sigma) {
  const KdeEnergy<T> phi(samples, static_cast<T>(sigma));
  const Tensor<T> energy = phi(Var<T>::constant(y)).value(), jump = robbins_jump(phi, y, static_cast<T>(sigma));
  Errors worst;
  const Index d = y.shape().stride(0);
  for (Index row = 0; row < y.shape()[0]; ++row) {
    const Plain plain(samples, y.data() + row * d, sigma);
    worst.energy = std::max(worst.energy, std::abs(static_cast<double>(energy(row)) - plain.energy));
    for (Index p = 0; p < d; ++p)
      worst.jump = std::max(worst.jump, std::abs(static_cast<double>(jump.data()[row * d + p]) -
                                                 plain.jump[static_cast<std::size_t>(p)]));
  }
  return worst;
}

}  // namespace

TEST_CASE("kde energy: value and gradient are those of plain loops on either side of every block's end") {
  for (const Index n : {1023, 1024, 1025, 2048, 2049, 3000}) {
    const Tensor<double> samples = random_normal<double>({n, 3}, Key(1));
    const Errors off = errors(samples, random_normal<double>({5, 3}, Key(2)), 0.4);
    CAPTURE(n);
    CHECK(off.energy < 1e-12);
    CHECK(off.jump < 1e-12);
  }
}

TEST_CASE(
    "kde energy: through blocks its derivatives are right to second order, and a Hessian is I / s^2 - Cov / s^4") {
  const Tensor<double> samples = random_normal<double>({1100, 2}, Key(3)), y = random_normal<double>({3, 2}, Key(4));
  constexpr double s = 0.6;
  const KdeEnergy<double> phi(samples, s);
  CHECK_NOTHROW(check_grads<double>([&](const auto& v) { return phi(v[0]); }, {y}));

  const Var<double> points(y);
  for (Index column = 0; column < 2; ++column) {
    Tensor<double> unit = Tensor<double>::zeros({3, 2});
    for (Index row = 0; row < 3; ++row) unit.mutable_data()[row * 2 + column] = 1;
    const Tensor<double> h = hvp(sum(phi(points)), points, Var<double>::constant(unit)).value();
    for (Index row = 0; row < 3; ++row) {
      const Plain plain(samples, y.data() + row * 2, s);
      for (Index p = 0; p < 2; ++p) {
        const double covariance = plain.covariance(samples, p, column);
        CHECK(h(row, p) == doctest::Approx((p == column ? 1 / (s * s) : 0) - covariance / std::pow(s, 4)));
      }
    }
  }
}

TEST_CASE("kde energy: float keeps its digits wherever the data lie, and for small noise in many dimensions") {
  for (const float offset : {0.0F, 100.0F, 1000.0F}) {
    Tensor<float> moons = two_moons<float>(200, Key(1));
    for (float& value : moons.mutable_span()) value += offset;
    const Errors off = errors(moons, smooth(moons.rows(0, 10), 0.3F, Key(2)), 0.3F);
    CAPTURE(offset);
    CHECK(off.energy < 1e-5);
    CHECK(off.jump < 1e-5 + offset * 6e-8F);  // as far as a jump can be written in float
  }
  const Tensor<float> images = random_uniform<float>({300, 784}, Key(3));
  const Errors off = errors(images, smooth(images.rows(0, 5), 0.01F, Key(4)), 0.01F);
  CHECK(off.energy < 5e-4);  // of 392 nats
  CHECK(off.jump < 1e-5);
}

TEST_CASE("kde energy: a row has the same bits in every batch and at any number of threads") {
  struct Size {
    Index samples, d;
  };
  for (const Size& size : {Size{7, 1}, {9, 2}, {200, 2}, {1500, 3}, {40, 50}, {300, 77}}) {
    const Index n = size.samples, d = size.d;
    const KdeEnergy<float> phi(random_normal<float>({n, d}, Key(5)), 0.5F);
    const Tensor<float> y = random_normal<float>({259, d}, Key(6));
    const auto all = energy_and_gradient(phi, Var<float>::constant(y));
    for (const Index count : {1, 2, 3, 8, 257}) {
      const auto part = energy_and_gradient(phi, Var<float>::constant(y.rows(1, 1 + count)));
      CAPTURE(n);
      CAPTURE(d);
      CAPTURE(count);
      CHECK(same_bits(part.energy.value(), all.energy.value().rows(1, 1 + count)));
      CHECK(same_bits(part.gradient.value(), all.gradient.value().rows(1, 1 + count)));
    }
    const int before = threads();
    set_threads(3);
    const auto shared = energy_and_gradient(phi, Var<float>::constant(y));
    set_threads(before);
    CHECK(same_bits(shared.energy.value(), all.energy.value()));
    CHECK(same_bits(shared.gradient.value(), all.gradient.value()));
  }
}

TEST_CASE("kde energy: a gradient needs the memory of a block, whatever the number of samples") {
  const auto peak_of = [](Index n) {
    const KdeEnergy<float> phi(random_normal<float>({n, 4}, Key(7)), 0.5F);
    const Var<float> y = Var<float>::constant(random_normal<float>({512, 4}, Key(8)));
    release_cached_memory();
    const std::size_t before = memory_stats().live;
    reset_peak_memory();
    energy_and_gradient(phi, y);
    return static_cast<double>(memory_stats().peak - before);
  };
  CHECK(peak_of(8192) < 1.1 * peak_of(2048));
}
