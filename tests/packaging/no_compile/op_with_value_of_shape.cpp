// first error, GNU: no match for 'operator*'
// first error, Clang: invalid operands to binary expression
#include <neb/neb.hpp>

struct Square {
  static constexpr const char* name = "square";
  neb::Tensor<float> forward(const neb::Tensor<float>& x) const { return x; }
  // The graph keeps shapes for a vjp that takes shapes; there is no value to multiply by.
  neb::Var<float> vjp(neb::Index, const neb::Var<float>& g, const neb::Shape& x) const { return 2 * g * x; }
};

int main() { return static_cast<int>(neb::apply(Square{}, neb::Var<float>(neb::Tensor<float>::ones({2}))).size()); }
