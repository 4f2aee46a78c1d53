// Somebody else's program: neb arrives without any architecture flag.
#if defined(__x86_64__) && defined(__AVX__)
#error "a -march flag leaked into the consumer"
#endif

#include <cstdio>
#include <neb/neb.hpp>

int main() {
  const neb::Var<double> x{neb::Tensor<double>({3}, {1, 2, 3})};
  const neb::Var<double> gradient = neb::grad(neb::sum(neb::square(x)), x);
  std::printf("the gradient of 1 + 4 + 9 is (%g, %g, %g)\n", gradient.value()(0), gradient.value()(1),
              gradient.value()(2));
  return gradient.value()(2) == 6 ? 0 : 1;
}
