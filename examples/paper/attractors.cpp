#include "paper/attractors.hpp"

#include <algorithm>
#include <cmath>

#include <neb/bayes/chi.hpp>
#include <neb/io/safetensors.hpp>

#include "paper/text.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor, neb::FlowEnd;

Results attractors(const Program& program, const TrainedEnergy& energy, const Classify& classify,
                   const Tensor<float>& y0, const neb::Flow<float>& flow, Index shown, const std::string& name) {
  const std::vector<Index> arrived = converged_rows(flow), distinct = distinct_attractors(flow);
  const std::vector<double> distances = rows_of(neb::chi(y0, flow.y), arrived),
                            lengths = rows_of(flow.path_length, arrived),
                            heights = above_lowest(energies_at(energy, rows_of(flow.y, arrived)));
  const Spread distance = spread_of(distances), length = spread_of(lengths), height = spread_of(heights);
  const std::vector<int> before = classify(y0), after = classify(flow.y);
  const Index kept = std::count_if(arrived.begin(), arrived.end(), [&](Index row) {
    return before[static_cast<std::size_t>(row)] == after[static_cast<std::size_t>(row)];
  });

  const std::string sigma = neb::number_text(energy.sigma), picture = Program::picture_file(name);
  draw_memories(flow, y0, std::min(shown, y0.shape()[0]), /*with_starts=*/true,
                "sigma = " + sigma + ": from test digits to attractors", program.path(picture));
  const Index starts = y0.shape()[0], converged = std::ssize(arrived), escaped = flow.count(FlowEnd::escaped);
  // |a - b| is 2 sqrt(d) chi.
  const double straight = 2 * std::sqrt(static_cast<double>(energy.image.size())) * distance.mean;
  program.print("%ld flows: %ld converged to %ld attractors, at a mean chi of %.4f from their starts\n",
                static_cast<long>(starts), static_cast<long>(converged), static_cast<long>(distinct.size()),
                distance.mean);
  return {.numbers = {{"sigma", energy.sigma},
                      {"starts", starts},
                      {"converged", converged},
                      {"escaped", escaped},
                      {"unfinished", starts - converged - escaped},
                      {"distinct_attractors", std::ssize(distinct)},
                      {"class_kept", kept},
                      {"mean_chi", distance.mean},
                      {"median_chi", distance.median},
                      {"mean_path_length", length.mean},
                      {"mean_straight_length", straight},
                      {"mean_energy_drop", mean_where(flow, FlowEnd::minimum, flow.energy_drop)},
                      {"energies_above_lowest", heights},
                      {"chi", distances},
                      {"path_length", lengths}},
          .findings = {{"chi of a test digit and its attractor, mean", "grows with sigma", text("%.4f", distance.mean)},
                       {"length of the path, mean (straight line)", "left for future studies",
                        text("%.4f (%.4f)", length.mean, straight)},
                       {"flows that keep the class", "", text("%td of %td", kept, converged)},
                       {"flows that converged, distinct attractors", "",
                        text("%td of %td, %td", converged, starts, std::ssize(distinct))},
                       {"flows that escaped", "", text("%td of %td", escaped, starts)},
                       {"energies above the lowest, median and highest", "",
                        text("%.4f, %.4f", height.median, height.largest)}},
          .pictures = {{picture, "Test digits, and the attractors that the flow takes them to at sigma = " + sigma +
                                     ". A cross: the flow did not converge."}}};
}

Nearer nearer(const Tensor<float>& y0, const neb::Flow<float>& a, const neb::Flow<float>& b) {
  const std::vector<double> chi_a = neb::chi(y0, a.y), chi_b = neb::chi(y0, b.y);
  Nearer found;
  for (std::size_t i = 0; i < chi_a.size(); ++i) {
    if (a.end[i] != FlowEnd::minimum || b.end[i] != FlowEnd::minimum) continue;
    ++found.both;
    found.in_a += chi_a[i] < chi_b[i] ? 1 : 0;
  }
  return found;
}

namespace {

Results figure(Laboratory& laboratory, const std::string& name, double sigma) {
  const Classifier& classifier = laboratory.classifier();
  const TrainedEnergy& energy = laboratory.memory(sigma);
  Results results = attractors(laboratory.program(), energy, std::cref(classifier), laboratory.first_test_digits(),
                               laboratory.flows_from_digits(sigma), /*shown=*/20, name);
  add_accuracy(results.numbers, classifier, energy, laboratory.images());
  return results;
}

}  // namespace

Results figure_7(Laboratory& laboratory) { return figure(laboratory, "figure-7", 0.15); }

Results figure_8(Laboratory& laboratory) {
  Results results = figure(laboratory, "figure-8", 0.3);
  const Nearer found =
      nearer(laboratory.first_test_digits(), laboratory.flows_from_digits(0.15), laboratory.flows_from_digits(0.3));
  results.numbers.emplace_back("converged_at_both", found.both);
  results.numbers.emplace_back("nearer_at_0.15", found.in_a);
  results.findings.push_back(
      {"attractors nearer to their digit at sigma = 0.15", "expected", text("%td of %td", found.in_a, found.both)});
  return results;
}

}  // namespace examples::paper
