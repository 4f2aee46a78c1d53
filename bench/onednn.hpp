/// oneDNN's convolutions as rivals, where it was found at build time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <neb/kernels/conv2d/geometry.hpp>

namespace onednn {

#if defined(NEB_BENCH_ONEDNN)
inline constexpr bool available = true;
#else
inline constexpr bool available = false;
#endif

struct Rival {
  std::string name;
  std::function<void()> run;
};

/// One pass (0 forward, 1 input gradient, 2 filter gradient) in the layout that oneDNN prefers ("onednn") and with images
/// kept channels last ("onednn-nhwc"); nothing without oneDNN. The time to bring data into its layout is not counted.
std::vector<Rival> convolutions(const neb::kernels::Conv2dGeometry& g, int pass);

}  // namespace onednn
