/// The bias of a convolution's outputs, for kernels that add to it.
#pragma once

#include <algorithm>

#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::detail {

/// The bias of the channels from one on; null where there is none.
template <class T>
const T* bias_from(const T* bias, Index channel) {
  return bias ? bias + channel : nullptr;
}

/// y (pixels, channels) = the bias (channels) at every pixel, zeros where it is null; `stride` elements between pixels.
template <class T>
void set_to_bias(Index pixels, Index channels, const T* bias, T* y, Index stride) {
  for (Index pixel = 0; pixel < pixels; ++pixel, y += stride) {
    if (bias)
      std::copy_n(bias, channels, y);
    else
      std::fill_n(y, channels, T(0));
  }
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::detail
