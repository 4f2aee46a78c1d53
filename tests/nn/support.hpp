/// Comparisons of tensors and modules, and the messages of errors, for the tests of nn and of what stands above it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "neb/nn/module.hpp"

namespace neb::test {

template <Scalar T>
bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() &&
         (a.size() == 0 || std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0);
}

/// Whether two modules have the same parameters, to the last bit.
template <class Module>
bool same_parameters(const Module& a, const Module& b) {
  const auto first = state(a), second = state(b);
  return std::equal(first.begin(), first.end(), second.begin(), second.end(),
                    [](const auto& p, const auto& q) { return p.first == q.first && same_bits(p.second, q.second); });
}

/// The largest |got - expected|, relative to the largest |expected|; infinity when shapes differ or one is NaN.
template <Scalar T, Scalar U>
double relative_difference(const Tensor<T>& got, const Tensor<U>& expected) {
  if (got.shape() != expected.shape()) return HUGE_VAL;
  double worst = 0, scale = 0;
  for (Index i = 0; i < got.size(); ++i) {
    const double difference = std::abs(static_cast<double>(got.data()[i]) - static_cast<double>(expected.data()[i]));
    if (!(difference < HUGE_VAL)) return HUGE_VAL;
    worst = std::max(worst, difference);
    scale = std::max(scale, std::abs(static_cast<double>(expected.data()[i])));
  }
  return worst == 0 ? 0 : worst / scale;
}

/// The message of the error of type E that `action` throws, "" when it throws none; other exceptions pass.
template <class E, class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

/// Mean and variance of the elements, in double.
struct Moments {
  double mean = 0, variance = 0;
};

template <Scalar T>
Moments moments(const Tensor<T>& x) {
  Moments m;
  for (const T value : x.span()) m.mean += static_cast<double>(value);
  m.mean /= static_cast<double>(x.size());
  for (const T value : x.span()) m.variance += std::pow(static_cast<double>(value) - m.mean, 2);
  m.variance /= static_cast<double>(x.size());
  return m;
}

}  // namespace neb::test
