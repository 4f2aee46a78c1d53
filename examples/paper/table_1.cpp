#include "paper/table_1.hpp"

#include <chrono>

#include <neb/io/safetensors.hpp>

#include "paper/text.hpp"
#include "parts/sphere_overlap.hpp"

namespace examples::paper {

namespace {

/// What the paper reports, from 1e7 pairs of the 60 000 training digits.
struct Reported {
  const char *key, *value;
};
constexpr Reported table[] = {{"min", "0.0186"}, {"median", "0.1822"}, {"mean", "0.1812"}, {"max", "0.2884"}};

double number(const Summary& numbers, const char* key) { return std::get<double>(value_of(numbers, key)); }

/// The share, and how many pairs it leaves out where they are few.
std::string share_text(double share, double pairs) {
  const double apart = (1 - share) * pairs;
  return apart > 0.5 && apart < 1e-4 * pairs ? text(apart < 1.5 ? "all but %.0f pair" : "all but %.0f pairs", apart)
                                             : text("%.4g %%", 100 * share);
}

}  // namespace

Results table_1(Laboratory& laboratory, neb::Index sampled_pairs) {
  const Program& program = laboratory.program();
  const std::vector<double> sigmas{0.15, 0.25, 0.3, 0.7};
  const Summary sampled = sphere_overlap(program, laboratory.images(), sampled_pairs, sigmas, "table-1-sampled");
  const auto start = std::chrono::steady_clock::now();
  const Summary exact = sphere_overlap(program, laboratory.images(), 0, sigmas, "table-1");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  program.print("all pairs took %.1f s\n", seconds);

  Results results;
  const auto pairs = static_cast<double>(std::get<neb::Index>(value_of(exact, "pairs")));
  for (const Reported& row : table) {
    results.findings.push_back({"chi over " + laboratory.training_set() + ": " + row.key, row.value,
                                text("%.4f from %td pairs, %.4f from all %.0f", number(sampled, row.key), sampled_pairs,
                                     number(exact, row.key), pairs)});
  }
  const auto& shares = std::get<std::vector<double>>(value_of(exact, "overlapping"));
  for (std::size_t i = 0; i < sigmas.size(); ++i)
    results.findings.push_back({"pairs of spheres that overlap at sigma = " + neb::number_text(sigmas[i]),
                                sigmas[i] > 0.2884 ? "100 % (sigma > s_c)" : "", share_text(shares[i], pairs)});

  for (const auto& [prefix, part] : {std::pair<std::string, const Summary&>{"sampled_", sampled}, {"exact_", exact}})
    for (const auto& [key, value] : part) results.numbers.emplace_back(prefix + key, value);
  results.numbers.emplace_back("exact_seconds", seconds);
  results.pictures.push_back(
      {Program::picture_file("table-1"), "Chi over all pairs of " + laboratory.training_set() +
                                             ", and the part of the spheres that overlap at each sigma."});
  results.pictures.push_back(
      {Program::picture_file("table-1-sampled"), "The same from random pairs, as in the paper."});
  return results;
}

Results table_1(Laboratory& laboratory) { return table_1(laboratory, 10'000'000); }

}  // namespace examples::paper
