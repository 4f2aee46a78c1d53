/// Chapter 5, docs/05-kernels-from-loops-to-registers.md. Given a path, draws a picture there.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include <neb/core/random.hpp>
#include <neb/draw/canvas.hpp>
#include <neb/kernels/conv2d/conv2d.hpp>
#include <neb/kernels/conv2d/patches.hpp>

using namespace neb;
using kernels::Conv2dGeometry;
using kernels::Conv2dRung;

namespace {

void loops() {
  const double x[] = {1, 2, 3, 4}, w[] = {1, -1};
  double y[3] = {};
  for (Index o = 0; o < 3; ++o)
    for (Index k = 0; k < 2; ++k) y[o] += x[o + k] * w[k];
  std::printf("y = (%g, %g, %g)\n", y[0], y[1], y[2]);
}

void patches() {
  const double x[] = {1, 2, 3,  //
                      4, 5, 6,  //
                      7, 8, 9};
  const auto g = Conv2dGeometry::from({1, 3, 3, 1}, {1, 2, 2, 1}, {});
  double rows[4][4];
  kernels::im2col(g, x, 0, 4, &rows[0][0]);
  for (const auto& row : rows) std::printf("%g %g %g %g\n", row[0], row[1], row[2], row[3]);
}

void outer_products() {
  const double x[] = {1, 2, 3, 4};
  const double w[][2] = {{1, 1}, {-1, 1}};  // by tap; two filters side by side
  double y[3][2] = {};                      // in registers: three pixels of two filters
  for (Index k = 0; k < 2; ++k)
    for (Index pixel = 0; pixel < 3; ++pixel)
      for (Index filter = 0; filter < 2; ++filter) y[pixel][filter] += x[pixel + k] * w[k][filter];
  for (const auto& pixel : y) std::printf("(%g, %g)\n", pixel[0], pixel[1]);
}

void four_multiplications() {
  const double x[] = {1, 2, 3, 4}, w[] = {1, 1, 1};
  const double m[] = {(x[0] - x[2]) * w[0],                        // each line has one product that needs both
                      (x[1] + x[2]) * ((w[0] + w[1] + w[2]) / 2),  //
                      (x[2] - x[1]) * ((w[0] - w[1] + w[2]) / 2),  //
                      (x[1] - x[3]) * w[2]};
  std::printf("products %g, %g, %g, %g\n", m[0], m[1], m[2], m[3]);
  std::printf("y = (%g, %g)\n", m[0] + m[1] + m[2], m[1] - m[2] - m[3]);
}

/// Whole numbers from -3 to 3, so that sums are exact in whatever order they are taken.
Tensor<float> whole_numbers(const Shape& shape, std::uint64_t seed) {
  Tensor<float> x = random_uniform<float>(shape, Key(seed), -3.0f, 3.0f);
  for (float& value : x.mutable_span()) value = std::round(value);
  return x;
}

void rungs() {
  const auto g = Conv2dGeometry::from({2, 12, 12, 16}, {16, 3, 3, 16}, {.padding = 1});
  const Tensor<float> x = whole_numbers(g.input_shape(), 1), w = whole_numbers(g.filter_shape(), 2);
  Tensor<float> expected(g.output_shape()), y(g.output_shape());
  kernels::conv2d(g, x.data(), w.data(), expected.mutable_data(), Conv2dRung::reference);
  const auto difference = [&](Conv2dRung rung) {
    kernels::conv2d(g, x.data(), w.data(), y.mutable_data(), rung);
    double largest = 0;
    for (Index i = 0; i < y.size(); ++i)
      largest = std::max(largest, std::abs(double(y.data()[i]) - double(expected.data()[i])));
    return largest;
  };
  std::printf("im2col and the loops differ by %g, the direct kernel by %g\n", difference(Conv2dRung::im2col),
              difference(Conv2dRung::direct));
  const double winograd = difference(Conv2dRung::winograd);
  std::printf("Winograd's: by less than 0.01, %s\n", winograd < 0.01 ? "yes" : "no");
}

void choice() {
  const auto name = [](const Shape& x, const Shape& w, Conv2dOptions options) {
    const Conv2dRung rung = kernels::choose_rung(Conv2dGeometry::from(x, w, options));
    return rung == Conv2dRung::winograd ? "winograd" : rung == Conv2dRung::direct ? "direct" : "im2col";
  };
  std::printf("64 -> 128 channels, 3 x 3:            %s\n", name({16, 28, 28, 64}, {128, 3, 3, 64}, {}));
  std::printf("64 -> 128 channels, 3 x 3, stride 2:  %s\n", name({16, 28, 28, 64}, {128, 3, 3, 64}, {.stride = 2}));
  std::printf("1 -> 32 channels, 3 x 3:              %s\n", name({16, 28, 28, 1}, {32, 3, 3, 1}, {}));
  std::printf("64 -> 128 channels, image 3 wide:     %s\n", name({16, 3, 3, 64}, {128, 3, 3, 64}, {}));
}

void draw(const char* path) {
  Canvas letter(28, 28, {0, 0, 0});
  letter.text(4, 7, "R", {1, 1, 1}, 3);
  Tensor<float> x({1, 28, 28, 1});
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] = letter.pixels().data()[3 * i];
  const auto g = Conv2dGeometry::from(x.shape(), {1, 3, 3, 1}, {});
  Tensor<float> rows({g.out_pixels(), g.patch_size()});  // (676, 9)
  kernels::im2col(g, x.data(), 0, g.out_pixels(), rows.mutable_data());

  Canvas canvas(3 * 84 + 44, 12 + 28 * 6 + 36 + 3 * 84);
  canvas.text(12, 12, "x");
  canvas.image(36, 12, x.reshaped({28, 28, 1}), 6);
  const Colour orange{1, 0.5, 0};
  const Index marked = 12;  // row and column of a pixel to follow
  canvas.rectangle({36 + marked * 6, 12 + marked * 6, 6, 6}, orange);
  canvas.text(12, 216, "columns of im2col");
  for (Index column = 0; column < 9; ++column) {
    Tensor<float> image({26, 26, 1});
    for (Index i = 0; i < image.size(); ++i) image.mutable_data()[i] = rows(i, column);
    const Index top = 36 + column / 3 * 84, left = 216 + column % 3 * 84;
    canvas.image(top, left, image, 3);
    canvas.rectangle({top + (marked - column / 3) * 3, left + (marked - column % 3) * 3, 3, 3}, orange);
  }
  canvas.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  loops();
  patches();
  outer_products();
  four_multiplications();
  rungs();
  choice();
  if (argc > 1) draw(argv[1]);
}
