// first error, GNU: passing 'const neb::Tensor<float>' as 'this' argument discards qualifiers
// first error, Clang: 'this' argument to member function 'mutable_data' has type 'const neb::Tensor<float>', but function is not marked const
#include <neb/core/tensor.hpp>

int main() {
  const neb::Tensor<float> x = neb::Tensor<float>::ones({2});
  x.mutable_data()[0] = 3;
  return 0;
}
