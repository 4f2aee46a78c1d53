#include "neb/kernels/conv2d/tap_rows.hpp"

#include <doctest/doctest.h>

#include "kernels/support.hpp"
#include "neb/kernels/conv2d/correlation.hpp"
#include "neb/kernels/conv2d/patches.hpp"

using neb::Index;
using namespace neb::test;

TEST_CASE_TEMPLATE("the rows of taps are the columns of im2col, of several images and bands of them", T, float,
                   double) {
  for (const auto& g : {geometry({3, 5, 6, 2}, {1, 3, 3, 2}, 1, 0), geometry({2, 5, 20, 1}, {1, 3, 2, 1}, 1, 2),
                        geometry({3, 7, 4, 3}, {1, 2, 4, 3}, 2, 1), geometry({2, 4, 9, 2}, {1, 1, 5, 2}, 3, 3),
                        geometry({2, 28, 28, 1}, {1, 7, 7, 1}, 2, 3), geometry({1, 2, 2, 2}, {1, 2, 2, 2}, 5, 7)}) {
    CAPTURE(describe(g));
    const auto x = integers<T>(g.input_shape().size(), 1);
    const Index image_size = g.height * g.width * g.in_channels, height = g.out_height();
    const neb::kernels::Correlation k = neb::kernels::detail::forward_correlation(g);
    for (const Index band : {height, Index{1}}) {  // output rows of each image
      const Index begin = height - band, pixels = band * g.out_width();
      const neb::kernels::TapRows<T> taps(k, band, g.batch * pixels);
      for (Index n = 0; n < g.batch; ++n) taps.gather(x.data() + n * image_size, begin, height, n * pixels);
      for (Index n = 0; n < g.batch; ++n) {
        const Index first = n * g.out_pixels() + begin * g.out_width();
        auto patches = unwritten<T>(pixels * g.patch_size());
        neb::kernels::im2col(g, x.data(), first, first + pixels, patches.data());
        bool same = true;
        for (Index pixel = 0; pixel < pixels; ++pixel)
          for (Index tap = 0; tap < g.patch_size(); ++tap)
            same &= taps.data()[tap * taps.pitch() + n * pixels + pixel] ==
                    patches[static_cast<std::size_t>(pixel * g.patch_size() + tap)];
        CHECK(same);
      }
    }
  }
}
