/// Profile: what a run spends its time and memory on, by operation and by order of derivative.
///
///   Profile profile;
///   grad(deen_loss(phi, x, y, sigma), targets);
///   std::puts(profile.table().c_str());
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "neb/autodiff/recording.hpp"
#include "neb/core/buffer_pool.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"

namespace neb {

/// Counts what this thread computes while it lives. Measures the peak of each operation, for which it takes over
/// reset_peak_memory(): memory_stats().peak means nothing meanwhile.
class Profile final : autodiff::Observer {
 public:
  /// An operation at one order of derivative: 0 for what user code computes, 1 for gradients of that, ...
  struct Row {
    std::string operation;  ///< its name
    int order = 0;          ///< of derivative
    Index count = 0;        ///< how often it ran
    double seconds = 0;     ///< without operations inside of it
    double bytes = 0;       ///< in inputs and results: what it moves at least
    double flops = 0;       ///< nominal; one for each element where an operation does not say more
  };
  /// All operations of one order.
  struct Order {
    Index count = 0;     ///< how many ran
    double seconds = 0;  ///< of all of them
    double flops = 0;    ///< nominal
    double peak = 0;     ///< bytes that tensors held at most while one of them ran, whoever made these
    double held = 0;     ///< what that grew by from operation to operation: what was kept, less what was released
  };

  Profile() = default;

  /// The most expensive first.
  std::vector<Row> rows() const {
    std::vector<Row> list;
    for (const auto& [key, row] : rows_) list.push_back(row);
    std::stable_sort(list.begin(), list.end(), [](const Row& a, const Row& b) { return a.seconds > b.seconds; });
    return list;
  }

  /// By order of derivative.
  const std::map<int, Order>& orders() const { return orders_; }

  /// Seconds since the profile began; what its operations do not account for, the graph and user code took.
  double seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

  /// Both as a text.
  std::string table() const {
    const double total = seconds();
    double inside = 0;
    std::string text = line("operation               order    count        ms      %%        MB     Mflop  Gflop/s\n");
    for (const Row& row : rows()) {
      inside += row.seconds;
      text += line("%-24s %4d %8lld %9.3f %6.1f %9.1f %9.1f %8.1f\n", row.operation.c_str(), row.order,
                   static_cast<long long>(row.count), 1e3 * row.seconds, 100 * row.seconds / total, row.bytes / 1e6,
                   row.flops / 1e6, row.seconds > 0 ? row.flops / row.seconds / 1e9 : 0.0);
    }
    text += line("%-38s %9.3f %6.1f\n\n", "between operations", 1e3 * (total - inside), 100 * (total - inside) / total);
    text += line("order    count        ms     Mflop   peak MB   held MB\n");
    for (const auto& [order, sum] : orders_)
      text += line("%5d %8lld %9.3f %9.1f %9.2f %9.2f\n", order, static_cast<long long>(sum.count), 1e3 * sum.seconds,
                   sum.flops / 1e6, sum.peak / 1e6, sum.held / 1e6);
    return text;
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Frame {
    std::size_t peak = 0;
    double inside = 0;  // seconds in operations that this one ran
    Clock::time_point began = {};
    Row* row = nullptr;  // found before it runs, because ended() must not need memory
    Order* order = nullptr;
  };

  [[gnu::format(printf, 1, 2)]] static std::string line(const char* format, ...) {
    char text[160];
    std::va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return text;
  }

  void began(const autodiff::Execution& execution) override {
    if (!frames_.empty()) frames_.back().peak = std::max(frames_.back().peak, memory_stats().peak);
    frames_.push_back({.row = &row_of(execution), .order = &orders_[execution.order]});
    reset_peak_memory();
    frames_.back().began = Clock::now();
  }

  void computed(const autodiff::Execution& execution, const autodiff::Operand& result, double flops) override {
    Row& row = *frames_.back().row;
    row.flops += flops;
    row.bytes += static_cast<double>(result.bytes());
    for (const autodiff::Operand& input : execution.inputs) row.bytes += static_cast<double>(input.bytes());
    frames_.back().order->flops += flops;
  }

  void ended(const autodiff::Execution&) noexcept override {
    Frame frame = frames_.back();
    const double elapsed = std::chrono::duration<double>(Clock::now() - frame.began).count();
    const MemoryStats memory = memory_stats();
    frame.peak = std::max(frame.peak, memory.peak);
    frames_.pop_back();
    if (!frames_.empty()) {
      frames_.back().inside += elapsed;
      frames_.back().peak = std::max(frames_.back().peak, frame.peak);
    }

    Row& row = *frame.row;
    ++row.count;
    row.seconds += elapsed - frame.inside;
    Order& order = *frame.order;
    ++order.count;
    order.seconds += elapsed - frame.inside;
    order.peak = std::max(order.peak, static_cast<double>(frame.peak));
    order.held += static_cast<double>(memory.live) - live_;
    live_ = static_cast<double>(memory.live);
  }

  Row& row_of(const autodiff::Execution& execution) {
    Row& row = rows_[{execution.order, execution.name}];
    if (row.count == 0) {
      row.operation = execution.name;
      row.order = execution.order;
    }
    return row;
  }

  std::map<std::pair<int, std::string>, Row> rows_;
  std::map<int, Order> orders_;
  std::vector<Frame> frames_;
  double live_ = static_cast<double>(memory_stats().live);
  Clock::time_point began_ = Clock::now();
};

}  // namespace neb
