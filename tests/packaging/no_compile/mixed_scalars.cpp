// first error, GNU: no match for 'operator*' (operand types are 'const neb::Var<float>' and 'const neb::Var<double>')
// first error, Clang: invalid operands to binary expression ('const neb::Var<float>' and 'const neb::Var<double>')
#include <neb/ops/arithmetic.hpp>

int main() {
  const neb::Var<float> x = neb::Tensor<float>::ones({2});
  const neb::Var<double> w = neb::Tensor<double>::ones({2});
  return static_cast<int>((x * w).size());
}
