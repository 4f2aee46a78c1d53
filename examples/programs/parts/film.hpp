/// Films of flows over the logarithm of time, on past where they settle.
#pragma once

#include <string>
#include <vector>

#include <neb/flow/flow.hpp>

#include "common/trained_energy.hpp"

namespace examples {

/// Flows to their minima or until `stages.back()`, seen at every one of `times`; times are in units of sigma^2.
struct Film {
  neb::Shape image;            ///< (H, W, C)
  std::vector<double> stages;  ///< 0, 1, 3, 10, 30 and so on: the rows of a picture
  std::vector<double> times;   ///< 0, 0.1, and then six frames from each of 0.1, 0.3, 1, 3 to the next
  neb::Flow<float> flow;       ///< its snapshots are those at `times`
};

/// Follows the flows from y0: (N, H, W, C) for a time of `last`.
Film film_of(const Program& program, const TrainedEnergy& energy, const neb::Tensor<float>& y0, double last = 300);

/// Draws a row for each stage and a column for each flow; a flow that has escaped is crossed out.
void draw_stages(const Film& film, const std::string& title, const std::string& path);

/// Draws the frames side by side in one picture, as an HTML page can play them, and returns how many there are; the last one
/// stays for a while. In a frame are the flows in rows of five, underlined from the time on at which they have settled.
neb::Index draw_frames(const Film& film, const std::string& path);

/// An HTML page that plays the frames in the picture `file` beside it.
std::string film_page(const std::string& title, const std::string& file, neb::Index frames);

}  // namespace examples
