/// Working memory of a kernel, drawn from the pool that tensors use.
#pragma once

#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// `count` uninitialised scalars, aligned for vectors, given back to the pool at the end of the scope.
template <class T>
class Scratch {
 public:
  explicit Scratch(Index count) : buffer_(memory_size(count, sizeof(T))) {}

  T* data() const { return reinterpret_cast<T*>(buffer_.bytes()); }

 private:
  Buffer buffer_;
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
