/// How much noise is much: Table 1 of the paper.
#include "parts/sphere_overlap.hpp"

#include "common/shared_work.hpp"

using namespace examples;

namespace {

CommandLine command_line() {
  CommandLine line({
      .name = "sphere_overlap",
      .text =
          "Noise N(0, sigma^2 I) around an image in d dimensions is a thin sphere of radius sigma sqrt(d). The spheres of\n"
          "two images overlap when sigma exceeds (Saremi & Hyvarinen 2019, Eq. 2)\n\n"
          "    chi_ij = |X_i - X_j| / (2 sqrt(d)),\n\n"
          "so the distribution of chi over pairs of images says which noise is small, and which is extreme: beyond\n"
          "s_c = max chi all spheres overlap. Draws its histogram with lines at the sigmas of your choice.",
      .example = "sphere_overlap --sigma 0.15,0.3 --pairs 1000000",
      .out = "out/sphere_overlap",
      .shares_work = true,
  });
  line.data_and_model("Mark the noise level that this model was trained at, instead of --sigma's");
  line.option("sigma", "S,S,...", "Noise levels to mark (the paper's)", "0.15,0.3")
      .option("pairs", "N",
              "Random pairs to look at, or all (default: all up to 20000 images, else 10000000, the paper's)");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& options) {
    std::vector<double> sigmas = options.positives("sigma");
    neb::Index pairs = options.given("pairs") && options.text("pairs") != "all" ? options.count("pairs") : 0;
    const Images images = read_images(options);
    check_same(program, images);
    if (options.given("model") && !options.given("sigma")) sigmas = {read_energy(program, options, images).sigma};
    if (!options.given("pairs") && images.train.shape()[0] > 20000) pairs = 10'000'000;
    if (images.train.shape()[0] < 2) throw UsageError("--data: a pair takes two training images, there is only one");
    program.write_summary(sphere_overlap(program, images, pairs, sigmas));
  });
}
