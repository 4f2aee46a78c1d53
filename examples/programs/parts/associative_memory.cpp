#include "parts/associative_memory.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <neb/data/sample.hpp>
#include <neb/flow/gradient_flow.hpp>
#include <neb/io/safetensors.hpp>

#include "common/contact_sheet.hpp"

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

}  // namespace

neb::Flow<float> flow_to_attractors(const Program& program, const TrainedEnergy& energy, const Tensor<float>& y0,
                                    const Memories& memories) {
  ProgressBar bar = program.progress("flowing", "memories");
  return neb::gradient_flow(energy.phi, y0, static_cast<float>(energy.sigma),
                            {.tolerance = memories.tolerance, .max_steps = memories.max_steps}, std::ref(bar));
}

double mean_converged(const neb::Flow<float>& flow, const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (flow.end[i] == FlowEnd::minimum) sum += values[i];
  return sum / static_cast<double>(flow.count(FlowEnd::minimum));
}

void draw_attractors(const neb::Flow<float>& flow, const Tensor<float>& y0, Index count, bool with_starts,
                     const std::string& title, const std::string& path) {
  constexpr Index columns = 10;
  const neb::Shape& shape = y0.shape();
  ContactSheet sheet(title, {shape[1], shape[2], shape[3]});
  for (Index begin = 0; begin < count; begin += columns) {
    const Index end = std::min(begin + columns, count);
    if (with_starts) sheet.add_row("start", y0, begin, end, /*gap=*/begin > 0);
    sheet.add_row("attractor", flow.y, begin, end);
    for (Index i = begin; i < end; ++i)
      if (flow.end[static_cast<std::size_t>(i)] != FlowEnd::minimum) sheet.cross_out(i - begin);
  }
  sheet.write(path);
}

Summary associative_memory(const Program& program, const TrainedEnergy& energy, const Images& images,
                           const Memories& memories, const std::string& picture_stem) {
  const Tensor<float> y0 = starts(memories, images, neb::Key(program.seed).fold("associative_memory"));
  const Index count = y0.shape()[0];
  const neb::Flow<float> flow = flow_to_attractors(program, energy, y0, memories);
  const Index converged = flow.count(FlowEnd::minimum), escaped = flow.count(FlowEnd::escaped),
              unfinished = flow.count(FlowEnd::unfinished);
  const std::string picture = program.picture_path(picture_stem);
  draw_attractors(flow, y0, count, /*with_starts=*/true,
                  "sigma = " + neb::number_text(energy.sigma) + ": from " + name_of(memories.start) + " to attractors",
                  picture);

  const double path_length = mean_converged(flow, flow.path_length),
               energy_drop = mean_converged(flow, flow.energy_drop);
  program.print("%ld flows from %s at sigma %.4g: %ld converged, %ld escaped, %ld unfinished after %ld steps\n",
                static_cast<long>(count), name_of(memories.start), energy.sigma, static_cast<long>(converged),
                static_cast<long>(escaped), static_cast<long>(unfinished), static_cast<long>(memories.max_steps));
  if (converged > 0)
    program.print(
        "those that converged: mean path length %.3f in a space whose cube has the diagonal %.1f, mean energy drop %.3f\n",
        path_length, std::sqrt(static_cast<double>(energy.image.size())), energy_drop);
  if (converged < count) program.print("the others are crossed out: where they ended is no memory\n");
  program.print("picture: %s\n", picture.c_str());
  return {{"sigma", energy.sigma},           {"count", count},
          {"converged", converged},          {"escaped", escaped},
          {"mean_path_length", path_length}, {"mean_energy_drop", energy_drop},
          {"unfinished", unfinished},        {"start", std::string(name_of(memories.start))}};
}

}  // namespace examples
