// first error, GNU: could not convert 'x'
// first error, Clang: no viable conversion from returned value
#include <neb/autodiff/op.hpp>

struct Echo {
  static constexpr const char* name = "echo";
  neb::Tensor<float> forward(const neb::Tensor<float>& x) const { return x; }
  neb::Var<float> vjp(neb::Index, const neb::Var<float>&, const neb::Shape& x) const { return x; }
};

int main() { return static_cast<int>(neb::apply(Echo{}, neb::Var<float>(neb::Tensor<float>::ones({2}))).size()); }
