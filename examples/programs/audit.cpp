/// Whether a trained energy is what it should be.
#include "parts/audit.hpp"

#include <algorithm>

#include <neb/bayes/smooth.hpp>

#include "common/shared_work.hpp"
#include "common/trained_energy.hpp"

using namespace examples;

namespace {

/// The first `count` test images, with noise of level sigma.
NoisyImages with_noise(const Program& program, const CommandLine& options, const DoubleEnergy& energy, double sigma,
                       neb::Index count) {
  const neb::Tensor<float> test = read_images(options).test;
  const neb::Shape image{test.shape()[1], test.shape()[2], test.shape()[3]};
  if (energy.sample != image && energy.sample != neb::Shape{image.size()})
    throw UsageError(options.text("model") + ": was trained on images of " + energy.sample.to_string() +
                     ", those of --data are " + image.to_string() + "; choose two that fit");
  if (test.shape()[0] < 2) throw UsageError("--data: an audit takes at least two test images");
  neb::Tensor<double> x = test.rows(0, std::min(count, test.shape()[0])).to<double>();
  neb::Tensor<double> y = neb::smooth(x, sigma, neb::Key(program.seed).fold("audit"));
  return {std::move(y), std::move(x)};
}

CommandLine command_line() {
  CommandLine line({
      .name = "audit",
      .text =
          "Says whether an energy is minus the logarithm of the density of the noisy images, and what is wrong if it is\n"
          "not. With g = grad phi, H its Hessian and C = sigma^2 (1 - sigma^2 H), the covariance of the clean image:\n\n"
          "    slope          E tr H / E abs(g)^2, 1 at the optimum: -1 with a wrong sign, 1 / sigma^2 where sigma^2 is\n"
          "                   missing in the objective, (s / sigma)^2 for the energy of another noise level s\n"
          "    SURE           d sigma^2 + sigma^4 E[abs(g)^2 - 2 tr H], the loss without clean images (Stein 1981)\n"
          "    sigma^2 H      its eigenvalues, of which none exceeds 1 at the optimum\n"
          "    SURE - loss    with clean images: 0 for any energy, so it tells of the noise and of the code\n"
          "    by tenths      with clean images: the error that C predicts, and the error of the jump\n\n"
          "and the radial profile (see denoise). It takes clean test images and makes the noise, or, with --noisy, a\n"
          "safetensors file of noisy images y, (N, H, W, C), and if they are known the clean ones x. From Python:\n\n"
          "    safetensors.numpy.save_file({\"y\": y, \"x\": x}, \"noisy.safetensors\")\n\n"
          "docs/09-what-the-jump-does-not-know.md derives where the verdict draws its lines.",
      .example = "audit --model models/sigma-0.30.safetensors",
      .out = "out/audit",
      .shares_work = true,
  });
  line.data_and_model("The energy to audit (needed)");
  line.option("noisy", "FILE", "Noisy images, instead of those that are made from --data")
      .option("sigma", "S", "The noise level that the images are said to have (default: the energy's)")
      .option("count", "N", "Images to look at, the first ones", "1000")
      .option("probes", "N", "Random vectors for the trace of H at each of them, an even number", "4")
      .option("spectra", "N", "Images whose spectrum is computed whole", "20");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& options) {
    if (!options.given("model")) throw UsageError("--model FILE is missing: the energy to audit");
    if (options.given("noisy") && options.given("data"))
      throw UsageError("--noisy FILE brings its own images: leave --data out");
    const neb::Index count = options.count("count", 2);
    const neb::AuditOptions thorough{.probes = options.count("probes", 2), .spectra = options.count("spectra", 0)};
    if (thorough.probes % 2 != 0) options.reject("probes", "an even number");
    const double claimed = options.given("sigma") ? options.positive("sigma") : 0;
    const auto copy_of = [&](const char* option) {
      return check_input([&] { return program.ranks->copy_of(options.text(option)); });
    };
    const DoubleEnergy energy = read_double_energy(copy_of("model"));
    const double sigma = claimed > 0 ? claimed : energy.sigma;
    const NoisyImages images = options.given("noisy") ? read_noisy_images(copy_of("noisy"), energy, count)
                                                      : with_noise(program, options, energy, sigma, count);
    const auto& clean = images.x ? *images.x : images.y;
    check_same(program, "images", {std::as_bytes(images.y.span()), std::as_bytes(clean.span())});
    program.write_summary(audit(program, energy, images, sigma, thorough));
  });
}
