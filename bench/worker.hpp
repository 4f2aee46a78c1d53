/// A worker: a program that prepares one piece of work and does it when it is told to, so that contenders that live in
/// processes of their own can take turns. Its input and output are lines:
///
///   worker: ready FACTS                  what computes; or "skip REASON", and it ends: this is not for it
///   driver: SECONDS                      do the work again and again for about so long, at least once
///   worker: MEDIAN MINIMUM REPETITIONS   the time of a repetition, in seconds
///   (any number of such turns; between them the worker waits and needs no CPU)
///   driver: closes its side
///   worker: MB                           the largest resident memory, and it ends
///
/// Nothing here needs neb: a worker may be built with the headers of any version of it.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// Thrown by who prepares work that is not for this contender; the text is the reason.
struct NotForThis : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a worker repeats.
struct Work {
  std::string facts;           ///< versions and settings of what computes, on one line
  std::function<void()> call;  ///< has been called once already, so that nothing of it is for the first time
};

using Arguments = std::vector<std::string>;

/// The main() of a worker whose arguments are those that `usage` names, separated by spaces. Exits with 2 on wrong usage and
/// when `prepare` throws.
int run_worker(int argc, char** argv, const std::string& usage, const std::function<Work(const Arguments&)>& prepare);

/// The numbers in "1,2,3". Throws std::invalid_argument.
std::vector<long> numbers(const std::string& list);

}  // namespace bench
