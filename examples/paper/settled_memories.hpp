/// Settled memories of test digits, and how far they are from them: Fig. 7 and 8.
#pragma once

#include "paper/judge.hpp"
#include "paper/laboratory.hpp"
#include "paper/memory_measures.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// How many flows, and how far; times in units of sigma^2. None of it is from the paper.
struct Remembering {
  neb::Index digits = 1000;   ///< that flow until they settle
  neb::Index followed = 40;   ///< of them, those whose flow is followed beyond
  double longest = 300;       ///< a flow that takes longer to settle has not settled
  double lasting_chi = 0.02;  ///< a settled picture lasts until it has moved so far; no two training digits are closer
  double lasting = 300;       ///< longest time to watch it
};

/// The moments at which a flow is looked at beside the one where it settles.
inline constexpr double looks_at[]{10, 30, 100};
inline constexpr double looks_below[]{1, 0.3, 0.1};

/// Where flows from digits are at a moment.
struct Whereabouts {
  std::vector<double> chi;          ///< to the digit
  std::vector<double> path_length;  ///< in data units
  double kept = 0;                  ///< share with the class that the first judge gives the digit
};

/// What became of digits.
struct Remembered {
  neb::Flow<float> flow;                       ///< of all of them, until they settle
  std::vector<bool> settled;                   ///< whether they did
  std::vector<Kept> kept;                      ///< what each judge says
  std::vector<double> chi, path_length, time;  ///< of those that settled
  std::vector<Whereabouts> at, below;          ///< of those followed, at looks_at and looks_below
  neb::Tensor<float> late;                     ///< of those followed, at the last of looks_at
  std::vector<double> lasting;  ///< of those followed: how long a settled one lasts, at most settings.lasting
};

/// Flows from the images y0: (N, H, W, C) with these labels.
Remembered remember(const Program& program, const TrainedEnergy& energy, const std::vector<Judge>& judges,
                    const neb::Tensor<float>& y0, const std::vector<std::uint8_t>& labels, const Remembering& settings);

/// The same as numbers, whose names begin with `prefix`.
Summary numbers_of(const Remembered& remembered, const std::vector<Judge>& judges, const std::string& prefix);

/// The same as lines of the table.
std::vector<Finding> findings_of(const Remembered& remembered, const std::vector<Judge>& judges,
                                 const Remembering& settings);

Results figure_7(Laboratory& laboratory);
Results figure_8(Laboratory& laboratory);

}  // namespace examples::paper
