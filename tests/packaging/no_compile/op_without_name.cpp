// first error: neb::apply: the operation has no static constexpr const char* name
#include <neb/autodiff/op.hpp>

struct Same {
  neb::Tensor<float> forward(const neb::Tensor<float>& x) const { return x; }
  neb::Var<float> vjp(neb::Index, const neb::Var<float>& g, const neb::Var<float>&) const { return g; }
};

int main() { return static_cast<int>(neb::apply(Same{}, neb::Var<float>(neb::Tensor<float>::ones({2}))).size()); }
