// first error: neb::apply: the operation has no Tensor<T> forward(const Tensor<T>&...) const
#include <neb/autodiff/op.hpp>

struct Same {
  static constexpr const char* name = "same";
  neb::Tensor<float> forward(neb::Tensor<float>& x) const { return x; }  // not const&
  neb::Var<float> vjp(neb::Index, const neb::Var<float>& g, const neb::Var<float>&) const { return g; }
};

int main() { return static_cast<int>(neb::apply(Same{}, neb::Var<float>(neb::Tensor<float>::ones({2}))).size()); }
