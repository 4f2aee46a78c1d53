#include "paper/short_trainings.hpp"

#include <algorithm>
#include <variant>

#include "common/contact_sheet.hpp"
#include "paper/memory_measures.hpp"
#include "paper/text.hpp"

namespace examples::paper {

using neb::FlowEnd, neb::FlowUntil, neb::Index, neb::Tensor;

Training short_training(double sigma, Index steps, bool plain) {
  Training training = training_at(sigma);
  training.options.steps = steps;
  if (plain) {
    std::get<neb::ConvEnergyOptions>(training.architecture).quadratic = 0;
    training.options.fill = 0;
  }
  return training;
}

namespace {

/// What a training left: its loss, and memories.
struct Remains {
  double loss;
  Kept kept;
  Tensor<float> memories;
};

Remains remains_of(const Program& program, const Images& images, const Judge& judge, Index digits,
                   const Training& asked) {
  Program inner = program;  // with files of its own
  inner.out = program.path("short-trainings");
  inner.quiet = true;
  make_folder(inner.out);
  Training training = asked;
  training.checkpoint = inner.path("checkpoint.safetensors");
  const std::optional<Trained> trained = train(inner, images, training);
  if (!trained) throw UsageError("interrupted");
  const Tensor<float> y0 = images.test.rows(0, digits);
  const neb::Flow<float> flow = flow_down(program, trained->energy, y0, {.until = FlowUntil::settled, .time = 300});
  return {std::get<double>(value_of(trained->summary, "test_loss")),
          kept_classes(judge, y0, images.test_labels, flow.y, ended(flow, FlowEnd::settled)),
          flow.y.rows(0, std::min<Index>(10, digits))};
}

}  // namespace

ShortTraining train_and_remember(const Program& program, const Images& images, const Judge& judge, Index digits,
                                 const Training& training, const Training& plain) {
  const Remains ours = remains_of(program, images, judge, digits, training),
                theirs = remains_of(program, images, judge, digits, plain);
  return {training.options.steps, ours.loss, theirs.loss, ours.kept, theirs.kept, ours.memories, theirs.memories};
}

Results short_trainings(Laboratory& laboratory) {
  constexpr double sigma = 0.3;
  const Program& program = laboratory.program();
  const Images& images = laboratory.images();
  const Judge judge = laboratory.judges().front();
  const Index digits = std::min<Index>(200, images.test.shape()[0]), shown = std::min<Index>(10, digits);
  const std::vector<double> lengths{500, 1000, 2000, 4000, 8000};

  Results results{
      .numbers = {{"sigma", sigma}, {"digits", digits}, {"steps", lengths}}, .findings = {}, .pictures = {}};
  std::vector<double> losses, plain_losses, kept, plain_kept;
  const neb::Shape& shape = images.test.shape();
  ContactSheet sheet("sigma = 0.3: settled memories after so many steps", {shape[1], shape[2], shape[3]});
  sheet.add_row("digit", images.test, 0, shown);
  for (const double length : lengths) {
    const auto steps = static_cast<Index>(length);
    const ShortTraining found = train_and_remember(program, images, judge, digits, short_training(sigma, steps, false),
                                                   short_training(sigma, steps, true));
    losses.push_back(found.loss);
    plain_losses.push_back(found.plain_loss);
    kept.push_back(found.kept.share);
    plain_kept.push_back(found.plain_kept.share);
    sheet.add_row(std::to_string(steps), found.memories, 0, shown, /*gap=*/true);
    sheet.add_row("plain", found.plain_memories, 0, shown);
    results.findings.push_back({text("class kept after %td steps of training (plain)", steps), "",
                                text("%.1f %% (%.1f %%)", 100 * found.kept.share, 100 * found.plain_kept.share)});
    results.findings.push_back({text("test loss after %td steps, its ratio to that of the plain energy", steps), "",
                                text("%.3f, %.3f", found.loss, found.loss / found.plain_loss)});
    program.print("%s: %s; %s: %s\n", results.findings.end()[-2].quantity.c_str(),
                  results.findings.end()[-2].ours.c_str(), results.findings.back().quantity.c_str(),
                  results.findings.back().ours.c_str());
  }
  results.numbers.insert(
      results.numbers.end(),
      {{"test_loss", losses}, {"plain_test_loss", plain_losses}, {"kept", kept}, {"plain_kept", plain_kept}});
  const std::string picture = Program::picture_file("short-trainings");
  sheet.write(program.path(picture));
  results.pictures.push_back({picture, "Test digits, and where they settle after so many steps of training on " +
                                           laboratory.training_set() +
                                           ": with the quadratic part and filling, and plain."});
  return results;
}

}  // namespace examples::paper
