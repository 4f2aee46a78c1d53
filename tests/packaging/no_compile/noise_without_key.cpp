// first error, GNU: no matching function for call to 'smooth(const neb::Tensor<float>&, double)'
// first error, Clang: no matching function for call to 'smooth'
// note: 3 arguments
#include <neb/bayes/smooth.hpp>

int main() {
  const neb::Tensor<float> x = neb::Tensor<float>::ones({2, 3});
  return static_cast<int>(neb::smooth(x, 0.5).size());  // there is no hidden generator: smooth(x, 0.5, Key(1))
}
