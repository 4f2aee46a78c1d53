/// What the workers that are built with neb's headers say about themselves.
#pragma once

#include <neb/version.hpp>
#include <string>

#include "neb_commit.hpp"

namespace bench {

/// Version, commit, compiler and flags, on one line.
inline std::string neb_facts() {
  return "neb " + std::string(neb::version) + " at " + NEB_BENCH_COMMIT + ", " + NEB_BENCH_FLAGS;
}

}  // namespace bench
