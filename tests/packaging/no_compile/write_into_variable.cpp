// first error, GNU: passing 'const neb::Tensor<float>' as 'this' argument discards qualifiers
// first error, Clang: 'this' argument to member function 'mutable_data' has type 'const Tensor<float>', but function is not marked const
#include <neb/autodiff/var.hpp>

int main() {
  neb::Var<float> x = neb::Tensor<float>::ones({2});
  x.value().mutable_data()[0] = 3;  // a graph may have saved it: make another variable
  return 0;
}
