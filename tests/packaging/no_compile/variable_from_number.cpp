// first error, GNU: conversion from 'float' to non-scalar type 'const neb::Var<float>' requested
// first error, Clang: no viable conversion from 'float' to 'const neb::Var<float>'
#include <neb/autodiff/var.hpp>

int main() {
  const neb::Var<float> x = 3.0f;  // neb::Tensor<float>::scalar(3)
  return static_cast<int>(x.size());
}
