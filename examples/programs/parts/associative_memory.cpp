#include "parts/associative_memory.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <neb/bayes/chi.hpp>
#include <neb/data/sample.hpp>
#include <neb/flow/gradient_flow.hpp>
#include <neb/io/file.hpp>
#include <neb/io/safetensors.hpp>

#include "common/contact_sheet.hpp"
#include "common/interrupt.hpp"
#include "parts/film.hpp"

namespace examples {

using neb::Index, neb::Tensor, neb::FlowEnd;

namespace {

/// The first test images, or draws from the others: no hand-picking either way.
Tensor<float> starts(const Memories& memories, const Images& images, const neb::Key& key) {
  const Index count = memories.count;
  switch (memories.start) {
    case Start::test:
      return images.test.rows(0, std::min(count, images.test.shape()[0]));
    case Start::train:
      return neb::sample_rows(images.train, count, key);
    case Start::uniform:
      return neb::random_uniform<float>(images.test.shape().with(0, count), key);
  }
  return {};
}

const char* name_of(Start start) {
  switch (start) {
    case Start::test:
      return "test images";
    case Start::train:
      return "training images";
    case Start::uniform:
      return "uniform noise";
  }
  return "";
}

/// Ends by the name that is printed and, with _ for spaces, written.
constexpr std::pair<FlowEnd, const char*> ends[] = {
    {FlowEnd::settled, "settled"},         {FlowEnd::minimum, "minimum"}, {FlowEnd::saddle, "saddle"},
    {FlowEnd::out_of_time, "out of time"}, {FlowEnd::escaped, "escaped"}, {FlowEnd::unfinished, "unfinished"}};

bool found_nothing(FlowEnd end) {
  return end == FlowEnd::escaped || end == FlowEnd::unfinished || end == FlowEnd::saddle;
}

/// Prints for each end how many flows have it, and what they came by.
Summary tell_ends(const Program& program, const neb::Flow<float>& flow, const Tensor<float>& y0) {
  const std::vector<double> chi = neb::chi(y0, flow.y);
  Summary summary;
  for (const auto& [how, name] : ends) {
    const Index count = flow.count(how);
    std::string key = name;
    std::replace(key.begin(), key.end(), ' ', '_');
    summary.emplace_back(key, count);
    if (count == 0) continue;
    const double time = mean_where(flow, how, flow.time), path = mean_where(flow, how, flow.path_length),
                 distance = mean_where(flow, how, chi), drop = mean_where(flow, how, flow.energy_drop);
    program.print("  %3ld %-11s  mean time %.3g sigma^2, path %.3f, chi to the start %.4f, energy drop %.1f nats\n",
                  static_cast<long>(count), name, time, path, distance, drop);
    summary.insert(summary.end(), {{key + "_mean_time", time},
                                   {key + "_mean_path_length", path},
                                   {key + "_mean_chi", distance},
                                   {key + "_mean_energy_drop", drop}});
  }
  return summary;
}

/// Flows from each row of y0: (N, H, W, C) to its memory, or to where it is when signal() is no longer 0.
neb::Flow<float> flow_to_memories(const Program& program, const TrainedEnergy& energy, const Tensor<float>& y0,
                                  const Memories& memories, const std::function<int()>& signal) {
  ProgressBar bar = program.progress("flowing", "memories");
  return neb::gradient_flow(energy.phi, y0, static_cast<float>(energy.sigma),
                            {.until = memories.until,
                             .tolerance = memories.tolerance,
                             .time = memories.time,
                             .max_steps = memories.max_steps},
                            [&](const neb::Progress& progress) { return bar(progress) && signal() == 0; });
}

void film(Program& program, const TrainedEnergy& energy, const Tensor<float>& y0, const Memories& memories,
          const std::string& title, const std::string& stem) {
  const double last = std::isinf(memories.time) ? 300 : memories.time;
  const Film film = film_of(program, energy, y0.rows(0, std::min<Index>(10, y0.shape()[0])), last);
  const std::string stages = program.picture_path(stem + "_stages"), frames = program.picture_path(stem + "_film");
  if (deliver(program, [&] { draw_stages(film, title, stages); })) program.print("over time: %s\n", stages.c_str());
  Index count = 0;
  if (!deliver(program, [&] { count = draw_frames(film, frames); })) return;
  program.print("%ld frames: %s\n", static_cast<long>(count), frames.c_str());
  if (!frames.ends_with(".png")) return;
  const std::string page = program.path(stem + "_film.html");
  if (deliver(program, [&] { neb::write_file(page, film_page(title, Program::picture_file(stem + "_film"), count)); }))
    program.print("to play them: %s\n", page.c_str());
}

}  // namespace

double mean_where(const neb::Flow<float>& flow, FlowEnd how, const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (flow.end[i] == how) sum += values[i];
  return sum / static_cast<double>(flow.count(how));
}

void draw_memories(const neb::Flow<float>& flow, const Tensor<float>& y0, Index count, bool with_starts,
                   const std::string& title, const std::string& path) {
  constexpr Index columns = 10;
  const neb::Shape& shape = y0.shape();
  ContactSheet sheet(title, {shape[1], shape[2], shape[3]});
  for (Index begin = 0; begin < count; begin += columns) {
    const Index end = std::min(begin + columns, count);
    if (with_starts) sheet.add_row("start", y0, begin, end, /*gap=*/begin > 0);
    sheet.add_row("memory", flow.y, begin, end);
    for (Index i = begin; i < end; ++i)
      if (found_nothing(flow.end[static_cast<std::size_t>(i)])) sheet.cross_out(i - begin);
  }
  sheet.write(path);
}

Summary associative_memory(Program& program, const TrainedEnergy& energy, const Images& images,
                           const Memories& memories, const std::string& picture_stem) {
  const Tensor<float> y0 = starts(memories, images, neb::Key(program.seed).fold("associative_memory"));
  const Index count = y0.shape()[0];
  std::optional<Interrupt> interrupt;
  if (memories.stoppable) interrupt.emplace();
  const auto signal = [&] { return interrupt ? interrupt->signal() : 0; };
  const neb::Flow<float> flow = flow_to_memories(program, energy, y0, memories, signal);
  const bool settled = memories.until == neb::FlowUntil::settled;
  const std::string picture = program.picture_path(picture_stem), from = name_of(memories.start),
                    title = "sigma = " + neb::number_text(energy.sigma) + ": from " + from;
  const bool drawn = deliver(program, [&] {
    draw_memories(flow, y0, count, /*with_starts=*/true, title + (settled ? " to where they settle" : " to minima"),
                  picture);
  });

  program.print("%ld flows from %s at sigma %.4g, until %s:\n", static_cast<long>(count), from.c_str(), energy.sigma,
                settled ? "settled" : "a minimum");
  Summary summary{{"sigma", energy.sigma},
                  {"count", count},
                  {"start", from},
                  {"until", std::string(settled ? "settled" : "minimum")}};
  const Summary ends = tell_ends(program, flow, y0);
  summary.insert(summary.end(), ends.begin(), ends.end());
  if (std::any_of(flow.end.begin(), flow.end.end(), found_nothing))
    program.print(
        "those that escaped, were given up or are at rest on a saddle are crossed out: where they ended is no memory\n");
  if (drawn) program.print("picture: %s\n", picture.c_str());
  if (signal() != 0) {
    program.print("stopped: flows that had not ended count as unfinished\n");
    program.exit_code = 128 + signal();
    return summary;
  }
  if (memories.film) film(program, energy, y0, memories, title + " over time", picture_stem);
  return summary;
}

}  // namespace examples
