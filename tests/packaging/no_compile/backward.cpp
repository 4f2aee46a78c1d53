// first error, GNU: 'class neb::Var<float>' has no member named 'backward'
// first error, Clang: no member named 'backward' in 'neb::Var<float>'
#include <neb/ops/arithmetic.hpp>

int main() {
  const neb::Var<float> x = neb::Tensor<float>::ones({2});
  sum(x * x).backward();  // gradients are what grad() returns
  return 0;
}
