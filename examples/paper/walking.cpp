#include "paper/walking.hpp"

#include <algorithm>
#include <cmath>

#include <neb/io/safetensors.hpp>

#include "common/contact_sheet.hpp"
#include "paper/text.hpp"

namespace examples::paper {

using neb::Index;

namespace {

Jumps walk_at(const Program& program, const TrainedEnergy& energy, const Images& images, const Walking& settings,
              Index units, Index steps_per_unit) {
  // steps_per_unit steps of delta^2 are one natural unit of time, sigma^2.
  return walk_and_jump(program, energy, images,
                       {.delta = energy.sigma / std::sqrt(static_cast<double>(steps_per_unit)),
                        .chains = settings.chains,
                        .steps = units * steps_per_unit,
                        .every = steps_per_unit / settings.jumps_per_unit});
}

/// "sigma / 20", of a delta that is a whole part of sigma.
std::string part_of_sigma(const TrainedEnergy& energy, double delta) {
  return "sigma / " + neb::number_text(std::round(energy.sigma / delta));
}

/// The first four chains in a square, one square for each jump from left to right.
void draw_film(const Jumps& jumps, Index frames, const std::string& path) {
  const neb::Shape& shape = jumps.x0.shape();
  const neb::Shape image{shape[1], shape[2], shape[3]};
  constexpr Index scale = 2, space = 4;
  const Index height = scale * image[0] + space, width = scale * image[1] + space;
  Canvas canvas(2 * height, 2 * width * frames);
  for (Index frame = 0; frame < frames; ++frame)
    for (Index chain = 0; chain < std::min<Index>(4, shape[0]); ++chain) {
      const auto jump = static_cast<std::size_t>(frame);
      const Index top = chain / 2 * height, left = (2 * frame + chain % 2) * width;
      canvas.image(top, left, image, jumps.xhat[jump].data() + chain * image.size(), scale);
      if (jumps.escaped[jump][static_cast<std::size_t>(chain)])
        draw_cross(canvas, {top, left, height - space, width - space});
    }
  canvas.write(path);
}

}  // namespace

Results walking(const Program& program, const TrainedEnergy& energy, const Images& images, const Classify& classify,
                const Walking& settings, const std::string& name, const PaperWalk& paper) {
  const Jumps jumps = walk_at(program, energy, images, settings, settings.units, settings.steps_per_unit);
  const Mixing mixes = mixing(jumps, settings.jumps_per_unit, classify);
  const Jumps check = walk_at(program, energy, images, settings, settings.check_units, settings.check_steps);
  const Mixing check_mixes = mixing(check, settings.jumps_per_unit, classify);

  const std::string sigma = neb::number_text(energy.sigma), delta = part_of_sigma(energy, jumps.delta);
  const std::string picture = Program::picture_file(name), film = Program::picture_file(name + "-film");
  const auto unit = static_cast<std::size_t>(settings.jumps_per_unit);
  const Index frames = settings.film_units * settings.jumps_per_unit;
  draw_jumps(jumps, "sigma = " + sigma + ", delta = " + delta + ": a chain in each column, jumps from its walk",
             settings.shown, unit, program.path(picture));
  draw_film(jumps, frames, program.path(film));

  const neb::PixelRange range = jumps.range(unit);
  const std::string changes = text("%.3f +- %.3f", mixes.changes, mixes.error);
  program.print("%ld chains of %ld steps of %s: the class changes %s times per unit of time, %ld chains keep it\n",
                static_cast<long>(settings.chains), static_cast<long>(jumps.steps.back()), delta.c_str(),
                changes.c_str(), static_cast<long>(mixes.faithful));
  return {.numbers = {{"sigma", energy.sigma},
                      {"delta", jumps.delta},
                      {"chains", settings.chains},
                      {"units", settings.units},
                      {"steps_per_unit", settings.steps_per_unit},
                      {"escaped", mixes.escaped},
                      {"jump_min", range.low},
                      {"jump_max", range.high},
                      {"class_changes", mixes.changes},
                      {"class_changes_error", mixes.error},
                      {"class_changes_on_the_way", mixes.changes_on_the_way},
                      {"chains_of_one_class", mixes.faithful},
                      {"chi_in_class", mixes.chi_in_class},
                      {"chi_from_first", mixes.chi_from_first},
                      {"check_delta", check.delta},
                      {"check_escaped", check_mixes.escaped},
                      {"check_class_changes", check_mixes.changes},
                      {"check_class_changes_error", check_mixes.error}},
          .findings = {{"pixels of the jumps", paper.pixels, range_text(range.low, range.high)},
                       {"class changes per sigma^2 of time", paper.classes, changes},
                       {"the same, delta = " + part_of_sigma(energy, check.delta), "",
                        text("%.3f +- %.3f", check_mixes.changes, check_mixes.error)},
                       {"chains that keep their class for " + std::to_string(settings.units) + " sigma^2 of time", "",
                        text("%td of %td", mixes.faithful, settings.chains)},
                       {"chi of jumps sigma^2 of time apart, same class", "", text("%.4f", mixes.chi_in_class)},
                       {"chains that left the data", "", text("%td of %td", mixes.escaped, settings.chains)}},
          .pictures = {{picture, "Walk-jump sampling at sigma = " + sigma +
                                     ": a chain in each column, below its training digit a jump after every " +
                                     std::to_string(settings.steps_per_unit) + " steps of delta = " + delta +
                                     ". That is sigma^2 of time, like 10 000 steps of the paper's sigma / 100."},
                       {film,
                        "Four of the chains in slow motion: a jump after every " +
                            std::to_string(settings.steps_per_unit / settings.jumps_per_unit) + " steps.",
                        frames}}};
}

namespace {

Results figure(Laboratory& laboratory, const std::string& name, double sigma, const PaperWalk& paper) {
  const Classifier& classifier = laboratory.classifier();
  const TrainedEnergy& energy = laboratory.energy(sigma);
  // The paper's delta, and a check with the default's.
  const Walking settings =
      laboratory.full()
          ? Walking{.chains = 20, .units = 10, .steps_per_unit = 10000, .check_units = 20, .check_steps = 100}
          : Walking{};
  Results results =
      walking(laboratory.program(), energy, laboratory.images(), std::cref(classifier), settings, name, paper);
  add_accuracy(results.numbers, classifier, energy, laboratory.images());
  return results;
}

}  // namespace

Results figure_5(Laboratory& laboratory) {
  return figure(laboratory, "figure-5", 0.3, {"[-0.07, 1.10]", "classes mix"});
}

Results figure_6(Laboratory& laboratory) {
  return figure(laboratory, "figure-6", 0.15, {"[-0.05, 1.04]", "the class stays"});
}

}  // namespace examples::paper
