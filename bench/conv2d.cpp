/// Convolution kernels: every rung of the ladder and, where they are installed, oneDNN and OpenBLAS, in GFLOP/s and against the peak.
#include <cmath>
#include <cstdio>
#include <neb/core/random.hpp>
#include <neb/kernels/conv2d/conv2d.hpp>
#include <stdexcept>

#include "measure.hpp"
#include "onednn.hpp"
#include "openblas.hpp"

namespace {

using neb::Index;
using neb::kernels::Conv2dGeometry;
using neb::kernels::Conv2dRung;

struct Case {
  Index batch, size, in, out, kernel, stride = 1, padding = 0;
};

constexpr Case cases[] = {
    {8, 26, 256, 512, 3},       {8, 24, 512, 1024, 3}, {64, 26, 32, 64, 3}, {64, 24, 64, 128, 3},
    {32, 28, 64, 64, 3},        {1, 24, 64, 128, 3},   {16, 28, 1, 32, 3},  {32, 28, 32, 64, 5, 1, 2},
    {16, 28, 64, 128, 4, 2, 1}, {32, 28, 64, 128, 1},
};

struct Rung {
  const char* name;
  Conv2dRung rung;
};
constexpr Rung rungs[] = {{"reference", Conv2dRung::reference},
                          {"im2col", Conv2dRung::im2col},
                          {"direct", Conv2dRung::direct},
                          {"winograd", Conv2dRung::winograd},
                          {"winograd_eight", Conv2dRung::winograd_eight}};

/// Whether a rung computes this convolution, and within seconds.
bool runs(Conv2dRung rung, const Conv2dGeometry& g) {
  if (rung >= Conv2dRung::winograd) return neb::kernels::winograd::applies_to(g);
  return rung != Conv2dRung::reference || g.macs() < 300'000'000;
}

const char* const passes[] = {"forward", "input_grad", "filter_grad"};

/// The arrays of one convolution; a pass reads two of them and writes the third.
struct Arrays {
  neb::Tensor<float> x, w, y;

  explicit Arrays(const Conv2dGeometry& g)
      : x(neb::random_normal<float>(g.input_shape(), neb::Key(1))),
        w(neb::random_normal<float>(g.filter_shape(), neb::Key(2))),
        y(neb::random_normal<float>(g.output_shape(), neb::Key(3))) {}

  neb::Tensor<float>& result(int pass) { return pass == 0 ? y : (pass == 1 ? x : w); }
};

void run(const Conv2dGeometry& g, int pass, Conv2dRung rung, Arrays& a) {
  if (pass == 0) neb::kernels::conv2d(g, a.x.data(), a.w.data(), a.y.mutable_data(), rung);
  if (pass == 1) neb::kernels::conv2d_input_grad(g, a.y.data(), a.w.data(), a.x.mutable_data(), rung);
  if (pass == 2) neb::kernels::conv2d_filter_grad(g, a.x.data(), a.y.data(), a.w.mutable_data(), rung);
}

/// Throws unless `got` is what im2col, computed in double, gives.
void check(const Conv2dGeometry& g, int pass, const Arrays& inputs, const neb::Tensor<float>& got, const char* rung) {
  auto x = inputs.x.to<double>(), w = inputs.w.to<double>(), y = inputs.y.to<double>();
  if (pass == 0) neb::kernels::conv2d_im2col(g, x.data(), w.data(), y.mutable_data());
  if (pass == 1) neb::kernels::conv2d_input_grad_im2col(g, y.data(), w.data(), x.mutable_data());
  if (pass == 2) neb::kernels::conv2d_filter_grad_im2col(g, x.data(), y.data(), w.mutable_data());
  const neb::Tensor<double>& expected = pass == 0 ? y : (pass == 1 ? x : w);
  double error = 0, size = 0;
  for (Index i = 0; i < got.size(); ++i) {
    const double difference = static_cast<double>(got.data()[i]) - expected.data()[i];
    error += difference * difference;
    size += expected.data()[i] * expected.data()[i];
  }
  if (!(std::sqrt(error / size) < 1e-5))
    throw std::runtime_error(std::string(rung) + " " + passes[pass] + ": relative error " +
                             std::to_string(std::sqrt(error / size)));
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options =
      bench::start(argc, argv,
                   "Convolution kernels against each other, against rivals, and against the multiply-add peak.\n"
                   "A row: shape N,size,in,out,kernel[,stride,padding]; median and best rate in GFLOP/s.");
  const double peak = bench::fma_peak_gflops(options.threads);
  bench::head(options, peak);
  if (!onednn::available) std::puts("oneDNN was not found at build time");
  std::printf("%-26s %-12s %-11s %9s %9s %7s\n", "shape", "pass", "rung", "median", "best", "% peak");
  nlohmann::json rows = nlohmann::json::array();
  for (const Case& c : cases) {
    std::string shape;
    for (const Index n : {c.batch, c.size, c.in, c.out, c.kernel})
      shape += (shape.empty() ? "" : ",") + std::to_string(n);
    if (c.stride != 1 || c.padding != 0) shape += "," + std::to_string(c.stride) + "," + std::to_string(c.padding);
    if (shape.find(options.only) == std::string::npos) continue;
    const auto g = Conv2dGeometry::from({c.batch, c.size, c.size, c.in}, {c.out, c.kernel, c.kernel, c.in},
                                        {.stride = c.stride, .padding = c.padding});
    for (int pass = 0; pass < 3; ++pass) {
      const Arrays inputs(g);
      std::vector<std::string> names;
      std::vector<std::function<void()>> contenders;
      std::vector<Arrays> arrays(std::size(rungs), inputs);
      for (std::size_t k = 0; k < std::size(rungs); ++k) {
        if (!runs(rungs[k].rung, g)) continue;
        run(g, pass, rungs[k].rung, arrays[k]);
        check(g, pass, inputs, arrays[k].result(pass), rungs[k].name);
        names.push_back(rungs[k].name);
        contenders.push_back([&, k] { run(g, pass, rungs[k].rung, arrays[k]); });
      }
      Arrays blas = inputs;
      if (auto rival = openblas::convolution(g, blas.x.data(), blas.w.data(), blas.y.mutable_data());
          rival && pass == 0) {
        rival();
        check(g, pass, inputs, blas.y, "openblas");
        names.push_back("openblas");
        contenders.push_back(std::move(rival));
      }
      for (auto& rival : onednn::convolutions(g, pass)) {
        names.push_back(rival.name);
        contenders.push_back(rival.run);
      }
      const auto timings = bench::take_turns(contenders, options.seconds);
      const double gflop = 2e-9 * static_cast<double>(g.macs());
      for (std::size_t k = 0; k < names.size(); ++k) {
        const double rate = gflop / timings[k].median;
        std::printf("%-26s %-12s %-11s %9.1f %9.1f %6.1f%%\n", shape.c_str(), passes[pass], names[k].c_str(), rate,
                    gflop / timings[k].minimum, 100 * rate / peak);
        std::fflush(stdout);
        rows.push_back({{"shape", shape},
                        {"pass", passes[pass]},
                        {"rung", names[k]},
                        {"gflops", rate},
                        {"best_gflops", gflop / timings[k].minimum},
                        {"percent_of_peak", 100 * rate / peak}});
      }
    }
  }
  bench::finish(options, peak, rows);
}
