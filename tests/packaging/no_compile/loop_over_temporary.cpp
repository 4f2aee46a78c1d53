// first error, GNU: use of deleted function
// first error, Clang: call to deleted member function 'span'
#include <neb/core/random.hpp>

int main() {
  float sum = 0;
  for (const float x : neb::random_normal<float>({3}, neb::Key(1)).span()) sum += x;  // the tensor is gone
  return sum > 0 ? 1 : 0;
}
