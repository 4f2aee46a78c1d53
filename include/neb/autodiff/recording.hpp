/// What the engine knows about itself while it runs: the order of derivative that is being computed, and who watches.
///
/// Both are properties of the stack, not of the program: a scope object sets them and its destructor sets them back, on
/// its own thread only, and no result depends on them. They are what pictures, profiles and finite checks are made from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb::autodiff {

/// A tensor as an observer sees it, whatever its scalar. An input that was overwritten by the result has no data.
struct Operand {
  Shape shape;
  const void* data = nullptr;
  std::size_t scalar_bytes = 0;

  Operand() = default;
  template <Scalar T>
  Operand(const Tensor<T>& x) : shape(x.shape()), data(x.data()), scalar_bytes(sizeof(T)) {}

  std::size_t bytes() const { return static_cast<std::size_t>(shape.size()) * scalar_bytes; }
};

/// One operation that runs.
struct Execution {
  const char* name;
  int order;  ///< 0 for what user code computes, k + 1 for what differentiates something of order k
  std::span<const Operand> inputs;
};

class Observer;

struct Recording {
  int order = 0;
  Observer* observer = nullptr;
};

[[gnu::visibility("default")]] inline constinit thread_local Recording recording;

/// Sees every operation that this thread runs between its construction and its destruction. Observers nest like scopes.
class Observer {
 public:
  Observer() : outer_(recording.observer) { recording.observer = this; }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() { recording.observer = outer_; }

  /// Before an operation runs. Operations nest when one runs others.
  virtual void began(const Execution&) {}
  /// After it ran, with its result. May throw.
  virtual void computed(const Execution&, const Operand& /*result*/, double /*flops*/) {}
  /// After it ran or threw.
  virtual void ended(const Execution&) noexcept {}

  Observer* outer() const { return outer_; }

 private:
  Observer* outer_;
};

/// Tells the observers of this thread about one operation.
class Watch {
 public:
  explicit Watch(const Execution& execution) : execution_(execution) {
    for (Observer* o = recording.observer; o; o = o->outer()) o->began(execution_);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    for (Observer* o = recording.observer; o; o = o->outer()) o->ended(execution_);
  }

  void computed(const Operand& result, double flops) {
    for (Observer* o = recording.observer; o; o = o->outer()) o->computed(execution_, result, flops);
  }

 private:
  Execution execution_;
};

/// While it lives, what runs on this thread computes derivatives of `order`.
class OrderScope {
 public:
  explicit OrderScope(int order) : before_(recording.order) { recording.order = std::min(order, 255); }
  OrderScope(const OrderScope&) = delete;
  OrderScope& operator=(const OrderScope&) = delete;
  ~OrderScope() { recording.order = before_; }

 private:
  int before_;
};

}  // namespace neb::autodiff
