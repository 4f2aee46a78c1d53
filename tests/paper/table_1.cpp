#include "paper/table_1.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "io/scratch.hpp"
#include "neb/core/random.hpp"

namespace neb::test {
namespace {

using namespace examples;

/// Chi of all pairs by plain loops, where |X_i - X_j| is divided by `unit`.
std::vector<double> all_chi(const Tensor<float>& x, double unit) {
  const Index n = x.shape()[0], d = x.shape().stride(0);
  std::vector<double> chi;
  for (Index i = 0; i < n; ++i)
    for (Index j = i + 1; j < n; ++j) {
      double squared = 0;
      for (Index p = 0; p < d; ++p)
        squared += std::pow(static_cast<double>(x.data()[i * d + p]) - static_cast<double>(x.data()[j * d + p]), 2);
      chi.push_back(std::sqrt(squared) / unit);
    }
  std::sort(chi.begin(), chi.end());
  return chi;
}

struct World {
  Scratch scratch;
  Program program{.name = "test", .out = scratch.folder(), .quiet = true};
  Images images{
      .train = random_uniform<float>({60, 4, 5, 1}, Key(1)), .test = {}, .train_labels = {}, .test_labels = {}};
  paper::Laboratory laboratory{program, images, "", false};
  paper::Results results = paper::table_1(laboratory, 3000);

  double number(const char* key) const { return std::get<double>(value_of(results.numbers, key)); }
  double overlapping(std::size_t i) const {
    return std::get<std::vector<double>>(value_of(results.numbers, "exact_overlapping")).at(i);
  }
};

TEST_CASE("table 1: min, median, mean, max and shares are those of plain loops; a sample of pairs lies within") {
  const World world;
  const std::vector<double> chi = all_chi(world.images.train, 2 * std::sqrt(20));
  const auto share = [&](double sigma) {
    return static_cast<double>(std::count_if(chi.begin(), chi.end(), [=](double c) { return c < sigma; })) /
           static_cast<double>(chi.size());
  };
  CHECK(world.number("exact_min") == doctest::Approx(chi.front()));
  CHECK(world.number("exact_median") == doctest::Approx(chi[chi.size() / 2]).epsilon(1e-3));
  CHECK(world.number("exact_max") == doctest::Approx(chi.back()));
  CHECK(world.overlapping(1) == doctest::Approx(share(0.25)).epsilon(1e-3));
  CHECK(share(0.25) > 0.1);
  CHECK(share(0.25) < 0.99);

  CHECK(world.number("sampled_min") >= chi.front() * (1 - 1e-6));
  CHECK(world.number("sampled_max") <= chi.back() * (1 + 1e-6));
  CHECK(world.number("sampled_mean") == doctest::Approx(world.number("exact_mean")).epsilon(0.02));
}

TEST_CASE("table 1: without the 2, or without sqrt d, every statistic would be another") {
  const World world;
  for (const double unit : {std::sqrt(20), 2.0}) {
    const std::vector<double> mutant = all_chi(world.images.train, unit);
    CHECK(std::abs(world.number("exact_max") / mutant.back() - 1) > 0.4);
    CHECK(std::abs(world.number("exact_median") / mutant[mutant.size() / 2] - 1) > 0.4);
  }
}

TEST_CASE("table 1: says which images it ran on, and draws both histograms") {
  const World world;
  CHECK(world.results.findings.at(0).quantity.find("60 training digits") != std::string::npos);
  for (const paper::Picture& picture : world.results.pictures)
    CHECK(std::filesystem::exists(world.scratch.path(picture.file)));
  CHECK(world.results.pictures.size() == 2);
}

}  // namespace
}  // namespace neb::test
