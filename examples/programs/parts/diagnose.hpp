/// Whether the chains of a trace have mixed: in numbers, in words and in pictures.
#pragma once

#include <string>
#include <vector>

#include <neb/sampling/diagnostics.hpp>

#include "common/program.hpp"
#include "parts/trace.hpp"

namespace examples {

/// What the chains say of a series, or of how often their jumps are of a class ("class 3").
struct Row {
  std::string name;
  bool constant = false;
  neb::Diagnosis found{};  ///< its times in draws
};

/// The same of all series and all classes that were visited.
std::vector<Row> diagnose(const Trace& trace);

/// Whether they have mixed, and why not. The rule is that of Vehtari et al. (2021) and of Stan: every R-hat below 1.01, and
/// 100 effective draws for each chain, in bulk and in tails.
struct Verdict {
  bool mixed = false;
  double r_hat = 0;   ///< the largest one
  double ess = 0;     ///< the smallest one, of bulk or tail
  std::string words;  ///< a sentence or two
};
Verdict verdict(const Trace& trace, const std::vector<Row>& rows);

/// Prints a table and the verdict, and draws PICTURE_trace and PICTURE_autocorrelation of the series in `shown`, or of the four
/// with the fewest effective draws if it is empty. Returns what summary.json holds.
Summary diagnose(Program& program, const Trace& trace, const std::string& picture_stem,
                 const std::vector<std::string>& shown = {});

}  // namespace examples
