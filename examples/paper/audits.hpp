/// The audit of the shipped energies, and of four that are broken on purpose. The paper does not ask.
#pragma once

#include <string>
#include <vector>

#include "common/double_energy.hpp"
#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// An energy that is wrong, or is told the wrong noise level, and what the verdict should say of it.
struct BrokenEnergy {
  std::string name;
  DoubleEnergy energy;  ///< with the noise level that it is said to have
  double noise = 0;     ///< the noise level of the data
  std::string expected;
};

/// What a sound energy becomes by a wrong sign, by a forgotten sigma^2, and where its data have less noise than is claimed; and
/// `other`, of a lower noise level, used in its place.
std::vector<BrokenEnergy> broken_energies(const DoubleEnergy& sound, const DoubleEnergy& other);

/// The audit's numbers and verdict for energies of several noise levels, and for the broken ones.
Results audits(Laboratory& laboratory);

}  // namespace examples::paper
