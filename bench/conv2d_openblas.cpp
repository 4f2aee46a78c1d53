/// A worker (worker.hpp): a convolution as patches and one matrix product of OpenBLAS.
#include <cblas.h>

#include <neb/core/parallel.hpp>
#include <neb/core/random.hpp>
#include <neb/kernels/conv2d/patches.hpp>

#include "cases.hpp"
#include "worker.hpp"

namespace {

using neb::Index;

bench::Work prepare(const bench::Arguments& arguments) {
  if (arguments[1] != "forward") throw bench::NotForThis("the forward pass only");
  neb::set_threads(std::stoi(arguments[0]));
  // One thread of OpenBLAS in each of neb's: its own threads would share the cores with those that neb keeps waiting.
  openblas_set_num_threads(1);
  const bench::Convolution c(arguments[2]);
  const auto g = neb::kernels::Conv2dGeometry::from({c.batch, c.size, c.size, c.in}, {c.out, c.kernel, c.kernel, c.in},
                                                    {.stride = c.stride, .padding = c.padding});
  const auto x = neb::random_normal<float>(g.input_shape(), neb::Key(1));
  const auto w = neb::random_normal<float>(g.filter_shape(), neb::Key(2));
  const Index pixels = g.batch * g.out_pixels(), width = g.patch_size();
  neb::Tensor<float> patches({pixels, width}), y(g.output_shape());
  const auto call = [=]() mutable {
    float *const into = patches.mutable_data(), *const result = y.mutable_data();
    neb::parallel_tiles(pixels, 512, [&](Index begin, Index end) {
      neb::kernels::im2col(g, x.data(), begin, end, into + begin * width);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(end - begin),
                  static_cast<int>(g.out_channels), static_cast<int>(width), 1, into + begin * width,
                  static_cast<int>(width), w.data(), static_cast<int>(width), 0, result + begin * g.out_channels,
                  static_cast<int>(g.out_channels));
    });
  };
  bench::Work work{openblas_get_config(), call};
  work.call();
  return work;
}

}  // namespace

int main(int argc, char** argv) { return bench::run_worker(argc, argv, "THREADS PASS SHAPE ALGORITHM", prepare); }
