/// FiniteCheck: an error at the first operation whose result is NaN or infinite, instead of a loss that is.
///
///   FiniteCheck check;
///   grad(deen_loss(phi, x, y, sigma), targets);
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "neb/autodiff/recording.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/shape.hpp"

namespace neb {

/// While it lives, an operation of this thread whose result has an element that is not finite throws a ValueError that
/// names the operation, the index, and all shapes. Looks at bits, so it works under -ffast-math. Reads every result once.
class FiniteCheck final : autodiff::Observer {
 public:
  FiniteCheck() = default;

 private:
  static Index first_not_finite(const autodiff::Operand& x) {
    const Index n = x.shape.size();
    if (!x.data) return n;
    if (x.scalar_bytes == sizeof(float)) return neb::first_not_finite(n, static_cast<const float*>(x.data));
    if (x.scalar_bytes == sizeof(double)) return neb::first_not_finite(n, static_cast<const double*>(x.data));
    return neb::first_not_finite(n, static_cast<const long double*>(x.data));
  }

  /// `(0, 2)` for the position `flat` in row-major order.
  static std::string index_text(const Shape& shape, Index flat) {
    std::array<Index, Shape::max_rank> index{};
    for (Index axis = 0; axis < shape.rank(); ++axis)
      index[static_cast<std::size_t>(axis)] = flat / shape.stride(axis) % shape[axis];
    return Shape(std::span<const Index>(index.data(), static_cast<std::size_t>(shape.rank()))).to_string();
  }

  void computed(const autodiff::Execution& execution, const autodiff::Operand& result, double) override {
    const Index at = first_not_finite(result);
    if (at == result.shape.size()) return;
    std::string causes, shapes;
    for (std::size_t i = 0; i < execution.inputs.size(); ++i) {
      const autodiff::Operand& input = execution.inputs[i];
      shapes += (i > 0 ? ", " : "") + input.shape.to_string();
      if (const Index bad = first_not_finite(input); bad < input.shape.size())
        causes += "; so is its input " + std::to_string(i) + " at " + index_text(input.shape, bad);
    }
    throw ValueError("FiniteCheck: the result of " + std::string(execution.name) + " is not finite at " +
                     index_text(result.shape, at) + causes + "   [inputs: " + shapes + ", result: " +
                     result.shape.to_string() + ", order of derivative: " + std::to_string(execution.order) + "]");
  }
};

}  // namespace neb
