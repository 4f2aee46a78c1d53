/// What the page says of each experiment.
#pragma once

#include <string>

namespace examples::paper {

/// What was done and where it is in the paper, in a few sentences; empty for a name that is none.
std::string about(const std::string& experiment);

}  // namespace examples::paper
