/// What a long computation tells of its progress.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "neb/core/progress.hpp"

namespace neb::test {

/// Keeps what it is told.
struct ProgressRecord {
  std::vector<Progress> told;

  /// A callback that asks to stop at its call number `calls`.
  OnProgress until(std::size_t calls = std::numeric_limits<std::size_t>::max()) {
    return [this, calls](const Progress& progress) {
      told.push_back(progress);
      return told.size() < calls;
    };
  }

  /// Whether done went from 0 or above to 1 without falling, and the count without falling.
  bool complete() const {
    const auto falls = [](const Progress& a, const Progress& b) { return b.done < a.done || b.count < a.count; };
    return !told.empty() && told.front().done >= 0 && told.back().done == 1 &&
           std::adjacent_find(told.begin(), told.end(), falls) == told.end();
  }

  std::vector<Index> counts() const {
    std::vector<Index> all;
    for (const Progress& progress : told) all.push_back(progress.count);
    return all;
  }
};

}  // namespace neb::test
