/// The paper reproduced: its figures and tables from the shipped energies.
#include <algorithm>
#include <chrono>
#include <cmath>

#include <neb/io/file.hpp>

#include "paper/page.hpp"

using namespace examples;
using namespace examples::paper;

namespace {

std::string names_of(const std::vector<Experiment>& all) {
  std::string names;
  for (const Experiment& experiment : all) names += (names.empty() ? "" : ", ") + experiment.name;
  return names;
}

/// What --help lists: a line for each experiment.
std::string list_of(const std::vector<Experiment>& all) {
  std::string list;
  for (const Experiment& experiment : all) {
    std::string name = "  " + experiment.name;
    name.resize(std::max<std::size_t>(name.size() + 1, 16), ' ');
    list += name + experiment.title + (experiment.by_name ? " (by name only)" : "") + "\n";
  }
  return list;
}

/// The experiments that --only names, in the order of the paper, or all that are run without being named.
std::vector<Experiment> chosen(const CommandLine& line) {
  std::vector<Experiment> some;
  if (!line.given("only")) {
    std::copy_if(experiments().begin(), experiments().end(), std::back_inserter(some),
                 [&](const Experiment& experiment) { return line.given("full") || !experiment.by_name; });
    return some;
  }
  const std::vector<std::string> words = line.words("only");
  const auto is_chosen = [&](const Experiment& experiment) {
    return std::find(words.begin(), words.end(), experiment.name) != words.end();
  };
  for (const std::string& word : words)
    if (std::none_of(experiments().begin(), experiments().end(), [&](const auto& one) { return one.name == word; }))
      line.reject("only", "some of " + names_of(experiments()));
  std::copy_if(experiments().begin(), experiments().end(), std::back_inserter(some), is_chosen);
  return some;
}

std::string time_text(double minutes) {
  char text[64];
  if (minutes < 100)
    std::snprintf(text, sizeof text, "%.0f minute%s", std::max(1.0, std::round(minutes)), minutes < 1.5 ? "" : "s");
  else
    std::snprintf(text, sizeof text, "%.1f hours", minutes / 60);
  return text;
}

CommandLine command_line() {
  CommandLine line({
      .name = "reproduce",
      .text =
          "Runs the experiments of Neural Empirical Bayes (Saremi & Hyvarinen 2019) from the shipped energies. Each\n"
          "writes its pictures and a JSON of its numbers. After each, table.md and index.html hold all that is done: what\n"
          "the paper reports beside what came out here. So Ctrl-C costs the experiment that runs, and no other. The long ones\n"
          "run when --only names them, or with --full.\n\n" +
          list_of(experiments()),
      .example = "reproduce --only figure-3,figure-5 --out out/reproduce",
      .out = "out/reproduce",
  });
  line.option("data", "DIR",
              "Folder with the images: train- and t10k-images as IDX, plain or .gz (default: the shipped digits)")
      .option("models", "DIR", "Folder of the trained energies (default: the shipped ones)")
      .option("only", "NAME,...", "Only these experiments")
      .flag("full", "The paper's lengths, however long they take");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& options) {
    using Clock = std::chrono::steady_clock;
    const std::vector<Experiment> wanted = chosen(options);
    const bool full = options.given("full");
    const Images images = read_images(options);
    Laboratory laboratory(program, images, options.given("models") ? options.text("models") : NEB_SOURCE_DIR "/models",
                          full);
    const Setting setting{program.out,
                          laboratory.training_set() + " and " + std::to_string(images.test.shape()[0]) + " test digits",
                          program.seed, full};
    double minutes = 0;
    for (const Experiment& experiment : wanted) minutes += full ? experiment.full_minutes : experiment.minutes;
    program.print("%zu experiment%s with %s: about %s on two cores\nCtrl-C stops; what is finished stays\n",
                  wanted.size(), wanted.size() == 1 ? "" : "s", setting.data.c_str(), time_text(minutes).c_str());

    std::vector<Done> done;
    for (const Experiment& experiment : wanted) {
      program.print("\n[%zu/%zu] %s: %s\n", done.size() + 1, wanted.size(), experiment.name.c_str(),
                    experiment.title.c_str());
      const auto start = Clock::now();
      Results results = experiment.run(laboratory);
      const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
      results.numbers.emplace_back("seconds", seconds);
      results.numbers.emplace_back("command", command_of(experiment, setting));
      write_json(program.path(experiment.name + ".json"), results.numbers);
      done.push_back({experiment, std::move(results), seconds});
      neb::write_file(program.path("table.md"), table(done, setting));
      neb::write_file(program.path("index.html"), page(done, setting));
      program.print("[%zu/%zu] %s took %.0f s\n", done.size(), wanted.size(), experiment.name.c_str(), seconds);
    }
    program.print("\nPictures, numbers, table.md and the page index.html are in %s\n", program.out.c_str());
  });
}
