// first error, GNU: no matching function for call to 'grad(neb::Var<float>, const neb::Tensor<float>&)'
// first error, Clang: no matching function for call to 'grad'
#include <neb/autodiff/grad.hpp>
#include <neb/ops/arithmetic.hpp>

int main() {
  const neb::Tensor<float> value = neb::Tensor<float>::ones({2});
  const neb::Var<float> x = value;
  return static_cast<int>(grad(sum(x * x), value).size());  // with respect to x
}
