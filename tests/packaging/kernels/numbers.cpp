// Prints every bit of products, convolutions and gradients through them, for comparison with another build of this program.
#include <cstdio>
#include <neb/neb.hpp>

namespace {

template <class T>
void print(const char* name, const neb::Tensor<T>& x) {
  std::printf("%s:", name);
  for (neb::Index i = 0; i < x.size(); ++i) std::printf(" %La", static_cast<long double>(x.data()[i]));
  std::printf("\n");
}

/// Layers that are wide enough for every kernel that convolutions choose from.
template <class T>
void print_all(const char* name) {
  using namespace neb;
  std::printf("%s\n", name);
  const Key key{5};
  const Var<T> x{random_normal<T>({2, 17, 16, 3}, key.at(0))}, wide{random_normal<T>({2, 17, 16, 16}, key.at(1))};
  const Var<T> w{random_normal<T>({4, 5, 5, 3}, key.at(2))}, filters{random_normal<T>({16, 3, 3, 16}, key.at(3))};
  const Var<T> a{random_normal<T>({19, 230}, key.at(4))}, b{random_normal<T>({230, 7}, key.at(5))};
  const Var<T> y = smooth_relu(conv2d(x, w, {.stride = 2, .padding = 1})), z = conv2d(wide, filters);
  print("conv2d", y.value());
  print("winograd", z.value());
  print("matmul", matmul(a, b).value());
  const auto first = grad(sum(square(y)), std::vector{x, w}, {.create_graph = true});
  for (const Var<T>& g : first) print("first", g.value());
  for (const Var<T>& g : grad(sum(square(first[0])), std::vector{x, w})) print("second", g.value());
  for (const Var<T>& g : grad(sum(square(z)), std::vector{wide, filters})) print("winograd's", g.value());
}

}  // namespace

int main() {
  print_all<float>("float");
  print_all<double>("double");
}
