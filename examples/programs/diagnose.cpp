/// Whether the chains of a walk have mixed.
#include <neb/core/finite.hpp>

#include "parts/diagnose.hpp"

using namespace examples;

namespace {

/// The series to draw, which must be there and move.
std::vector<std::string> series_to_show(const CommandLine& line, const Trace& trace) {
  if (!line.given("series")) return {};
  const std::vector<std::string> names = line.words("series");
  for (const std::string& name : names) {
    const auto found = trace.series.find(name);
    if (found == trace.series.end()) {
      std::string all;
      for (const auto& [other, series] : trace.series) all += (all.empty() ? "" : ", ") + other;
      throw UsageError("--series: there is no \"" + name + "\", there are: " + all);
    }
    if (!neb::is_finite(neb::bulk_ess(found->second)))
      throw UsageError("--series: \"" + name + "\" is constant or not finite, which is no picture");
  }
  return names;
}

CommandLine command_line() {
  CommandLine line({
      .name = "diagnose",
      .text =
          "Says whether the chains of a walk have mixed, and how many independent draws they are worth. Reads a trace, the\n"
          "numbers that walk_jump --trace recorded along the way, and prints for each of its series\n\n"
          "    mean, error    over all draws of all chains, and its Monte-Carlo standard error\n"
          "    R-hat          how much wider all chains together are than each for itself; 1 when they have mixed\n"
          "    bulk ESS       independent draws that would tell the bulk as well, by the mean of the ranks\n"
          "    tail ESS       the same of the 5 % and 95 % quantiles, the smaller one; an indicator has no tails\n"
          "    time           steps that are worth one independent draw\n\n"
          "all as in Vehtari, Gelman, Simpson, Carpenter and Burkner (2021). Chains count as mixed when every R-hat is below\n"
          "1.01 and every series has 100 effective draws for each chain, their rule and that of Stan. Even then nothing is\n"
          "known of places that no chain has found.\n\n"
          "A trace is a safetensors file of tensors (chains, draws), one for each series. From Python:\n\n"
          "    safetensors.numpy.save_file({\"x\": x, \"y\": y}, \"trace.safetensors\", {\"every\": \"10\"})",
      .example = "diagnose --trace out/walk_jump/trace.safetensors --skip 100",
      .out = "out/diagnose",
  });
  line.option("trace", "FILE", "The trace (needed)")
      .option("skip", "N",
              "Draws to leave out at the start of each chain, as long as it still tells where it came from", "0")
      .option("series", "NAME,...", "Series to draw (default: the four with the fewest effective draws)");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& options) {
    if (!options.given("trace")) throw UsageError("--trace FILE is missing: what walk_jump --trace recorded");
    Trace trace = read_trace(options.text("trace"));
    const neb::Index skip = options.count("skip", 0);
    if (skip > trace.draws() - 4)
      throw UsageError("--skip " + options.text("skip") + ": there are " + std::to_string(trace.draws()) +
                       " draws, of which at least 4 are needed");
    trace = trace.without_first(skip);
    Summary summary = diagnose(program, trace, "diagnose", series_to_show(options, trace));
    program.write_summary(summary);
  });
}
