/// Pictures of traces.
#pragma once

#include <string>
#include <vector>

#include "parts/trace.hpp"

namespace examples {

/// Draws a chart for each of some series over the steps, with a line for each of the first ten chains. Throws neb::FileError.
void draw_traces(const Trace& trace, const std::vector<std::string>& names, const std::string& path);

/// Draws one chart of autocorrelations over the lag in steps, with a curve for each of some series, which are not constant, up to
/// where all of them have become small. Throws neb::FileError.
void draw_autocorrelations(const Trace& trace, const std::vector<std::string>& names, const std::string& path);

}  // namespace examples
