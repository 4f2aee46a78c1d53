/// Compares training runs: their losses against steps and against time.
#include <algorithm>
#include <cmath>

#include <neb/draw/chart.hpp>

#include "common/program.hpp"

using namespace examples;
using neb::Index, neb::Tensor;

namespace {

struct Run {
  std::string name;
  std::vector<double> steps, minutes, loss;
};

/// The run whose log lies in the folder. Lines that are damaged, or hold no loss, are left out with a word.
Run read_run(const Program& program, std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  Run run{.name = folder.substr(folder.find_last_of('/') + 1), .steps = {}, .minutes = {}, .loss = {}};
  const JsonLines log = check_input([&] { return read_json_lines(folder + "/log.jsonl"); });
  Index left_out = log.damaged;
  for (const Summary& report : log.whole) {
    const auto step = number_of(report, "step"), seconds = number_of(report, "seconds"),
               loss = number_of(report, "loss");
    if (!step || !seconds || !loss) {
      ++left_out;
      continue;
    }
    run.steps.push_back(*step);
    run.minutes.push_back(*seconds / 60);
    run.loss.push_back(*loss);
  }
  if (left_out > 0) program.warn(folder + "/log.jsonl: " + std::to_string(left_out) + " damaged lines are left out");
  if (run.loss.empty()) throw UsageError(folder + "/log.jsonl: has no line; is the run too short for its --report?");
  return run;
}

/// The loss of every run over x, which `abscissa` of a run is.
void draw(const std::vector<Run>& runs, std::vector<double> Run::*abscissa, const std::string& x_name, double top,
          const std::string& path) {
  const neb::Colour palette[] = {{0.12, 0.35, 0.70}, {0.85, 0.33, 0.10}, {0.00, 0.55, 0.40},
                                 {0.55, 0.25, 0.65}, {0.75, 0.60, 0.05}, {0.40, 0.40, 0.40}};
  double right = 0, low = top;
  for (const Run& run : runs) {
    right = std::max(right, (run.*abscissa).back());
    low = std::min(low, *std::min_element(run.loss.begin(), run.loss.end()));
  }
  neb::Chart chart({0, right, 0.95 * low, top}, 420, 720);
  chart.label_axes(x_name, "loss");
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto& x = runs[r].*abscissa;
    Tensor<float> points({std::ssize(x), 2});
    for (std::size_t i = 0; i < x.size(); ++i) {
      points.mutable_data()[2 * i] = static_cast<float>(x[i]);
      points.mutable_data()[2 * i + 1] = static_cast<float>(runs[r].loss[i]);
    }
    chart.line(points, palette[r % std::size(palette)], runs[r].name);
  }
  chart.write(path);
}

CommandLine command_line() {
  CommandLine line({
      .name = "loss_curves",
      .text =
          "Draws the losses of training runs into one chart over their steps and one over their minutes: which network,\n"
          "batch or learning rate is ahead, and whether it is for an equal number of steps or for equal time. Reads the\n"
          "log.jsonl that train_energy leaves in each folder; each point is the mean since the line before it.",
      .example = "loss_curves --runs out/narrow,out/wide --top 12 --out out/loss_curves",
      .out = "out/loss_curves",
  });
  line.option("runs", "DIR,...", "Folders of training runs (needed)")
      .option("top", "L", "The largest loss on the chart (default: four times the smallest)");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& options) {
    if (!options.given("runs")) throw UsageError("--runs DIR,... is missing: folders that train_energy wrote to");
    std::vector<Run> runs;
    double lowest = HUGE_VAL;
    for (const std::string& folder : options.words("runs")) {
      runs.push_back(read_run(program, folder));
      lowest = std::min(lowest, *std::min_element(runs.back().loss.begin(), runs.back().loss.end()));
    }
    const double top = options.given("top") ? options.positive("top") : 4 * lowest;
    if (!(top > lowest)) options.reject("top", "more than the smallest loss, " + std::to_string(lowest));
    const std::string over_steps = program.picture_path("loss_over_steps"),
                      over_time = program.picture_path("loss_over_time");
    draw(runs, &Run::steps, "steps", top, over_steps);
    draw(runs, &Run::minutes, "minutes", top, over_time);
    for (const Run& each : runs)
      program.print("%s: loss %.3f after %.0f steps and %.1f minutes\n", each.name.c_str(), each.loss.back(),
                    each.steps.back(), each.minutes.back());
    program.print("pictures: %s, %s\n", over_steps.c_str(), over_time.c_str());
  });
}
