#include "paper/creative_memories.hpp"

#include <algorithm>

#include <neb/bayes/sphere_overlap.hpp>
#include <neb/io/safetensors.hpp>

#include "paper/text.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor, neb::FlowEnd;

Results creative_memories(const Program& program, const TrainedEnergy& energy, const Images& images, Index count,
                          Index curved, const std::string& name) {
  const neb::Key key = neb::Key(program.seed).fold("creative memories");
  const Tensor<float> y0 = neb::random_uniform<float>(images.test.shape().with(0, count), key);
  const neb::Flow<float> flow = flow_to_memories(program, energy, y0, {.until = neb::FlowUntil::minimum});
  const std::string sigma = neb::number_text(energy.sigma), picture = Program::picture_file(name);
  draw_memories(flow, y0, count, /*with_starts=*/false,
                "sigma = " + sigma + ": where all " + std::to_string(count) + " flows from uniform noise end",
                program.path(picture));

  const std::vector<Index> arrived = converged_rows(flow), distinct = distinct_attractors(flow);
  const Tensor<float> memories = rows_of(flow.y, arrived);
  const std::vector<double> to_nearest = chi_to_nearest(memories, images.train),
                            lengths = rows_of(flow.path_length, arrived),
                            heights = above_lowest(energies_at(energy, memories));
  const Spread nearest = spread_of(to_nearest), length = spread_of(lengths), height = spread_of(heights);
  // Two scales for these distances: from a new digit to the nearest, and between two digits that are as far as they get.
  const Spread of_test_digits =
      spread_of(chi_to_nearest(images.test.rows(0, std::min(count, images.test.shape()[0])), images.train));
  const double s_c = neb::sphere_overlap(images.train, /*pairs=*/1000000, key).max;
  const std::vector<Index> some(distinct.begin(), distinct.begin() + std::min(curved, std::ssize(distinct)));
  const std::vector<double> curvatures = smallest_curvatures(energy, rows_of(flow.y, some));

  const Index converged = std::ssize(arrived), escaped = flow.count(FlowEnd::escaped);
  program.print("%ld flows: %ld converged to %ld attractors, %ld escaped; chi to the nearest training digit %.3f\n",
                static_cast<long>(count), static_cast<long>(converged), static_cast<long>(distinct.size()),
                static_cast<long>(escaped), nearest.median);
  const auto strict = std::count_if(curvatures.begin(), curvatures.end(), [](double value) { return value > 0; });
  return {.numbers = {{"sigma", energy.sigma},
                      {"starts", count},
                      {"converged", converged},
                      {"escaped", escaped},
                      {"unfinished", count - converged - escaped},
                      {"distinct_memories", std::ssize(distinct)},
                      {"distinct_at_half_the_tolerance", std::ssize(distinct_attractors(flow, same_attractor / 2))},
                      {"distinct_at_twice_the_tolerance", std::ssize(distinct_attractors(flow, same_attractor * 2))},
                      {"tolerance_chi", same_attractor},
                      {"median_chi_to_nearest", nearest.median},
                      {"median_chi_to_nearest_of_test_digits", of_test_digits.median},
                      {"s_c", s_c},
                      {"mean_path_length", length.mean},
                      {"mean_energy_drop", mean_where(flow, FlowEnd::minimum, flow.energy_drop)},
                      {"chi_to_nearest", to_nearest},
                      {"path_length", lengths},
                      {"energies_above_lowest", heights},
                      {"smallest_curvatures", curvatures}},
          .findings = {{"flows that converged", "all shown", text("%td of %td", converged, count)},
                       {"different memories", "", std::to_string(distinct.size())},
                       {"chi to the nearest training digit (sigma_c)", "(0.2884)",
                        text("[%.3f, %.3f] (%.4f)", nearest.least, nearest.largest, s_c)},
                       {"the same of test digits, median", "", text("%.4f", of_test_digits.median)},
                       {"energies above the lowest, median and highest", "",
                        text("%.4f, %.4f", height.median, height.largest)},
                       {"length of the path, mean", "", text("%.4f", length.mean)},
                       {"strict minima of those looked at", "", text("%td of %td", strict, std::ssize(some))},
                       {"flows that escaped", "", text("%td of %td", escaped, count)}},
          .pictures = {{picture, "Where flows from uniform noise end at sigma = " + sigma + ": all " +
                                     std::to_string(count) + " of them. A cross: the flow did not converge."}}};
}

namespace {

Results figure(Laboratory& laboratory, const std::string& name, double sigma) {
  // The numbers are not from the paper. With --full the Hessian of every memory is looked at.
  constexpr Index count = 40;
  return creative_memories(laboratory.program(), laboratory.memory(sigma), laboratory.images(), count,
                           laboratory.full() ? count : 4, name);
}

}  // namespace

Results figure_9(Laboratory& laboratory) { return figure(laboratory, "figure-9", 0.3); }
Results figure_10(Laboratory& laboratory) { return figure(laboratory, "figure-10", 0.25); }

}  // namespace examples::paper
