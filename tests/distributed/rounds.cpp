#include "neb/distributed/rounds.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "distributed/thread_ranks.hpp"
#include "neb/bayes/audit.hpp"
#include "neb/bayes/sphere_overlap.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::same_bits;
using neb::test::ThreadRank;

namespace {

bool same(const SphereOverlap& a, const SphereOverlap& b) {
  return a.pairs == b.pairs && a.min == b.min && a.max == b.max && a.mean == b.mean && a.median == b.median &&
         a.histogram == b.histogram;
}

bool same(const SampleMean& a, const SampleMean& b) { return a.value == b.value && a.error == b.error; }

}  // namespace

TEST_CASE("work in rounds: every piece is done once, by one rank, until rank 0 has enough") {
  for (const int ranks : {1, 2, 3, 5})
    test::on_ranks(ranks, [&](ThreadRank& rank) {
      std::vector<double> done(11);
      const auto work = [&](Index piece) { done[static_cast<std::size_t>(piece)] += 0.5 + static_cast<double>(piece); };
      CHECK(work_in_rounds(11, rank, work, [](Index) { return true; }) == 11);
      fill_in(std::span(done), rank);
      for (std::size_t i = 0; i < done.size(); ++i) CHECK(done[i] == 0.5 + static_cast<double>(i));
      const Index pieces = work_in_rounds(
          11, rank, [](Index) {}, [](Index so_far) { return so_far < 4; });
      CHECK(pieces >= 4);
      CHECK(pieces < 4 + ranks);
    });
}

TEST_CASE("fill_in: bits arrive as they were, of negative zeros, denormals and NaNs, too") {
  test::on_ranks(3, [](ThreadRank& rank) {
    const std::vector<double> all{-0.0, std::numeric_limits<double>::denorm_min(), -1e300,
                                  std::numeric_limits<double>::quiet_NaN()};
    std::vector<double> mine(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
      if (static_cast<int>(i) % 3 == rank.rank()) mine[i] = all[i];
    fill_in(std::span(mine), rank);
    CHECK(std::memcmp(mine.data(), all.data(), all.size() * sizeof(double)) == 0);
  });
}

TEST_CASE("sphere overlap: the same bits on any number of ranks, of all pairs and of some") {
  const Tensor<float> x = random_uniform<float>({1700, 12}, Key(1));
  const SphereOverlap all = sphere_overlap(x), some = sphere_overlap(x, 1'200'000, Key(2));
  CHECK(all.pairs == 1700 * 1699 / 2);
  CHECK(some.pairs == 1'200'000);
  for (const int ranks : {2, 3, 5})
    test::on_ranks(ranks, [&](ThreadRank& rank) {
      CHECK(same(sphere_overlap(x, {}, rank), all));
      CHECK(same(sphere_overlap(x, 1'200'000, Key(2), {}, rank), some));
    });
}

TEST_CASE(
    "audit: the same bits on any number of ranks, with the clean samples or without, and when it is ended early") {
  const MlpEnergy<double> phi({.widths = {4, 10}, .quadratic = 1}, Key(3));
  const Tensor<double> x = random_normal<double>({33, 4}, Key(4)), y = smooth(x, 0.5, Key(5));
  const AuditOptions options{.spectra = 12, .batch = 5};
  const Audit clean = audit(phi, x, y, 0.5, Key(6), options), noisy = audit(phi, y, 0.5, Key(6), options);
  for (const int ranks : {2, 3})
    test::on_ranks(ranks, [&](ThreadRank& rank) {
      const Audit found = audit(phi, x, y, 0.5, Key(6), options, {}, rank);
      CHECK(found.samples == 33);
      CHECK(same(found.slope, clean.slope));
      CHECK(same(found.clean->loss, clean.clean->loss));
      CHECK(same_bits(found.spectra, clean.spectra));
      CHECK(found.clean->profile.error == clean.clean->profile.error);
      CHECK(same(audit(phi, y, 0.5, Key(6), options, {}, rank).sure, noisy.sure));
      const auto enough = [](const Progress& progress) { return progress.count < 60; };
      const Audit early = audit(phi, x, y, 0.5, Key(6), options, enough, rank);
      CHECK(early.samples == (ranks == 2 ? 10 : 15));
      CHECK(early.spectra.size() == 0);
    });
}
