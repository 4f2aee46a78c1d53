#include <neb/neb.hpp>

int two();

int main() { return neb::version_major == two() ? 0 : 1; }
