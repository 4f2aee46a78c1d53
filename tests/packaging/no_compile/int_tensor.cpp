// first error: neb::Tensor<T>: T is a floating-point type, float or double
#include <neb/core/tensor.hpp>

int main() { return static_cast<int>(neb::Tensor<int>({2}, {1, 2}).size()); }
