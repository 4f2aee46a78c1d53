#include "openblas.hpp"

#if defined(NEB_BENCH_OPENBLAS)
#include <cblas.h>

#include <memory>
#include <neb/core/parallel.hpp>
#include <neb/kernels/conv2d/patches.hpp>
#include <vector>
#endif

namespace openblas {

std::function<void()> convolution([[maybe_unused]] const neb::kernels::Conv2dGeometry& g,
                                  [[maybe_unused]] const float* x, [[maybe_unused]] const float* w,
                                  [[maybe_unused]] float* y) {
#if defined(NEB_BENCH_OPENBLAS)
  // One thread of OpenBLAS in each of neb's: its own threads would share the cores with those that neb keeps waiting.
  openblas_set_num_threads(1);
  const neb::Index pixels = g.batch * g.out_pixels();
  const auto patches = std::make_shared<std::vector<float>>(static_cast<std::size_t>(pixels * g.patch_size()));
  return [=] {
    neb::parallel_tiles(pixels, 512, [&](neb::Index begin, neb::Index end) {
      float* const block = patches->data() + begin * g.patch_size();
      neb::kernels::im2col(g, x, begin, end, block);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(end - begin),
                  static_cast<int>(g.out_channels), static_cast<int>(g.patch_size()), 1, block,
                  static_cast<int>(g.patch_size()), w, static_cast<int>(g.patch_size()), 0, y + begin * g.out_channels,
                  static_cast<int>(g.out_channels));
    });
  };
#else
  return {};
#endif
}

}  // namespace openblas
