/// Data and comparisons that the tests of kernels share.
#pragma once

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"

namespace neb::test {

/// `count` small integers: sums and products of them are exact, so a kernel is right to the last bit or wrong.
template <class T>
std::vector<T> integers(Index count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_int_distribution<int> uniform(-3, 3);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(uniform(generator));
  return values;
}

/// `count` real numbers in [-1, 1), the same for every T up to rounding.
template <class T>
std::vector<T> reals(Index count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(uniform(generator));
  return values;
}

/// A result to overwrite, filled with something that is noticed when it stays.
template <class T>
std::vector<T> unwritten(Index count) {
  return std::vector<T>(static_cast<std::size_t>(count), T(12345));
}

template <class T>
double dot(const std::vector<T>& a, const std::vector<T>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// Runs with `count` threads while it lives.
class WithThreads {
 public:
  explicit WithThreads(int count) : saved_(threads()) { set_threads(count); }
  ~WithThreads() { set_threads(saved_); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int saved_;
};

inline kernels::Conv2dGeometry geometry(const Shape& x, const Shape& w, Index stride, Index padding) {
  return kernels::Conv2dGeometry::from(x, w, {.stride = stride, .padding = padding});
}

inline std::string describe(const kernels::Conv2dGeometry& g) {
  return "x " + g.input_shape().to_string() + " w " + g.filter_shape().to_string() + " stride " +
         std::to_string(g.stride) + " padding " + std::to_string(g.padding);
}

}  // namespace neb::test
