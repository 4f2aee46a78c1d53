/// Walk-jump sampling of images.
#pragma once

#include <optional>
#include <string>

#include "common/trained_energy.hpp"
#include "parts/walk_state.hpp"

namespace examples {

/// Walks from noisy training images, drawn at random, and jumps on the way. Without a checkpoint to write, signals are not
/// looked at.
Jumps walk_and_jump(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk);

/// Draws x0 and every `stride`-th jump below it, for the first `chains` chains; escaped ones are crossed out.
void draw_jumps(const Jumps& jumps, const std::string& title, neb::Index chains, std::size_t stride,
                const std::string& path);

/// The same as a program: writes walk_jump.png and prints. Returns what summary.json holds; nothing when a signal ended the
/// walk, which is then saved, and sets the exit code.
std::optional<Summary> walk_jump(Program& program, const TrainedEnergy& energy, const Images& images,
                                 const WalkJump& walk);

}  // namespace examples
