// first error, GNU: no matching function for call to 'matmul(const neb::Var<float>&, const neb::Var<double>&)'
// first error, Clang: no matching function for call to 'matmul'
#include <neb/ops/matmul.hpp>

int main() {
  const neb::Var<float> x = neb::Tensor<float>::ones({2, 2});
  const neb::Var<double> w = neb::Tensor<double>::ones({2, 2});
  return static_cast<int>(matmul(x, w).size());
}
