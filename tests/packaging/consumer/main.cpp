// Somebody else's program: neb arrives without any architecture flag.
#if defined(__x86_64__) && defined(__AVX__)
#error "a -march flag leaked into the consumer"
#endif

#include <cstdio>
#include <neb/neb.hpp>

int main() {
  const neb::Tensor<float> x = neb::Tensor<float>::ones({2, 3});
  std::printf("neb %s: %d elements\n", std::string(neb::version).c_str(), static_cast<int>(x.size()));
  return x.size() == 6 ? 0 : 1;
}
