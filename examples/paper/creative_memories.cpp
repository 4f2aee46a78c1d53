#include "paper/creative_memories.hpp"

#include <algorithm>

#include <neb/bayes/sphere_overlap.hpp>
#include <neb/core/random.hpp>
#include <neb/io/safetensors.hpp>

#include "common/contact_sheet.hpp"
#include "paper/picture_measures.hpp"
#include "paper/text.hpp"
#include "parts/film.hpp"

namespace examples::paper {

using neb::FlowEnd, neb::FlowUntil, neb::Index, neb::Tensor;

namespace {

/// What the same starts became on other energies.
using Others = std::vector<std::pair<NamedEnergy, Created>>;

Index count_blank(const Tensor<float>& memories, const Images& images) {
  const double mean = spread_of(inks(images.train.rows(0, std::min<Index>(1000, images.train.shape()[0])))).mean;
  const std::vector<double> all = inks(memories);
  return std::count_if(all.begin(), all.end(), [&](double ink) { return is_blank(ink, mean); });
}

Index count_shaded(const Tensor<float>& images) {
  const std::vector<double> shares = shadow_shares(images);
  return std::count_if(shares.begin(), shares.end(), has_shadow);
}

/// Ends of all flows, 20 in a row; a cross where one did not settle.
void draw_all(const neb::Flow<float>& flow, const std::string& path) {
  const neb::Shape& shape = flow.y.shape();
  const neb::Shape image{shape[1], shape[2], shape[3]};
  constexpr Index columns = 20, scale = 2, space = 4;
  const Index height = scale * shape[1], width = scale * shape[2], count = shape[0];
  neb::Canvas canvas((count + columns - 1) / columns * (height + space) + space,
                     std::min(count, columns) * (width + space) + space);
  for (Index i = 0; i < count; ++i) {
    const neb::Box box{space + i / columns * (height + space), space + i % columns * (width + space), height, width};
    canvas.image(box.top, box.left, flow.y.rows(i, i + 1).reshaped(image), scale);
    if (flow.end[static_cast<std::size_t>(i)] != FlowEnd::settled) draw_cross(canvas, box);
  }
  canvas.write(path);
}

/// The first settled memories above the minima that they flow on to; a cross where none was reached.
void draw_minima(const Tensor<float>& memories, const Minima& minima, const std::string& title,
                 const std::string& path) {
  const neb::Shape& shape = memories.shape();
  constexpr Index columns = 10;
  ContactSheet sheet(title, {shape[1], shape[2], shape[3]});
  const Index count = std::ssize(minima.flow.end);
  for (Index begin = 0; begin < count; begin += columns) {
    const Index end = std::min(begin + columns, count);
    sheet.add_row("settled", memories, begin, end, /*gap=*/begin > 0);
    sheet.add_row("minimum", minima.flow.y, begin, end);
    for (Index i = begin; i < end; ++i)
      if (minima.flow.end[static_cast<std::size_t>(i)] != FlowEnd::minimum) sheet.cross_out(i - begin);
  }
  sheet.write(path);
}

/// Where the same starts settle on the flows of other energies.
void draw_controls(const Others& controls, const std::string& title, const std::string& path) {
  const neb::Shape& shape = controls.front().second.starts.shape();
  constexpr Index columns = 10;
  ContactSheet sheet(title, {shape[1], shape[2], shape[3]});
  for (const auto& [control, created] : controls) {
    const Index count = std::min<Index>(2 * columns, created.starts.shape()[0]);
    for (Index begin = 0; begin < count; begin += columns) {
      const Index end = std::min(begin + columns, count);
      sheet.add_row(control.name, created.flow.y, begin, end, /*gap=*/begin == 0);
      for (Index i = begin; i < end; ++i)
        if (created.flow.end[static_cast<std::size_t>(i)] != FlowEnd::settled) sheet.cross_out(i - begin);
    }
  }
  sheet.write(path);
}

Summary numbers_of(const Created& created, const std::string& prefix) {
  const Spread blobs = spread_of(created.blob_shares), chi = spread_of(created.chi),
               time = spread_of(rows_of(created.flow.time, rows_ended(created.flow, FlowEnd::settled)));
  Summary numbers{{"starts", created.starts.shape()[0]},
                  {"settled", created.flow.count(FlowEnd::settled)},
                  {"escaped", created.flow.count(FlowEnd::escaped)},
                  {"blank", created.blank},
                  {"median_blob_share", blobs.median},
                  {"ninth_decile_of_blob_share", blobs.ninth},
                  {"shaded", created.shaded},
                  {"distinct", created.distinct},
                  {"median_chi_to_nearest", chi.median},
                  {"median_time", time.median},
                  {"blob_shares", created.blob_shares},
                  {"chi_to_nearest", created.chi}};
  for (auto& [key, value] : numbers) key = prefix + key;
  return numbers;
}

Summary numbers_of(const Minima& minima) {
  return {{"followed", std::ssize(minima.flow.end)},
          {"minima", std::ssize(minima.time)},
          {"distinct_minima", minima.distinct},
          {"blank_minima", minima.blank},
          {"median_time_to_minimum", spread_of(minima.time).median},
          {"times_to_minima", minima.time},
          {"smallest_curvatures", minima.curvatures}};
}

std::string blobs_text(const std::vector<double>& shares) {
  const Spread spread = spread_of(shares);
  return text("%.1f %%, %.1f %%", 100 * spread.median, 100 * spread.ninth);
}

std::vector<Finding> findings_of(const Created& created, const Images& images, const Creating& settings) {
  const Index count = created.starts.shape()[0], settled = created.flow.count(FlowEnd::settled),
              escaped = created.flow.count(FlowEnd::escaped);
  const Spread chi = spread_of(created.chi),
               time = spread_of(rows_of(created.flow.time, rows_ended(created.flow, FlowEnd::settled)));
  // Two scales for these distances: from a new digit to the nearest, and between two digits that are as far as they get.
  const Tensor<float> digits = images.test.rows(0, std::min<Index>(1000, images.test.shape()[0]));
  const double s_c = neb::sphere_overlap(images.train, /*pairs=*/1000000, neb::Key(0).fold("creative memories")).max;
  return {
      {"flows that settled, escaped, were too slow", "all shown",
       text("%td, %td, %td of %td", settled, escaped, count - settled - escaped, count)},
      {"time until they settled, median and ninth decile", "", text("%.3g, %.3g sigma^2", time.median, time.ninth)},
      {"blank ones: ink under a tenth of a mean digit's", "", text("%td", created.blank)},
      {"share of the bright pixels that survive two erosions, median and ninth decile", "",
       blobs_text(created.blob_shares)},
      {"the same of test digits", "", blobs_text(blob_shares(digits))},
      {text("grey shadows: over 2 %% of what is drawn is grey among grey (of %td test digits)", digits.shape()[0]), "",
       text("%td (%td)", created.shaded, count_shaded(digits))},
      {text("different memories: chi above %.2g", same_memory), "", text("%td of %td", created.distinct, settled)},
      {"chi to the nearest training digit (sigma_c)", "(0.2884)",
       text("[%.3f, %.3f], median %.4f (%.4f)", chi.least, chi.largest, chi.median, s_c)},
      {"the same of test digits, median", "", text("%.4f", spread_of(nearest_rows(digits, images.train).chi).median)},
      {text("strict minima that %td of them reach in %.4g sigma^2", std::min(settings.followed, settled),
            settings.patience),
       "all are", ""}};
}

Tensor<float> uniform_starts(const Program& program, const Images& images, Index starts) {
  return neb::random_uniform<float>(images.test.shape().with(0, starts),
                                    neb::Key(program.seed).fold("creative memories"));
}

}  // namespace

Created create(const Program& program, const TrainedEnergy& energy, const Images& images, Index starts,
               double longest) {
  Created created;
  created.starts = uniform_starts(program, images, starts);
  created.flow = flow_down(program, energy, created.starts, {.until = FlowUntil::settled, .time = longest});
  created.memories = rows_of(created.flow.y, rows_ended(created.flow, FlowEnd::settled));
  created.blank = count_blank(created.memories, images);
  created.blob_shares = blob_shares(created.memories);
  created.shaded = count_shaded(created.memories);
  created.chi = nearest_rows(created.memories, images.train).chi;
  created.distinct = std::ssize(distinct_rows(created.memories));
  return created;
}

Minima follow_to_minima(const Program& program, const TrainedEnergy& energy, const Images& images,
                        const Tensor<float>& memories, const Creating& settings) {
  Minima minima;
  minima.flow = flow_down(program, energy, memories.rows(0, std::min(settings.followed, memories.shape()[0])),
                          {.time = settings.patience});
  const std::vector<Index> arrived = rows_ended(minima.flow, FlowEnd::minimum);
  const Tensor<float> points = rows_of(minima.flow.y, arrived);
  minima.time = rows_of(minima.flow.time, arrived);
  std::vector<Index> distinct = distinct_rows(points);
  minima.distinct = std::ssize(distinct);
  minima.blank = count_blank(points, images);
  distinct.resize(static_cast<std::size_t>(std::min(settings.curved, minima.distinct)));
  minima.curvatures = smallest_curvatures(program, energy, rows_of(points, distinct));
  return minima;
}

namespace {

/// Adds what the same starts become on another energy.
void add_control(const NamedEnergy& control, const Created& created, Results& results) {
  const Summary numbers = numbers_of(created, control.name + "_");
  results.numbers.insert(results.numbers.end(), numbers.begin(), numbers.end());
  results.findings.push_back(
      {control.title + ": settled, blank, with a shadow, different; blobs; chi to the nearest training digit, median",
       "",
       text("%td of %td, %td, %td, %td; ", created.flow.count(FlowEnd::settled), created.starts.shape()[0],
            created.blank, created.shaded, created.distinct) +
           blobs_text(created.blob_shares) + text("; %.4f", spread_of(created.chi).median)});
}

void add_minima(const Minima& minima, Results& results) {
  const Summary numbers = numbers_of(minima);
  results.numbers.insert(results.numbers.end(), numbers.begin(), numbers.end());
  const Spread least = spread_of(minima.curvatures);
  results.findings.back().ours =
      text("%td, after %.3g in the median; %td different, %td blank", std::ssize(minima.time),
           spread_of(minima.time).median, minima.distinct, minima.blank);
  results.findings.push_back({text("smallest eigenvalue of sigma^2 H at %td of them", std::ssize(minima.curvatures)),
                              "above 0", text("[%.2g, %.2g]", least.least, least.largest)});
}

/// Pictures of all that settled, of the minima, and of the controls.
std::vector<Picture> draw(const Program& program, const Created& created, const Minima& minima, const Others& others,
                          double sigma, const Creating& settings, const std::string& name) {
  const std::string level = "sigma = " + neb::number_text(sigma), all = Program::picture_file(name),
                    followed = Program::picture_file(name + "-minima"),
                    controls = Program::picture_file(name + "-controls");
  draw_all(created.flow, program.path(all));
  std::vector<Picture> pictures{{all, "Where flows from uniform noise settle at " + level + ": all " +
                                          std::to_string(settings.starts) + ". A cross: the flow did not settle."}};
  if (!minima.flow.end.empty()) {
    draw_minima(created.memories, minima, level + ": settled memories, and the minima they flow on to",
                program.path(followed));
    pictures.push_back(
        {followed, "The first of them followed further, to strict minima. A cross: none was reached in " +
                       text("%.4g", settings.patience) + " sigma^2 of time."});
  }
  if (!others.empty()) {
    draw_controls(others, level + ": the same starts on other energies", program.path(controls));
    std::string names;
    for (const auto& [control, unused] : others) names += (names.empty() ? "the " : ", the ") + control.title;
    pictures.push_back({controls, "Where the first of the same starts settle on other energies: " + names + "."});
  }
  return pictures;
}

}  // namespace

Results creative_memories(const Program& program, const TrainedEnergy& energy, const Images& images,
                          const std::vector<NamedEnergy>& controls, const Creating& settings, const std::string& name) {
  const Created created = create(program, energy, images, settings.starts, settings.longest);
  const Minima minima = follow_to_minima(program, energy, images, created.memories, settings);
  Results results{
      .numbers = numbers_of(created, ""), .findings = findings_of(created, images, settings), .pictures = {}};
  results.numbers.insert(results.numbers.begin(), {{"sigma", energy.sigma}, {"chi_of_one_memory", same_memory}});
  add_minima(minima, results);
  Others others;
  for (const NamedEnergy& control : controls) {
    others.emplace_back(control, create(program, control.energy, images, settings.others, settings.longest));
    add_control(control, others.back().second, results);
  }
  results.pictures = draw(program, created, minima, others, energy.sigma, settings, name);
  program.print("%td flows: %td settled, %td of them different, %td blank; chi to the nearest training digit %.3f\n",
                settings.starts, created.flow.count(FlowEnd::settled), created.distinct, created.blank,
                spread_of(created.chi).median);
  return results;
}

namespace {

Results figure(Laboratory& laboratory, const std::string& name, double sigma) {
  Creating settings;
  if (laboratory.full()) settings.followed = settings.curved = settings.others = settings.starts;
  return creative_memories(laboratory.program(), laboratory.energy(sigma), laboratory.images(),
                           laboratory.controls(sigma), settings, name);
}

}  // namespace

Results figure_9(Laboratory& laboratory) {
  Results results = figure(laboratory, "figure-9", 0.3);
  const Program& program = laboratory.program();
  const Film film = film_of(program, laboratory.energy(0.3), uniform_starts(program, laboratory.images(), 10));
  const std::string file = Program::picture_file("figure-9-film");
  const Index frames = draw_frames(film, program.path(file));
  results.pictures.push_back(
      {file,
       "The first ten of these flows over the logarithm of time, to 300 sigma^2: underlined from "
       "the moment on at which they have settled.",
       frames});
  return results;
}
Results figure_10(Laboratory& laboratory) { return figure(laboratory, "figure-10", 0.25); }

}  // namespace examples::paper
