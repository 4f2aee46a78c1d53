/// What the tests of the engine share.
#pragma once

#include <string>
#include <vector>

#include "neb/autodiff/grad.hpp"
#include "neb/ops/arithmetic.hpp"

namespace neb::test {

inline Var<double> vector(std::initializer_list<double> values) { return Tensor<double>({std::ssize(values)}, values); }

inline Var<double> scalar(double value) { return Tensor<double>::scalar(value); }

inline std::vector<double> elements(const Var<double>& x) { return {x.value().span().begin(), x.value().span().end()}; }

/// What `call` throws, or a text that no message equals.
template <class Exception, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another exception: ") + error.what();
  }
  return "nothing was thrown";
}

}  // namespace neb::test
