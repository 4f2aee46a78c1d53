/// The paper reproduced: its figures and tables from the shipped energies.
#include <algorithm>
#include <chrono>

#include <neb/io/file.hpp>

#include "paper/experiment.hpp"

using namespace examples;
using namespace examples::paper;

namespace {

std::string names_of(const std::vector<Experiment>& all) {
  std::string names;
  for (const Experiment& experiment : all) names += (names.empty() ? "" : ", ") + experiment.name;
  return names;
}

/// The experiments that --only names, or all.
std::vector<Experiment> chosen(const CommandLine& line) {
  if (!line.given("only")) return experiments();
  std::vector<Experiment> some;
  for (const std::string& name : line.words("only")) {
    const auto found = std::find_if(experiments().begin(), experiments().end(),
                                    [&](const Experiment& experiment) { return experiment.name == name; });
    if (found == experiments().end()) line.reject("only", "some of " + names_of(experiments()));
    some.push_back(*found);
  }
  return some;
}

/// paper's figure | paper's number | ours | command, in Markdown.
std::string table_of(const std::vector<std::pair<Experiment, Results>>& done) {
  std::string table = "| experiment | quantity | paper | ours | command |\n|---|---|---|---|---|\n";
  for (const auto& [experiment, results] : done)
    for (const Finding& finding : results.findings)
      table += "| " + experiment.name + " | " + finding.quantity + " | " +
               (finding.paper.empty() ? "-" : finding.paper) + " | " + finding.ours + " | `scripts/reproduce.sh " +
               experiment.name + "` |\n";
  return table;
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line({
      .name = "reproduce",
      .text =
          "Runs the experiments of Neural Empirical Bayes (Saremi & Hyvarinen 2019) from the shipped energies.\n"
          "Each writes its pictures, a JSON of its numbers, and lines of table.md: what the paper reports beside what\n"
          "came out here. Experiments: " +
          names_of(experiments()) + ".",
      .example = "reproduce --only figure-3,figure-5 --out out/reproduce",
      .out = "out/reproduce",
  });
  line.option("data", "DIR",
              "Folder with the images: train- and t10k-images as IDX, plain or .gz (default: the shipped digits)")
      .option("models", "DIR", "Folder of the trained energies (default: the shipped ones)")
      .option("only", "NAME,...", "Only these experiments")
      .flag("full", "The paper's lengths, however long they take");

  return run(argc, argv, std::move(line), [](Program& program, const CommandLine& options) {
    const std::vector<Experiment> wanted = chosen(options);
    const bool full = options.given("full");
    Laboratory laboratory(program, read_images(options),
                          options.given("models") ? options.text("models") : NEB_SOURCE_DIR "/models", full);
    double minutes = 0;
    for (const Experiment& experiment : wanted) minutes += full ? experiment.full_minutes : experiment.minutes;
    program.print("%zu experiments, about %.0f minutes on two cores\n", wanted.size(), std::max(1.0, minutes));

    std::vector<std::pair<Experiment, Results>> done;
    for (const Experiment& experiment : wanted) {
      program.print("\n%s: %s\n", experiment.name.c_str(), experiment.title.c_str());
      const Results& results = done.emplace_back(experiment, experiment.run(laboratory)).second;
      write_json(program.path(experiment.name + ".json"), results.numbers);
    }
    neb::write_file(program.path("table.md"), table_of(done));
    program.print("\nThe pictures, their numbers and table.md are in %s\n", program.out.c_str());
  });
}
