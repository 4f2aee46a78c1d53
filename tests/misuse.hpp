/// Tables of misuse: an expression, and the message that it must throw.
#pragma once

#include <doctest/doctest.h>

#include <functional>

#include "neb/autodiff/var.hpp"

namespace neb::test {

/// A call that must throw, and what it must say.
struct Misuse {
  const char* message;
  std::function<void()> call;
};

/// Every call throws this kind of exception, with exactly this message.
template <class Exception, std::size_t count>
void check_misuses(const Misuse (&misuses)[count]) {
  for (const Misuse& misuse : misuses) CHECK_THROWS_WITH_AS(misuse.call(), misuse.message, Exception);
}

inline Var<double> zeros(const Shape& shape) { return Tensor<double>::zeros(shape); }

/// What is left of a variable that was moved from.
inline Var<double> moved_from() {
  Var<double> x = zeros({2, 3});
  const Var<double> taken = std::move(x);
  return x;  // NOLINT(bugprone-use-after-move): what is left is specified
}

}  // namespace neb::test
