// What a shipped model computes, for comparison between machines: a jump from noise around a digit-sized image, and 100 steps
// of one chain.
//   shipped_model MODEL write RESULTS     stores them
//   shipped_model MODEL compare RESULTS   compares with stored ones: 1e-5 after the jump, 1e-4 after the walk, largest pixel
#include <cmath>
#include <cstdio>
#include <neb/neb.hpp>

namespace {

neb::TensorMap results_of(const neb::Model<neb::ConvEnergy<float>>& model) {
  using namespace neb;
  const auto sigma = static_cast<float>(model.sigma);
  const Shape& image = model.phi.options.image;
  const auto x = random_uniform<float>({1, image[0], image[1], image[2]}, Key(1));
  const auto y = smooth(x, sigma, Key(2));
  const auto jump = robbins_jump(model.phi, Var<float>::constant(y), sigma).value();
  // Ten times the paper's step, so that the chain goes somewhere.
  return {{"jump", jump}, {"walk", langevin_walk(model.phi, y, {.delta = model.sigma / 10, .steps = 100}, Key(3))}};
}

/// Whether no pixel differs by more than `bound`; says by how much.
bool agrees(const char* name, const neb::TensorMap& results, const neb::SafeTensors& expected, double bound) {
  const auto& mine = std::get<neb::Tensor<float>>(results.at(name));
  const auto other = expected.get<float>(name, mine.shape());
  double largest = 0, extreme = 0;
  for (neb::Index i = 0; i < mine.size(); ++i) {
    largest = std::fmax(largest, std::fabs(double{mine.data()[i]} - double{other.data()[i]}));
    extreme = std::fmax(extreme, std::fabs(double{mine.data()[i]}));
  }
  std::printf("%s: pixels up to %.2f in size, the largest difference is %.1e, allowed is %.0e\n", name, extreme,
              largest, bound);
  return largest <= bound && extreme > 0.1;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string what = argc == 4 ? argv[2] : "";
  if (what != "write" && what != "compare") {
    std::fputs("usage: shipped_model MODEL write|compare RESULTS\n", stderr);
    return 2;
  }
  const auto results = results_of(neb::read_model<neb::ConvEnergy<float>>(argv[1]));
  if (what == "write") {
    neb::write_safetensors(argv[3], results);
    return 0;
  }
  const neb::SafeTensors expected(argv[3]);
  const bool jump = agrees("jump", results, expected, 1e-5), walk = agrees("walk", results, expected, 1e-4);
  return jump && walk ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "shipped_model: %s\n", error.what());
  return 2;
}
