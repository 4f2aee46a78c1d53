#include "neb/sampling/autocovariance.hpp"

#include <doctest/doctest.h>

#include "kernels/support.hpp"

using namespace neb;
using namespace neb::sampling;

namespace {

/// The same from its definition.
std::vector<double> sums_of_products(const SplitChains& chains) {
  std::vector<double> covariance(static_cast<std::size_t>(chains.length));
  for (Index i = 0; i < chains.count(); ++i)
    for (Index t = 0; t < chains.length; ++t)
      for (Index s = 0; s + t < chains.length; ++s)
        covariance[static_cast<std::size_t>(t)] += (chains.chain(i)[s] - chains.mean(i)) *
                                                   (chains.chain(i)[s + t] - chains.mean(i)) /
                                                   static_cast<double>(chains.length * chains.count());
  return covariance;
}

}  // namespace

TEST_CASE("fourier transform: it is the sum of its definition") {
  for (const std::size_t n : {1U, 2U, 4U, 32U}) {
    const std::vector<double> parts = test::reals<double>(static_cast<Index>(2 * n), 3);
    std::vector<std::complex<double>> x(n);
    for (std::size_t t = 0; t < n; ++t) x[t] = {parts[2 * t], parts[2 * t + 1]};
    std::vector<std::complex<double>> transformed = x;
    fourier_transform(transformed);
    for (std::size_t k = 0; k < n; ++k) {
      std::complex<double> sum = 0;
      for (std::size_t t = 0; t < n; ++t)
        sum += x[t] * std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k * t % n) / static_cast<double>(n));
      CHECK(std::abs(sum - transformed[k]) < 1e-13);
    }
  }
}

TEST_CASE("mean autocovariance: it is the mean of products at every lag, for few and many chains of any length") {
  for (const Index count : {1, 2, 3, 6})
    for (const Index length : {2, 3, 31, 32, 33, 100}) {
      SplitChains chains{test::reals<double>(count * length, 4), length};
      for (Index t = 0; t < length; ++t) chains.x[static_cast<std::size_t>(t)] += 10;  // means differ
      const std::vector<double> found = mean_autocovariance(chains), expected = sums_of_products(chains);
      REQUIRE(found.size() == expected.size());
      for (std::size_t t = 0; t < found.size(); ++t)
        CHECK_MESSAGE(std::abs(found[t] - expected[t]) < 1e-14, count, " chains of ", length, ", lag ", t);
    }
}
