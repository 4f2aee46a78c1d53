// first error, GNU: cannot bind non-const lvalue reference of type 'neb::Linear<float>&' to an rvalue
// first error, Clang: no matching function for call to 'parameters'
#include <neb/nn/linear.hpp>

int main() { return static_cast<int>(parameters(neb::Linear<float>(2, 3, neb::Key(1))).size()); }
