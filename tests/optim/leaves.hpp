/// The smallest module: a list of variables.
#pragma once

#include <vector>

#include "neb/nn/module.hpp"

namespace neb::test {

template <Scalar T>
struct Leaves {
  using value_type = T;
  std::vector<Var<T>> list;

  static void visit(auto& self, auto&& f) { f("list", self.list); }
};

}  // namespace neb::test
