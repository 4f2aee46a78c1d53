#include "parts/film.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include <neb/draw/canvas.hpp>
#include <neb/flow/gradient_flow.hpp>
#include <neb/io/safetensors.hpp>

#include "common/contact_sheet.hpp"

namespace examples {

using neb::Box, neb::Canvas, neb::Index;

namespace {

/// 0.1, 0.3, 1, 3, 10 ... below `last`, and `last`.
std::vector<double> marks(double last) {
  std::vector<double> times{0.1, 0.3};
  for (double decade = 1; decade < last; decade *= 10) times.insert(times.end(), {decade, 3 * decade});
  times.erase(std::lower_bound(times.begin(), times.end(), last), times.end());
  times.push_back(last);
  return times;
}

std::string time_text(double time) {
  char text[32];
  std::snprintf(text, sizeof text, time < 9.95 ? "t = %.1f" : "t = %.0f", time);
  return text;
}

}  // namespace

Film film_of(const Program& program, const TrainedEnergy& energy, const neb::Tensor<float>& y0, double last) {
  constexpr int frames = 6;
  Film film{.image = energy.image, .stages = {0}, .times = {0}, .flow = {}};
  double before = 0;
  for (const double mark : marks(last)) {
    for (int k = 1; before > 0 && k < frames; ++k)
      film.times.push_back(before * std::pow(mark / before, static_cast<double>(k) / frames));
    film.times.push_back(mark);
    if (mark >= 1 || mark == last) film.stages.push_back(mark);
    before = mark;
  }
  ProgressBar bar = program.progress("filming", "flows");
  film.flow = neb::gradient_flow(energy.phi, y0, static_cast<float>(energy.sigma),
                                 {.time = last, .snapshots = film.times}, std::ref(bar));
  return film;
}

void draw_stages(const Film& film, const std::string& title, const std::string& path) {
  ContactSheet sheet(title, film.image);
  const Index flows = film.flow.y.shape()[0];
  for (const double stage : film.stages) {
    const auto frame = std::find(film.times.begin(), film.times.end(), stage) - film.times.begin();
    sheet.add_row(stage == 0 ? "start" : "t = " + neb::number_text(stage),
                  film.flow.snapshots[static_cast<std::size_t>(frame)].y, 0, flows, /*gap=*/stage == film.stages[1]);
    for (Index flow = 0; flow < flows; ++flow) {
      const auto i = static_cast<std::size_t>(flow);
      if (film.flow.end[i] == neb::FlowEnd::escaped && film.flow.time[i] <= stage) sheet.cross_out(flow);
    }
  }
  sheet.write(path);
}

Index draw_frames(const Film& film, const std::string& path) {
  constexpr Index columns = 5, space = 4, text_scale = 1, still = 10;
  constexpr neb::Colour green{0.1, 0.6, 0.3};
  const Index flows = film.flow.y.shape()[0], shown = std::ssize(film.times), frames = shown + still;
  const Index scale = std::max<Index>(1, 28 / std::max(film.image[0], film.image[1]));
  const Index cell_height = film.image[0] * scale + space, cell_width = film.image[1] * scale + space;
  const Index top = Canvas::text_height(text_scale) + 2 * space, width = columns * cell_width + space;
  Canvas canvas(top + (flows + columns - 1) / columns * cell_height, width * frames);
  for (Index frame = 0; frame < frames; ++frame) {
    const auto k = static_cast<std::size_t>(std::min(frame, shown - 1));
    const Index left = frame * width + space;
    canvas.text(space, left, time_text(film.times[k]), {0, 0, 0}, text_scale);
    for (Index flow = 0; flow < flows; ++flow) {
      const Box box{top + flow / columns * cell_height, left + flow % columns * cell_width, cell_height - space,
                    cell_width - space};
      canvas.image(box.top, box.left, film.flow.snapshots[k].y.rows(flow, flow + 1).reshaped(film.image), scale);
      if (film.flow.settled[0].time[static_cast<std::size_t>(flow)] <= film.times[k])
        canvas.rectangle({box.top + box.height + 1, box.left, 2, box.width}, green);
    }
  }
  canvas.write(path);
  return frames;
}

std::string film_page(const std::string& title, const std::string& file, Index frames) {
  const std::string count = std::to_string(frames);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>" + title +
         "</title>\n<style>\n"
         "body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem; }\n"
         "div { overflow: hidden; width: 30rem; max-width: 100%; }\n"
         "img { display: block; width: calc(100% * " +
         count + "); image-rendering: pixelated;\n  animation: film calc(" + count + " * .12s) steps(" + count +
         ", jump-none) infinite; }\n"
         "div:hover img { animation-play-state: paused; }\n"
         "@keyframes film { to { transform: translateX(calc(-100% + 100% / " +
         count +
         ")); } }\n"
         "</style>\n<h1>" +
         title +
         "</h1>\n<p>Time t is in units of sigma squared. A flow is underlined once it has settled. The film stops under the "
         "pointer.</p>\n<div><img alt=\"" +
         title + "\" src=\"" + file + "\"></div>\n</html>\n";
}

}  // namespace examples
