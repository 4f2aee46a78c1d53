// first error, GNU: lvalue required as left operand of assignment
// first error, Clang: expression is not assignable
#include <neb/core/tensor.hpp>

int main() {
  neb::Tensor<float> x = neb::Tensor<float>::ones({2});
  x(0) = 3;  // x.mutable_data()[0] = 3
  return 0;
}
