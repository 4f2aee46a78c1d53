/// How far a long computation is, and a way to stop it: training, walks, flows and the statistics of chi tell it alike.
#pragma once

#include <functional>

#include "neb/core/shape.hpp"

namespace neb {

/// How far a long computation is.
struct Progress {
  double done = 0;  ///< part of all the work, in [0, 1]; it never falls, and is 1 once everything is done
  Index count = 0;  ///< what is counted: steps of training or of a walk, flows that have ended, pairs
};

/// Is told the progress now and then, by the thread that called, and says whether to go on. After false, what was
/// computed so far is returned; each function documents what that is. It only watches: results have the same bits with
/// and without it.
using OnProgress = std::function<bool(const Progress&)>;

}  // namespace neb
