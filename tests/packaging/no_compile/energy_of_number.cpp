// first error, GNU: no matching function for call to 'robbins_jump(
// first error, Clang: no matching function for call to 'robbins_jump'
// note: Energy
#include <neb/bayes/robbins_jump.hpp>

int main() {
  const auto phi = [](const neb::Var<float>& y) { return sum(y * y).item(); };  // a number, not a variable
  const neb::Tensor<float> y = neb::Tensor<float>::ones({2, 3});
  return static_cast<int>(neb::robbins_jump(phi, y, 0.5f).size());
}
