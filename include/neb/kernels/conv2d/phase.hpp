/// Phases of an input gradient: pixels that are congruent modulo the stride meet the same pixels of the kernel.
#pragma once

#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::detail {

/// Along one axis, the inputs h with (h + padding) % stride == residue: they meet only the kernel's pixels
/// residue, residue + stride, ...
struct Phase {
  Index taps;   ///< pixels of the kernel
  Index first;  ///< the first such h
  Index count;  ///< how many there are
  Index lead;   ///< outputs that the first one needs before the first output

  Phase(Index residue, Index stride, Index padding, Index kernel, Index extent)
      : taps(residue < kernel ? (kernel - 1 - residue) / stride + 1 : 0) {
    const Index step = residue < padding ? (padding - residue - 1) / stride + 1 : 0;
    first = step * stride + residue - padding;
    count = first < extent ? (extent - 1 - first) / stride + 1 : 0;
    lead = taps - 1 - step;
  }
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::detail
