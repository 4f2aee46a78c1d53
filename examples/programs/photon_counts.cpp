/// Takes the noise of counted photons from images, with an energy of counts in place of one of smooth numbers.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <tuple>
#include <vector>

#include <neb/data/sample.hpp>
#include <neb/io/number_text.hpp>

#include "common/contact_sheet.hpp"
#include "parts/count_energy.hpp"

using namespace examples;
using neb::Index, neb::Tensor;

namespace {

/// The jump of each image, with a progress bar: each costs as many evaluations as the image has pixels.
Tensor<float> jumps(const Program& program, const CountEnergy& phi, const neb::PoissonNoise& noise,
                    const Tensor<float>& y) {
  ProgressBar bar = program.progress("jumping", "images");
  Tensor<float> xhat(y.shape());
  const Index n = y.shape()[0], d = y.shape().stride(0);
  for (Index row = 0; row < n; ++row) {
    bar.update(static_cast<double>(row) / static_cast<double>(n), static_cast<double>(row));
    const Tensor<float> one = noise.xhat(phi, y.rows(row, row + 1));
    std::copy_n(one.data(), d, xhat.mutable_data() + row * d);
  }
  return xhat;
}

/// The best that each pixel can say by itself: the same jump, with f of one pixel, from all training images.
Tensor<float> pixel_by_pixel(const Tensor<float>& train, const Tensor<float>& y, double photons) {
  const Index d = y.shape().stride(0), images = train.shape()[0];
  const auto most = static_cast<std::size_t>(*std::max_element(y.span().begin(), y.span().end()));
  std::vector<double> f(static_cast<std::size_t>(d) * (most + 2));  // of each pixel, for counts from 0 to most + 1
  for (Index image = 0; image < images; ++image)
    for (Index i = 0; i < d; ++i) {
      const double mean = photons * static_cast<double>(train.data()[image * d + i]);
      double probability = std::exp(-mean);
      double* const at = &f[static_cast<std::size_t>(i) * (most + 2)];
      for (std::size_t count = 0; count < most + 2; ++count) {
        at[count] += probability;
        probability *= mean / static_cast<double>(count + 1);
      }
    }
  Tensor<float> xhat(y.shape());
  for (Index i = 0; i < y.size(); ++i) {
    const double count = static_cast<double>(y.data()[i]);
    const double* const at = &f[static_cast<std::size_t>(i % d) * (most + 2) + static_cast<std::size_t>(count)];
    // A count where all training images are black says nothing but itself.
    xhat.mutable_data()[i] = static_cast<float>(at[0] > 0 ? (count + 1) / photons * at[1] / at[0] : count / photons);
  }
  return xhat;
}

/// The sum over pixels of the squared difference, averaged over images.
double squared_error(const Tensor<float>& x, const Tensor<float>& xhat) {
  double sum = 0;
  for (Index i = 0; i < x.size(); ++i) sum += std::pow(static_cast<double>(x.data()[i] - xhat.data()[i]), 2);
  return sum / static_cast<double>(x.shape()[0]);
}

/// What the test images are compared with: their counts as images, the mean training image, and what pixels say alone.
struct Baselines {
  Tensor<float> counts, mean, pixels;
};

Baselines baselines(const Tensor<float>& train, const Tensor<float>& y, double photons) {
  Baselines all{y, y, pixel_by_pixel(train, y, photons)};
  for (float& count : all.counts.mutable_span()) count = static_cast<float>(static_cast<double>(count) / photons);
  const Tensor<float> mean = neb::mean_row(train);
  for (Index row = 0; row < y.shape()[0]; ++row)
    std::copy_n(mean.data(), mean.size(), all.mean.mutable_data() + row * mean.size());
  return all;
}

void draw(const std::string& path, const std::string& title, const Tensor<float>& x, const Tensor<float>& counts,
          const Tensor<float>& xhat) {
  constexpr Index columns = 10;
  ContactSheet sheet(title, {x.shape()[1], x.shape()[2], x.shape()[3]});
  for (Index begin = 0; begin < x.shape()[0]; begin += columns) {
    const Index end = std::min(begin + columns, x.shape()[0]);
    sheet.add_row("clean", x, begin, end, /*gap=*/begin > 0);
    sheet.add_row("counts", counts, begin, end);
    sheet.add_row("jump", xhat, begin, end);
  }
  sheet.write(path);
}

CommandLine command_line() {
  CommandLine line({
      .name = "photon_counts",
      .text =
          "Takes Poisson noise from images, as a camera has it that counts photons, --photons of them on average where\n"
          "a pixel is white. The energy phi(y) of counts y = 0, 1, 2, ... is learned from images x and their counts:\n\n"
          "    minimise over phi the mean of  sum_i (y_i + 1) / photons exp(t_i) - x_i t_i,\n"
          "    t_i = phi(y) - phi(y + e_i), e_i being one photon more in pixel i.\n\n"
          "It is convex in t and has no gradient by y in it. One jump (Robbins 1956) then gives the mean of all images\n"
          "that the counts may come from, (y_i + 1) / photons exp(t_i). Draws test images, their counts and jumps, and\n"
          "prints the error of the jumps beside those of the counts, of the mean training image, and of the best that\n"
          "can be said of each pixel from its own count. The paper names Robbins' kernel; all settings are ours.",
      .example = "photon_counts --photons 1",
      .out = "out/photon_counts",
  });
  line.option("data", "DIR",
              "Folder with the images: train- and t10k-images as IDX, plain or .gz (default: the shipped digits)")
      .option("photons", "L", "Photons expected where a pixel is white", "2")
      .option("steps", "N", "Steps of training", "2000")
      .option("batch", "N", "Images of a step", "16")
      .option("pixels", "N", "Pixels of each that the objective looks at, drawn anew in each step", "15")
      .option("learning-rate", "R", "Of Adam, at its highest; it falls along a cosine", "0.003")
      .option("count", "N", "Test images to draw, the first ones", "20")
      .option("test", "N", "Test images to measure errors on, the first ones", "100");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& line) {
    const double photons = line.positive("photons");
    const CountTraining training{.steps = line.count("steps"),
                                 .batch = line.count("batch"),
                                 .pixels = line.count("pixels"),
                                 .learning_rate = line.positive("learning-rate")};
    const Index shown = line.count("count"), measured = line.count("test");
    const Images images = read_images(line);
    if (training.pixels > images.train.shape().stride(0))
      throw UsageError("--pixels " + line.text("pixels") + ": an image has only " +
                       std::to_string(images.train.shape().stride(0)));
    const Tensor<float> x = images.test.rows(0, std::min(std::max(shown, measured), images.test.shape()[0]));
    const neb::PoissonNoise noise{.exposure = photons};
    const Tensor<float> y = check_input([&] { return noise.draw(x, neb::Key(program.seed).fold("photons")); });

    const auto start = std::chrono::steady_clock::now();
    const CountEnergy phi = train_counts(program, images.train, noise, training);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    program.print("trained: %ld steps of %ld images, %ld pixels of each, in %.1f s\n",
                  static_cast<long>(training.steps), static_cast<long>(training.batch),
                  static_cast<long>(training.pixels), elapsed.count());
    const Tensor<float> xhat = jumps(program, phi, noise, y);
    const Baselines others = baselines(images.train, y, photons);

    const std::string picture = program.picture_path("photon_counts");
    const Index rows = std::min(shown, x.shape()[0]);
    draw(picture, neb::number_text(photons) + " photons where a pixel is white: test images, counts, one jump",
         x.rows(0, rows), others.counts.rows(0, rows), xhat.rows(0, rows));
    Summary summary{{"photons", photons}, {"steps", training.steps}, {"images", x.shape()[0]}};
    program.print("squared error, summed over pixels, mean over %ld test images:\n", static_cast<long>(x.shape()[0]));
    for (const auto& [key, name, estimate] : {std::tuple("mean_image", "the mean training image", &others.mean),
                                              {"counts", "the counts", &others.counts},
                                              {"pixels", "each pixel by itself", &others.pixels},
                                              {"jump", "the jump", &xhat}}) {
      const double error = squared_error(x, *estimate);
      program.print("  %-24s %8.2f\n", name, error);
      summary.emplace_back(std::string("error_") + key, error);
    }
    program.print("picture: %s\n", picture.c_str());
    program.write_summary(summary);
  });
}
