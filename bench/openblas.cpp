#include "openblas.hpp"

#if defined(NEB_BENCH_OPENBLAS)
#include <cblas.h>

#include <memory>
#include <neb/core/parallel.hpp>
#include <neb/kernels/im2col.hpp>
#include <vector>
#endif

namespace openblas {

std::function<void()> convolution([[maybe_unused]] const neb::kernels::Conv2dGeometry& g,
                                  [[maybe_unused]] const float* x, [[maybe_unused]] const float* w,
                                  [[maybe_unused]] float* y, [[maybe_unused]] int threads) {
#if defined(NEB_BENCH_OPENBLAS)
  const neb::Index pixels = g.batch * g.out_pixels();
  const auto patches = std::make_shared<std::vector<float>>(static_cast<std::size_t>(pixels * g.patch_size()));
  return [=] {
    openblas_set_num_threads(threads);
    neb::parallel_tiles(pixels, 64, [&](neb::Index begin, neb::Index end) {
      neb::kernels::im2col(g, x, begin, end, patches->data() + begin * g.patch_size());
    });
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(pixels), static_cast<int>(g.out_channels),
                static_cast<int>(g.patch_size()), 1, patches->data(), static_cast<int>(g.patch_size()), w,
                static_cast<int>(g.patch_size()), 0, y, static_cast<int>(g.out_channels));
  };
#else
  return {};
#endif
}

}  // namespace openblas
