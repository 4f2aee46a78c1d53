#include "common/trained_energy.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include <neb/bayes/deen.hpp>
#include <neb/energy/any_energy.hpp>
#include <neb/energy/kde_energy.hpp>

template struct neb::ConvEnergy<float>;
template struct neb::ConvexEnergy<float>;

namespace examples {

namespace {

std::string data_folder(const CommandLine& line) {
  if (line.given("data")) return line.text("data");
  const std::string shipped = NEB_SOURCE_DIR "/data/digits";
  struct ::stat status {};
  return ::stat(shipped.c_str(), &status) == 0 ? shipped : "data/digits";
}

}  // namespace

Images read_images(const CommandLine& line) {
  return check_input([&] { return neb::read_digits<float>(data_folder(line)); });
}

TrainedEnergy read_energy(const std::string& file, const Images& images) {
  auto model = check_input([&] { return neb::read_any_model<float>(file); });
  const neb::Shape image{images.train.shape()[1], images.train.shape()[2], images.train.shape()[3]};
  return std::visit(
      [&]<class Phi>(Phi& read) -> TrainedEnergy {
        const neb::Shape sample = read.options.sample();  // of rank 1 where the network sees no image, but its pixels
        if (sample != image && sample != neb::Shape{image.size()})
          throw UsageError(file + ": was trained on images of " + sample.to_string() + ", those of --data are " +
                           image.to_string() + "; choose two that fit");
        const auto phi = std::make_shared<const Phi>(std::move(read));
        return {[phi](const neb::Var<float>& y) { return (*phi)(y); }, model.sigma, image};
      },
      model.phi);
}

TrainedEnergy read_energy(const Program& program, const CommandLine& line, const Images& images) {
  const std::string file = line.text("model");
  if (file.empty())
    throw UsageError(
        "--model FILE is missing: train an energy with train_energy, which writes out/train_energy/model.safetensors");
  TrainedEnergy energy = read_energy(check_input([&] { return program.ranks->copy_of(file); }), images);
  if (line.given("sigma") && line.positive("sigma") != energy.sigma)
    throw UsageError("--sigma " + line.text("sigma") + ": the model " + file + " was trained at sigma " +
                     neb::number_text(energy.sigma) +
                     ", and an energy knows no other; leave --sigma out, or train one with it");
  return energy;
}

TrainedEnergy closed_form(const Images& images, double sigma) {
  const auto kde = std::make_shared<neb::KdeEnergy<float>>(images.train, static_cast<float>(sigma));
  const neb::Shape& shape = images.train.shape();
  return {[kde](const neb::Var<float>& y) { return (*kde)(y); }, sigma, neb::Shape{shape[1], shape[2], shape[3]}};
}

double test_loss(const TrainedEnergy& energy, const Images& images) {
  return neb::denoising_error(energy.phi, images.test, static_cast<float>(energy.sigma), neb::Key(0).fold("test loss"));
}

neb::PixelRange pixel_range(const neb::Tensor<float>& images) {
  const auto [low, high] = std::minmax_element(images.span().begin(), images.span().end());
  return {*low, *high};
}

std::string size_text(const neb::Shape& image) {
  const std::string size = std::to_string(image[0]) + " x " + std::to_string(image[1]);
  return image[2] == 1 ? size : size + " x " + std::to_string(image[2]);
}

}  // namespace examples
