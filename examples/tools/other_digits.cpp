/// Makes data sets that nobody tuned on, of one that everybody knows: for what should not depend on MNIST.
#include <algorithm>

#include <neb/core/random.hpp>
#include <neb/data/idx.hpp>

#include "common/trained_energy.hpp"

using namespace examples;
using neb::Index, neb::Tensor;

namespace {

constexpr Index turned_height = 20, turned_width = 24;

/// Dark on bright, turned by a quarter to the left, and the middle of it in 20 rows of 24.
Tensor<float> inverted_and_turned(const Tensor<float>& x) {
  const Index count = x.shape()[0], height = x.shape()[1], width = x.shape()[2], channels = x.shape()[3];
  const Index top = (width - turned_height) / 2, left = (height - turned_width) / 2;
  Tensor<float> y({count, turned_height, turned_width, channels});
  float* out = y.mutable_data();
  for (Index i = 0; i < count; ++i)
    for (Index row = 0; row < turned_height; ++row)
      for (Index column = 0; column < turned_width; ++column)
        for (Index c = 0; c < channels; ++c) *out++ = 1 - x(i, left + column, width - 1 - (top + row), c);
  return y;
}

/// Each digit in a bright colour of its own, on a dark ground of its own.
Tensor<float> coloured(const Tensor<float>& x, const neb::Key& key) {
  const Index count = x.shape()[0], height = x.shape()[1], width = x.shape()[2];
  const Tensor<float> ink = neb::random_uniform<float>({count, 3}, key.fold("ink"), 0.5f, 1),
                      ground = neb::random_uniform<float>({count, 3}, key.fold("ground"), 0, 0.5f);
  Tensor<float> y({count, height, width, 3});
  float* out = y.mutable_data();
  for (Index i = 0; i < count; ++i)
    for (Index row = 0; row < height; ++row)
      for (Index column = 0; column < width; ++column)
        for (Index c = 0; c < 3; ++c) {
          const float shade = x(i, row, column, 0);
          *out++ = shade * ink(i, c) + (1 - shade) * ground(i, c);
        }
  return y;
}

void write_part(const Program& program, const std::string& part, const Tensor<float>& images,
                const std::vector<std::uint8_t>& labels) {
  neb::write_idx_images(program.path(part + (images.shape()[3] == 1 ? "-images-idx3-ubyte" : "-images-idx4-ubyte")),
                        images);
  if (!labels.empty()) neb::write_idx_labels(program.path(part + "-labels-idx1-ubyte"), labels);
}

CommandLine command_line() {
  CommandLine line({
      .name = "other_digits",
      .text =
          "Makes another data set of a folder with digits, which train_energy and the other programs then take with\n"
          "--data. turned: inverted, turned by a quarter and cropped to 20 x 24; colour: each digit in a colour of its\n"
          "own on a ground of its own, 28 x 28 x 3. Networks and settings were chosen on MNIST; this tells what they do\n"
          "elsewhere.",
      .example = "other_digits --kind turned --out out/turned && train_energy --data out/turned --steps 4000",
      .out = "out/other_digits",
  });
  line.option("data", "DIR",
              "Folder with the images: train- and t10k-images as IDX, plain or .gz (default: the shipped digits)")
      .option("kind", "NAME", "What to make: turned or colour", "turned");
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, command_line, [](Program& program, const CommandLine& line) {
    const bool turned = line.text("kind") == "turned";
    if (!turned && line.text("kind") != "colour") line.reject("kind", "turned or colour");
    const Images images = read_images(line);
    const neb::Shape& shape = images.train.shape();
    if (shape[3] != 1 || shape[1] < turned_width || shape[2] < turned_height)
      throw UsageError("--data: expected grey images of at least 24 x 20 pixels, got " +
                       size_text({shape[1], shape[2], shape[3]}));
    const neb::Key key = neb::Key(program.seed).fold("other_digits");
    const auto made = [&](const Tensor<float>& x, const char* part) {
      return turned ? inverted_and_turned(x) : coloured(x, key.fold(part));
    };
    write_part(program, "train", made(images.train, "train"), images.train_labels);
    write_part(program, "t10k", made(images.test, "t10k"), images.test_labels);
    program.print("%td images to train on and %td to test with are in %s\n", images.train.shape()[0],
                  images.test.shape()[0], program.out.c_str());
  });
}
