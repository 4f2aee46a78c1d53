/// What kernels make of the filters of a layer, held from one operation to the next.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "neb/core/tensor.hpp"
#include "neb/kernels/conv2d/kept_filters.hpp"

namespace neb::ops {

/// What kernels make of a layer's filters, kept while it has the same: whoever keeps it holds them, so they do not change.
template <Scalar T>
class PreparedFilters {
 public:
  /// Takes of `room` what it keeps.
  explicit PreparedFilters(kernels::FilterRoom room) : room_(std::move(room)) {}

  /// What is kept of w, which takes the place of other filters.
  std::shared_ptr<kernels::KeptFilters<T>> of(const Tensor<T>& w) {
    const std::lock_guard lock(mutex_);
    if (!kept_ || w.data() != w_.data()) {
      w_ = w;
      kept_ = std::make_shared<kernels::KeptFilters<T>>(room_);
    }
    return kept_;
  }

 private:
  kernels::FilterRoom room_;
  std::mutex mutex_;
  Tensor<T> w_;
  std::shared_ptr<kernels::KeptFilters<T>> kept_;
};

/// The same, or nothing where nothing is prepared.
template <Scalar T>
std::shared_ptr<kernels::KeptFilters<T>> kept_of(const std::shared_ptr<PreparedFilters<T>>& filters,
                                                 const Tensor<T>& w) {
  return filters ? filters->of(w) : nullptr;
}

}  // namespace neb::ops
