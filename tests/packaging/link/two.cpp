#include <neb/neb.hpp>

int two() { return neb::version_major; }
