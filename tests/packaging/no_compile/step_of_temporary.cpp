// first error, GNU: cannot bind non-const lvalue reference of type 'neb::Linear<float>&' to an rvalue
// first error, Clang: no matching member function for call to 'step'
#include <neb/nn/linear.hpp>
#include <neb/optim/sgd.hpp>

int main() {
  neb::Sgd<float> sgd;
  sgd.step(neb::Linear<float>(2, 3, neb::Key(1)), {});  // what was learned would be lost
  return 0;
}
