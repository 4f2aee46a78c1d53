// first error, GNU: cannot convert 'neb::Var<float>' to 'const float' in initialization
// first error, Clang: no viable conversion from 'Var<float>' to 'const float'
#include <neb/ops/arithmetic.hpp>

int main() {
  const neb::Var<float> x = neb::Tensor<float>::ones({2});
  const float loss = sum(x * x);  // sum(x * x).item()
  return static_cast<int>(loss);
}
