#include "paper/network_choices.hpp"

#include <algorithm>
#include <cmath>

#include <neb/draw/chart.hpp>

#include "paper/text.hpp"

namespace examples::paper {

using neb::Index, neb::Var;

namespace {

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all{{"smooth ReLU", false, {}},
                                       {"ReLU", true, {}},
                                       {"ReLU, random biases", true, {}, true},
                                       {"readout 10", false, {10}},
                                       {"readout 10, 10", false, {10, 10}}};
  return all;
}
constexpr neb::Colour colours[]{
    {0.12, 0.35, 0.70}, {0.75, 0.10, 0.30}, {0.60, 0.35, 0.75}, {0.00, 0.55, 0.40}, {0.85, 0.55, 0.05}};

using LossCurves = std::vector<std::vector<double>>;

/// Loss `k` of every seed.
std::vector<double> losses_at(const LossCurves& curves, std::size_t k) {
  std::vector<double> losses;
  for (const auto& curve : curves) losses.push_back(curve[k]);
  return losses;
}

double average(const std::vector<double>& values) {
  return paired_difference(values, std::vector<double>(values.size())).mean;
}

void draw(const std::vector<LossCurves>& all, const std::vector<Index>& steps, const std::string& path) {
  double low = HUGE_VAL, high = 0;
  for (const LossCurves& curves : all)
    for (const auto& curve : curves) {
      low = std::min(low, curve.back());
      high = std::max(high, curve[1]);  // the first loss is that of a network that has learned next to nothing
    }
  neb::Chart chart({0, static_cast<double>(steps.back()), 0.9 * low, high}, 420, 860);
  chart.label_axes("steps", "test loss at sigma = 0.3");
  for (std::size_t choice = all.size(); choice-- > 0;)
    for (std::size_t seed = 0; seed < all[choice].size(); ++seed) {
      const std::vector<double>& curve = all[choice][seed];
      neb::Tensor<float> points({std::ssize(curve), 2});
      for (std::size_t k = 0; k < curve.size(); ++k) {
        points.mutable_data()[2 * k] = static_cast<float>(steps[k]);
        points.mutable_data()[2 * k + 1] = static_cast<float>(curve[k]);
      }
      chart.line(points, colours[choice], seed == 0 ? choices()[choice].name : "");
    }
  chart.write(path);
}

}  // namespace

Var<float> ChosenEnergy::operator()(const Var<float>& y) const {
  if (!rectified) return layers(y);
  Var<float> h = y;
  for (const neb::Conv2d<float>& layer : layers.conv) h = neb::relu(layer(h));
  h = neb::relu(layers.bottleneck(neb::flatten(h)));
  for (const neb::Linear<float>& layer : layers.readout) h = layer(h);
  return neb::reshape(h, neb::Shape{y.shape()[0]});
}

ChosenEnergy make_energy(neb::ConvEnergyOptions architecture, const Choice& choice, const neb::Key& key) {
  architecture.readout = choice.readout;
  ChosenEnergy phi{neb::ConvEnergy<float>(architecture, key), choice.rectified};
  if (!choice.random_biases) return phi;
  const auto draw_bias = [&](Var<float>& bias, Index inputs, const neb::Key& here) {
    bias = Var<float>(neb::fan_in_uniform<float>(bias.shape(), inputs, 1.0F / 3, here));
  };
  for (std::size_t i = 0; i < phi.layers.conv.size(); ++i) {
    neb::Conv2d<float>& layer = phi.layers.conv[i];
    draw_bias(layer.bias, layer.weight.shape().stride(0), key.fold("bias").at(i));
  }
  draw_bias(*phi.layers.bottleneck.bias, phi.layers.bottleneck.weight.shape()[0], key.fold("bottleneck bias"));
  return phi;
}

LossCurves loss_curves(const Images& images, const Choice& choice, const ChoiceTraining& training,
                       const neb::OnProgress& on_progress) {
  const Index length = training.steps.back();
  LossCurves curves;
  for (Index seed = 0; seed < training.seeds; ++seed) {
    neb::TrainOptions options = training.options;
    options.steps = length;
    options.seed += static_cast<std::uint64_t>(seed);
    neb::DeenTrainer trainer(make_energy(training.architecture, choice, neb::Key(options.seed).fold("weights")),
                             images.train, options);
    std::vector<double>& curve = curves.emplace_back();
    trainer.run([&](const neb::Progress& progress) {
      if (std::find(training.steps.begin(), training.steps.end(), progress.count) != training.steps.end())
        curve.push_back(trainer.validate(images.test, neb::Key(0).fold("test loss")));
      const Index taken = seed * length + progress.count;
      return !on_progress ||
             on_progress({static_cast<double>(taken) / static_cast<double>(training.seeds * length), taken});
    });
    if (!trainer.finished()) break;
  }
  return curves;
}

Difference paired_difference(const std::vector<double>& a, const std::vector<double>& b) {
  const double n = static_cast<double>(a.size());
  Difference difference;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference.mean += (a[i] - b[i]) / n;
    difference.lower += a[i] < b[i] ? 1 : 0;
  }
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += std::pow(a[i] - b[i] - difference.mean, 2);
  difference.error = std::sqrt(squares / (n - 1) / n);
  return difference;
}

Results section_4_1(Laboratory& laboratory) {
  const Program& program = laboratory.program();
  const neb::Shape& data = laboratory.images().train.shape();
  ChoiceTraining training{
      // none of it from the paper
      .architecture = {.image = {data[1], data[2], data[3]}, .channels = {16, 32, 64}, .stride = {2}, .padding = 1},
      .options = {.sigma = 0.3, .learning_rate = 1e-3, .ema_decay = 0, .seed = program.seed},
      .steps = {}};
  const Index length = laboratory.full() ? 10000 : 1000;
  for (const double part : {0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0})
    training.steps.push_back(std::lround(part * static_cast<double>(length)));
  Images images = laboratory.images();
  images.test = images.test.rows(0, std::min<Index>(500, images.test.shape()[0]));

  std::vector<LossCurves> all;
  {
    ProgressBar bar = program.progress("training", "steps");
    const Index steps = training.seeds * length;  // of a choice
    for (const Choice& choice : choices())
      all.push_back(loss_curves(images, choice, training, [&](const neb::Progress& progress) {
        const auto taken = static_cast<double>(std::ssize(all) * steps + progress.count);
        bar.update(taken / static_cast<double>(std::ssize(choices()) * steps), taken, choice.name);
        return true;
      }));
  }
  draw(all, training.steps, program.picture_path("section-4.1"));

  Results results;
  results.numbers = {{"steps", std::vector<double>(training.steps.begin(), training.steps.end())},
                     {"seeds", training.seeds},
                     {"test_images", images.test.shape()[0]}};
  const std::size_t early = 2, last = training.steps.size() - 1;
  for (std::size_t i = 0; i < choices().size(); ++i) {
    for (const auto& curve : all[i]) results.numbers.emplace_back(choices()[i].name, curve);
    for (const std::size_t k : {early, last}) {
      const std::vector<double> here = losses_at(all[i], k), smooth = losses_at(all[0], k);
      std::string ours = text("%.3f", average(here));
      if (i > 0) {
        const Difference against = paired_difference(here, smooth);
        ours += text(" (%+.3f +- %.3f against smooth ReLU, plain readout; lower with %td of %td seeds)", against.mean,
                     against.error, against.lower, training.seeds);
      }
      results.findings.push_back({choices()[i].name + text(": test loss after %td steps", training.steps[k]),
                                  !choices()[i].readout.empty() ? "slightly lower, mostly early"
                                  : choices()[i].rectified      ? "consistently higher"
                                                                : "",
                                  ours});
    }
  }
  results.pictures = {
      {Program::picture_file("section-4.1"),
       text("Test loss of small networks in training, %td seeds each, whose standard error stands behind +-: so few ",
            training.seeds) +
           "seeds show large differences, not small ones. With ReLU no batch has a gradient in a bias: biases decide "
           "where units switch, which only a mean over all noise would show."}};
  return results;
}

}  // namespace examples::paper
