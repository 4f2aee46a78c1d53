/// The inputs of each tap of a filter, output pixel after output pixel: im2col with rows and columns exchanged, for few channels.
///
/// The register tile of the filter gradient has neighbouring inputs as its rows. Those under one kernel row are neighbours, but of
/// one channel they are as few as the columns of the kernel. A row of this matrix is one tap in one channel, and a tile takes
/// as many taps as it has rows.
/// Images are taken apart first, into lines of one channel and one residue of the column modulo the stride, between zeros: each row
/// of output pixels is part of a line under every tap, and copied by whole registers.
#pragma once

#include <algorithm>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/correlation.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

template <class T>
class TapRows {
 public:
  /// Room for `pixels` output pixels, of at most `rows` output rows of an image at a time.
  TapRows(const Correlation& k, Index rows, Index pixels)
      : k_(k),
        residues_(std::min(k.stride, k.kernel_width)),
        line_(whole_registers<T>(k.out_width) + (k.kernel_width - 1) / k.stride),
        pitch_(pixels + vector_lanes<T>),
        lines_(input_rows(rows) * residues_ * k.channels * line_),
        taps_(k.depth() * pitch_) {}

  /// (KH * KW * C, pitch): the taps in the order of a filter's elements.
  const T* data() const { return taps_.data(); }
  Index pitch() const { return pitch_; }

  /// Takes the inputs of output rows [begin, end) of an image (H, W, C) for the pixels from `first` on. Those of earlier pixels are to
  /// be there by then: what is written after the last one means nothing.
  void gather(const T* image, Index begin, Index end, Index first) const {
    for (Index row = 0; row < input_rows(end - begin); ++row) take_apart(image, begin * k_.stride - k_.top + row, row);
    const Index next_row = k_.stride * residues_ * k_.channels * line_;
    T* to = taps_.data() + first;
    for (Index kh = 0; kh < k_.kernel_height; ++kh)
      for (Index kw = 0; kw < k_.kernel_width; ++kw)
        for (Index channel = 0; channel < k_.channels; ++channel, to += pitch_) {
          const T* from = line(kh, kw % k_.stride, channel) + kw / k_.stride;
          T* row = to;
          for (Index rows = end - begin; rows > 0; --rows, from += next_row, row += k_.out_width)
            for (Index column = 0; column < k_.out_width; column += vector_lanes<T>)
              store(row + column, load(from + column));
        }
  }

 private:
  Index input_rows(Index output_rows) const { return (output_rows - 1) * k_.stride + k_.kernel_height; }
  T* line(Index row, Index residue, Index channel) const {
    return lines_.data() + ((row * residues_ + residue) * k_.channels + channel) * line_;
  }

  /// Image row h, or zeros where there is none, into the lines of `row`.
  void take_apart(const T* image, Index h, Index row) const {
    const Index step = k_.stride * k_.channels;
    for (Index residue = 0; residue < residues_; ++residue) {
      const Index column = residue - k_.left;  // of the first element
      const Index begin = std::min(line_, column < 0 ? (-column - 1) / k_.stride + 1 : 0);
      const Index last = k_.width - 1 - column;
      const Index end = h < 0 || h >= k_.height || last < 0 ? begin : std::clamp(last / k_.stride + 1, begin, line_);
      for (Index channel = 0; channel < k_.channels; ++channel) {
        T* const to = line(row, residue, channel);
        std::fill(to, to + begin, T(0));
        if (begin < end) {
          const T* const from = image + (h * k_.width + column) * k_.channels + channel;
          if (step == 1)
            std::copy(from + begin, from + end, to + begin);
          else
            for (Index i = begin; i < end; ++i) to[i] = from[i * step];
        }
        std::fill(to + end, to + line_, T(0));
      }
    }
  }

  const Correlation& k_;
  Index residues_;
  Index line_;   ///< elements of a line
  Index pitch_;  ///< elements between taps
  Scratch<T> lines_, taps_;
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
