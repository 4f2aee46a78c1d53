/// Work with a trained energy that ranks share.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>

#include <neb/io/file.hpp>

#include "common/trained_energy.hpp"

namespace examples {

/// Refuses, on all ranks, numbers that are not the same on each of them: "images", and where they lie. Throws UsageError.
void check_same(const Program& program, const std::string& name, std::initializer_list<neb::ByteSpan> numbers);
/// The same of images.
void check_same(const Program& program, const Images& images);

/// Calls `work` with the energy on rank 0. Of several ranks, all compute its rows: the others do nothing else until `work` returns.
void with_shared_energy(const Program& program, const TrainedEnergy& energy,
                        const std::function<void(const TrainedEnergy&)>& work);

}  // namespace examples
