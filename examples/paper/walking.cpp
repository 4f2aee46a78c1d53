#include "paper/walking.hpp"

#include <algorithm>
#include <cmath>

#include <neb/io/safetensors.hpp>

#include "common/contact_sheet.hpp"
#include "paper/text.hpp"

namespace examples::paper {

using neb::Index;

namespace {

/// steps_per_unit steps of delta^2 are one natural unit of time, sigma^2.
WalkJump walk_of(double sigma, Index chains, Index units, Index steps_per_unit, Index jumps_per_unit) {
  return {.delta = sigma / std::sqrt(static_cast<double>(steps_per_unit)),
          .chains = chains,
          .steps = units * steps_per_unit,
          .every = steps_per_unit / jumps_per_unit};
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
  neb::Canvas canvas(2 * height, 2 * width * frames);
  for (Index frame = 0; frame < frames; ++frame)
    for (Index chain = 0; chain < std::min<Index>(4, shape[0]); ++chain) {
      const auto jump = static_cast<std::size_t>(frame);
      const Index top = chain / 2 * height, left = (2 * frame + chain % 2) * width;
      canvas.image(top, left, jumps.xhat[jump].rows(chain, chain + 1).reshaped(image), scale);
      if (jumps.escaped[jump][static_cast<std::size_t>(chain)])
        draw_cross(canvas, {top, left, height - space, width - space});
    }
  canvas.write(path);
}

}  // namespace

Results walking(const Program& program, const TrainedEnergy& energy, const Images& images, const Classify& classify,
                const Walking& settings, const std::string& name, const PaperWalk& paper) {
  const Jumps jumps = walk_and_jump(program, energy, images,
                                    walk_of(energy.sigma, settings.chains, settings.units, settings.steps_per_unit, 1));
  const Mixing mixes = mixing(jumps, 1, classify);
  const Index frames_per_unit = settings.long_jumps_per_unit;
  const Jumps long_jumps = walk_and_jump(
      program, energy, images,
      walk_of(energy.sigma, settings.long_chains, settings.long_units, settings.long_steps_per_unit, frames_per_unit));
  const Mixing long_mixes = mixing(long_jumps, frames_per_unit, classify);

  const std::string sigma = neb::number_text(energy.sigma), delta = part_of_sigma(energy, jumps.delta),
                    long_delta = part_of_sigma(energy, long_jumps.delta);
  const std::string picture = Program::picture_file(name), long_picture = Program::picture_file(name + "-long"),
                    film = Program::picture_file(name + "-film");
  const Index frames = settings.film_units * frames_per_unit;
  const auto title = [&](const std::string& step) {
    return "sigma = " + sigma + ", delta = " + step + ": a chain in each column, jumps from its walk";
  };
  draw_jumps(jumps, title(delta), settings.chains, 1, program.path(picture));
  draw_jumps(long_jumps, title(long_delta), settings.long_shown,
             static_cast<std::size_t>(settings.long_rows_every * frames_per_unit), program.path(long_picture));
  draw_film(long_jumps, frames, program.path(film));

  const neb::PixelRange range = jumps.range();
  // So few pairs may all keep their class, and then their spread says nothing.
  const std::string changes = text("%.0f of %td", mixes.changes * static_cast<double>(mixes.pairs), mixes.pairs);
  const std::string long_changes = text("%.3f +- %.3f", long_mixes.changes, long_mixes.error);
  program.print("%ld chains of %ld steps of %s: the class changes %s times per unit of time, %ld chains keep it\n",
                static_cast<long>(settings.long_chains), static_cast<long>(long_jumps.steps.back()), long_delta.c_str(),
                long_changes.c_str(), static_cast<long>(long_mixes.faithful));
  return {
      .numbers = {{"sigma", energy.sigma},
                  {"delta", jumps.delta},
                  {"chains", settings.chains},
                  {"units", settings.units},
                  {"steps_per_unit", settings.steps_per_unit},
                  {"escaped", mixes.escaped},
                  {"jump_min", range.low},
                  {"jump_max", range.high},
                  {"class_changes", mixes.changes},
                  {"class_changes_error", mixes.error},
                  {"long_delta", long_jumps.delta},
                  {"long_chains", settings.long_chains},
                  {"long_units", settings.long_units},
                  {"long_steps_per_unit", settings.long_steps_per_unit},
                  {"long_escaped", long_mixes.escaped},
                  {"long_class_changes", long_mixes.changes},
                  {"long_class_changes_error", long_mixes.error},
                  {"long_class_changes_on_the_way", long_mixes.changes_on_the_way},
                  {"long_chains_of_one_class", long_mixes.faithful},
                  {"long_chi_in_class", long_mixes.chi_in_class},
                  {"long_chi_from_first", long_mixes.chi_from_first}},
      .findings = {{"pixels of the jumps", paper.pixels, range_text(range.low, range.high)},
                   {text("changes of class over sigma^2 of time, delta = %s", delta.c_str()), paper.classes, changes},
                   {text("the same per sigma^2 of time, %td chains for %td, delta = %s", settings.long_chains,
                         settings.long_units, long_delta.c_str()),
                    "", long_changes + " (standard error, from the spread over chains)"},
                   {text("chains that keep their class for %td sigma^2 of time", settings.long_units), "",
                    text("%td of %td", long_mixes.faithful, settings.long_chains)},
                   {"chi of jumps sigma^2 of time apart, same class, in either walk", "",
                    text("%.4f, %.4f", mixes.chi_in_class, long_mixes.chi_in_class)},
                   {"chains that left the data", "",
                    text("%td of %td", mixes.escaped + long_mixes.escaped, settings.chains + settings.long_chains)}},
      .pictures = {
          {picture, "Walk-jump sampling at sigma = " + sigma +
                        ": a chain in each column, below its training digit a jump after every " +
                        std::to_string(settings.steps_per_unit) + " steps of delta = " + delta +
                        ", which is sigma^2 of time."},
          {long_picture,
           text("Farther along: a jump after every %td steps of delta = %s, which is %td sigma^2 of time.",
                settings.long_rows_every * settings.long_steps_per_unit, long_delta.c_str(), settings.long_rows_every)},
          {film,
           "Four of these chains in slow motion: a jump after every " +
               std::to_string(settings.long_steps_per_unit / frames_per_unit) + " steps.",
           frames}}};
}

namespace {

Results figure(Laboratory& laboratory, const std::string& name, double sigma, const PaperWalk& paper) {
  const Classifier& classifier = laboratory.classifier();
  const TrainedEnergy& energy = laboratory.energy(sigma);
  Walking settings;
  if (laboratory.full()) settings.units = 10;
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
