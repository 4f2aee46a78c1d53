/// An energy's value, gradient and Hessian-vector product against those of a fixture.
#pragma once

#include <doctest/doctest.h>

#include "energy/fixture.hpp"
#include "neb/autodiff/transforms.hpp"
#include "nn/support.hpp"

namespace neb::test {

template <Scalar T, class Phi>
void check_derivatives(const Phi& phi, const SafeTensors& file, double tolerance) {
  const Var<T> y(file.get<T>("y"));
  const auto [energy, gradient] = energy_and_gradient(phi, y);
  const Var<T> hv = hvp(sum(phi(y)), y, Var<T>::constant(file.get<T>("v")));
  CHECK(relative_difference(energy.value(), file.get<double>("energy")) < tolerance);
  CHECK(relative_difference(gradient.value(), file.get<double>("energy_grad")) < tolerance);
  CHECK(relative_difference(hv.value(), file.get<double>("hvp")) < tolerance);
}

}  // namespace neb::test
