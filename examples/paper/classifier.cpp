#include "paper/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <neb/autodiff/grad.hpp>
#include <neb/bayes/robbins_jump.hpp>
#include <neb/data/sample.hpp>
#include <neb/nn/conv2d.hpp>
#include <neb/nn/linear.hpp>
#include <neb/ops/activation.hpp>
#include <neb/ops/extrema.hpp>
#include <neb/optim/adam.hpp>
#include <neb/optim/schedule.hpp>

namespace examples::paper {

using neb::Index, neb::Tensor, neb::Var;

namespace {

struct Network {
  using value_type = float;
  std::vector<neb::Conv2d<float>> conv;
  neb::Linear<float> readout;

  Network(const neb::Shape& image, Index classes, const neb::Key& key) {
    const neb::Conv2dOptions halving{.stride = 2, .padding = 2};
    Index height = image[0], width = image[1], channels = image[2];
    for (const Index next : {16, 32}) {
      conv.emplace_back(channels, next, /*kernel=*/5, halving, key.fold("conv").at(conv.size()));
      height = (height + 1) / 2;
      width = (width + 1) / 2;
      channels = next;
    }
    readout = neb::Linear<float>(height * width * channels, classes, key.fold("readout"));
  }

  Var<float> operator()(const Var<float>& images) const {
    Var<float> h = clamp(images, 0, 1);
    for (const neb::Conv2d<float>& layer : conv) h = neb::smooth_relu(layer(h));
    return readout(flatten(h));
  }

  static void visit(auto& self, auto&& f) {
    f("conv", self.conv);
    f("readout", self.readout);
  }
};

/// Images as jumps and attractors may look: with less or more contrast, on grey, a little noisy.
Var<float> disturbed(const Tensor<float>& images, const neb::Key& key) {
  const neb::Shape per_image{images.shape()[0], 1, 1, 1};
  const auto draw = [&](const char* name, float low, float high) {
    return Var<float>::constant(neb::random_uniform<float>(per_image, key.fold(name), low, high));
  };
  const Var<float> noise = Var<float>::constant(neb::random_normal<float>(images.shape(), key.fold("noise")));
  return draw("contrast", 0.6f, 1.2f) * Var<float>::constant(images) + draw("grey", -0.05f, 0.15f) + 0.05f * noise;
}

}  // namespace

Classifier::Classifier(const Program& program, const Tensor<float>& images, const std::vector<std::uint8_t>& labels,
                       const ClassifierOptions& options) {
  const neb::Shape& shape = images.shape();
  if (std::ssize(labels) != shape[0] || labels.empty())
    throw UsageError("a classifier needs the labels of the images: --data names a folder without train-labels");
  const neb::Key key = neb::Key(options.seed).fold("classifier");
  const Index classes = 1 + *std::max_element(labels.begin(), labels.end());
  const auto network = std::make_shared<Network>(neb::Shape{shape[1], shape[2], shape[3]}, classes, key);
  neb::Adam<float> adam;
  ProgressBar bar = program.progress("training a classifier", "images");
  for (Index step = 0; step < options.steps; ++step) {
    const double progress = static_cast<double>(step) / static_cast<double>(options.steps);
    const neb::Key draw = key.at(static_cast<std::uint64_t>(step));
    std::vector<Index> rows;
    std::vector<std::uint8_t> row_labels;
    for (Index i = 0; i < options.batch; ++i) {
      rows.push_back(neb::random_index(shape[0], draw.fold("rows"), i));
      row_labels.push_back(labels[static_cast<std::size_t>(rows.back())]);
    }
    Var<float> loss = cross_entropy((*network)(disturbed(neb::gather_rows(images, rows), draw)), row_labels);
    adam.set_learning_rate(options.learning_rate * schedule_factor(neb::Schedule::cosine, progress, /*warmup=*/0.05));
    adam.step(*network, grad(std::move(loss), *network));
    bar.update(progress, static_cast<double>(step * options.batch));
  }
  scores_ = [network](const Var<float>& batch) { return (*network)(batch); };
}

void Classifier::for_each(const Tensor<float>& images, const std::function<void(const float*, Index)>& f) const {
  constexpr Index batch = 500;
  for (Index begin = 0; begin < images.shape()[0]; begin += batch) {
    const Var<float> some = Var<float>::constant(images.rows(begin, std::min(begin + batch, images.shape()[0])));
    const Tensor<float> scores = scores_(some).value();
    const Index width = scores.shape()[1];
    for (const float* row = scores.data(); row != scores.data() + scores.size(); row += width) f(row, width);
  }
}

std::vector<int> Classifier::operator()(const Tensor<float>& images) const {
  std::vector<int> classes;
  for_each(images, [&](const float* scores, Index count) {
    classes.push_back(static_cast<int>(std::max_element(scores, scores + count) - scores));
  });
  return classes;
}

std::vector<double> Classifier::confidence(const Tensor<float>& images) const {
  std::vector<double> probabilities;
  for_each(images, [&](const float* scores, Index count) {
    const float largest = *std::max_element(scores, scores + count);
    double sum = 0;
    for (Index k = 0; k < count; ++k) sum += std::exp(static_cast<double>(scores[k] - largest));
    probabilities.push_back(1 / sum);
  });
  return probabilities;
}

double accuracy(const std::vector<int>& classes, const std::vector<std::uint8_t>& labels) {
  Index right = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) right += classes[i] == labels[i] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(classes.size());
}

void add_accuracy(Summary& summary, const Classifier& classifier, const TrainedEnergy& energy, const Images& images) {
  const auto sigma = static_cast<float>(energy.sigma);
  const Tensor<float> x = images.test.rows(0, std::min<Index>(1000, images.test.shape()[0]));
  const Tensor<float> xhat =
      neb::robbins_jump(energy.phi, neb::smooth(x, sigma, neb::Key(0).fold("classifier accuracy")), sigma);
  summary.emplace_back("classifier_accuracy", accuracy(classifier(images.test), images.test_labels));
  summary.emplace_back("classifier_accuracy_on_jumps", accuracy(classifier(xhat), images.test_labels));
}

}  // namespace examples::paper
