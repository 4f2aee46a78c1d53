#include "paper/classifier.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/check_grads.hpp"
#include "neb/core/random.hpp"

namespace neb::test {
namespace {

using examples::paper::accuracy, examples::paper::Classifier, examples::paper::cross_entropy;

const examples::Program quiet{.name = "test", .out = "", .quiet = true};

/// Dim noise, with a bright square in the corner that the label names.
struct Corners {
  Tensor<float> images;
  std::vector<std::uint8_t> labels;

  explicit Corners(Index count, const Key& key) : images(random_uniform<float>({count, 8, 8, 1}, key, 0, 0.3f)) {
    for (Index i = 0; i < count; ++i) {
      const Index label = random_index(4, key.fold("label"), i);
      labels.push_back(static_cast<std::uint8_t>(label));
      for (Index y = 0; y < 3; ++y)
        for (Index x = 0; x < 3; ++x) images.mutable_data()[i * 64 + (y + label / 2 * 5) * 8 + x + label % 2 * 5] = 1;
    }
  }
};

}  // namespace

TEST_CASE("the cross entropy is the mean of -log softmax at the label") {
  const Tensor<double> scores = random_normal<double>({5, 3}, Key(1));
  const std::vector<std::uint8_t> labels{2, 0, 1, 1, 2};
  double expected = 0;
  for (Index i = 0; i < 5; ++i) {
    double total = 0;
    for (Index k = 0; k < 3; ++k) total += std::exp(scores(i, k));
    expected -= std::log(std::exp(scores(i, labels[static_cast<std::size_t>(i)])) / total) / 5;
  }
  CHECK(cross_entropy(Var<double>(scores), labels).item() == doctest::Approx(expected).epsilon(1e-12));
  CHECK(cross_entropy(Var<double>(Tensor<double>::zeros({5, 3})), labels).item() == doctest::Approx(std::log(3.0)));
  CHECK(check_grads<double>([&](const std::vector<Var<double>>& x) { return cross_entropy(x[0], labels); }, {scores}) <
        1e-6);
}

TEST_CASE("the classifier learns corners, on grey and out of range as well") {
  const Corners train(400, Key(1)), test(200, Key(2));
  const Classifier classifier(quiet, train.images, train.labels, {.steps = 60, .batch = 32});
  CHECK(accuracy(classifier(test.images), test.labels) > 0.98);
  Tensor<float> grey = test.images;
  for (float& pixel : grey.mutable_span()) pixel = 0.1f + 1.1f * pixel;
  CHECK(accuracy(classifier(grey), test.labels) > 0.98);
}

TEST_CASE("from labels that say nothing the classifier learns nothing") {
  Corners train(400, Key(1));
  const Corners test(200, Key(2));
  train.labels = Corners(400, Key(3)).labels;
  const Classifier classifier(quiet, train.images, train.labels, {.steps = 60, .batch = 32});
  CHECK(accuracy(classifier(test.images), test.labels) < 0.5);
}

TEST_CASE("the same seed trains the same classifier") {
  const Corners train(50, Key(1));
  const auto classes = [&](std::uint64_t seed) {
    return Classifier(quiet, train.images, train.labels, {.steps = 2, .batch = 8, .seed = seed})(train.images);
  };
  CHECK(classes(0) == classes(0));
  CHECK(classes(0) != classes(1));
}

TEST_CASE("images without labels are refused") {
  CHECK_THROWS_AS(Classifier(quiet, Corners(3, Key(1)).images, {}), examples::UsageError);
}

TEST_CASE("accuracy is the part of the classes that are right") { CHECK(accuracy({1, 2, 3, 4}, {1, 2, 3, 5}) == 0.75); }

}  // namespace neb::test
