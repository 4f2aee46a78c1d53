/// What kernels make of filters before they multiply with them, kept from call to call where the filters do not change.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// What was made of filters: the order of which kernel, or their values at how many points; of those that meet one phase of
/// an image.
struct FilterForm {
  /// Three that direct kernels pack, and two of Winograd's points.
  enum class Order { rows, inner, phase, by_input, by_output };

  Order order;
  Index points = 0, stride = 1, row = 0, column = 0;

  bool operator==(const FilterForm&) const = default;
};

/// Bytes that filters may keep together.
using FilterRoom = std::shared_ptr<std::atomic<Index>>;

/// The forms of one array of filters. Any number of threads may ask for them.
template <class T>
class KeptFilters {
 public:
  /// Takes of `room` what it keeps.
  explicit KeptFilters(FilterRoom room) : room_(std::move(room)) {}
  KeptFilters(const KeptFilters&) = delete;
  KeptFilters& operator=(const KeptFilters&) = delete;
  ~KeptFilters() { *room_ += taken_; }

  /// The `count` scalars that make(T*) writes when this form is asked for first, to be read as long as this lives; null where there is
  /// no room.
  template <class Make>
  T* get(const FilterForm& form, Index count, Make&& make) {
    const std::lock_guard lock(mutex_);
    for (const auto& [known, scalars] : forms_)
      if (known == form) return scalars.data();
    const Index bytes = count * static_cast<Index>(sizeof(T));
    // Taken before it is used: others may ask for room of the same.
    if (room_->fetch_sub(bytes) < bytes) {
      *room_ += bytes;
      return nullptr;
    }
    taken_ += bytes;
    const Scratch<T> scalars(count);
    make(scalars.data());
    forms_.emplace_back(form, scalars);
    return scalars.data();
  }

 private:
  FilterRoom room_;
  Index taken_ = 0;
  std::mutex mutex_;
  std::vector<std::pair<FilterForm, Scratch<T>>> forms_;
};

/// A form of filters, kept or made here; with count = 0 there is none.
template <class T>
class FormedFilters {
 public:
  template <class Make>
  FormedFilters(KeptFilters<T>* kept, const FilterForm& form, Index count, Make&& make)
      : kept_(kept && count > 0 ? kept->get(form, count, make) : nullptr), own_(kept_ ? 0 : count) {
    if (!kept_ && count > 0) make(own_.data());
  }

  T* data() const { return kept_ ? kept_ : own_.data(); }

 private:
  T* kept_;
  Scratch<T> own_;
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
