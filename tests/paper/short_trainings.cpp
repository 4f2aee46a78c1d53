#include "paper/short_trainings.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <variant>

#include "io/scratch.hpp"
#include "paper/memory_measures.hpp"
#include "programs/small_images.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

/// Spots in two classes: in the left half or in the right one.
struct Spots {
  examples::Images images{.train = spots(96, {8, 8, 1}, Key(1)),
                          .test = spots(24, {8, 8, 1}, Key(2)),
                          .train_labels = {},
                          .test_labels = std::vector<std::uint8_t>(24)};
  Judge judge{"half", [](const Tensor<float>& x) {
                std::vector<int> classes;
                for (Index i = 0; i < x.shape()[0]; ++i) {
                  double moment = 0;
                  for (Index p = 0; p < 64; ++p)
                    moment += static_cast<double>(x.data()[i * 64 + p]) * (static_cast<double>(p % 8) - 3.5);
                  classes.push_back(moment > 0 ? 1 : 0);
                }
                return classes;
              }};

  Spots() {
    const std::vector<int> classes = judge.classify(images.test);
    for (std::size_t i = 0; i < classes.size(); ++i) images.test_labels[i] = static_cast<std::uint8_t>(classes[i]);
  }
};

const ConvEnergyOptions& network(const examples::Training& training) {
  return std::get<ConvEnergyOptions>(training.architecture);
}

examples::Training small(Index steps, double steepness) {
  examples::Training training = short_training(0.3, steps, false);
  training.architecture = ConvEnergyOptions{.channels = {4, 8},
                                            .kernel = 3,
                                            .stride = {2},
                                            .padding = 1,
                                            .quadratic = steepness * network(training).quadratic};
  training.options.batch = 8;
  return training;
}

}  // namespace

TEST_CASE("the two trainings differ in the quadratic part and in filling, and in nothing else") {
  const examples::Training ours = short_training(0.3, 500, false), plain = short_training(0.3, 500, true);
  CHECK(ours.options.steps == 500);
  CHECK(plain.options.steps == 500);
  CHECK(ours.options.seed == plain.options.seed);
  CHECK(ours.options.batch == plain.options.batch);
  CHECK(network(ours).channels == network(plain).channels);
  CHECK(network(ours).quadratic == doctest::Approx(1 / (2 * 0.09)));
  CHECK(ours.options.fill > 0);
  CHECK(network(plain).quadratic == 0);
  CHECK(plain.options.fill == 0);
}

TEST_CASE(
    "a training leaves its loss and where images settle; where a quadratic is 30 times too steep, that is one image") {
  const Scratch scratch;
  const examples::Program program{.name = "test", .out = scratch.folder(), .quiet = true};
  const Spots data;
  const ShortTraining found = train_and_remember(program, data.images, data.judge, 24, small(60, 1), small(60, 30));
  CHECK(found.steps == 60);
  CHECK(found.kept.accuracy == 1);
  CHECK(found.loss < found.plain_loss);
  // All of them are the mean image, whose class is right for the images that have it.
  CHECK(distinct_rows(found.plain_memories).size() == 1);
  const std::vector<int> mean_class = data.judge.classify(found.plain_memories.rows(0, 1));
  const auto& labels = data.images.test_labels;
  CHECK(found.plain_kept.share ==
        doctest::Approx(static_cast<double>(std::count(labels.begin(), labels.end(), mean_class[0])) / 24));
  CHECK(found.memories.shape() == Shape{10, 8, 8, 1});
}

}  // namespace neb::test
