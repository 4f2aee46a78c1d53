/// Random shapes and inputs for checks of derivatives, and the names of the operations that a check went through.
#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <regex>
#include <set>

#include "neb/autodiff/check_grads.hpp"

namespace neb::test {

/// The draws of one check: `number` decides what is drawn at least once (an empty axis, an axis of extent 1, the lowest
/// rank), the generator decides everything else.
class Draw {
 public:
  explicit Draw(unsigned number) : number_(number), generator_(number) {}

  Index below(Index n) { return static_cast<Index>(generator_() % static_cast<unsigned>(n)); }
  Index between(Index low, Index high) { return low + below(high - low + 1); }
  bool coin() { return below(2) == 0; }

  /// A shape of `low` to `high` axes with few elements.
  Shape shape(Index low = 0, Index high = 4) {
    std::vector<Index> extents(static_cast<std::size_t>(number_ == 2 ? low : between(low, high)));
    for (Index& extent : extents) extent = between(1, 3);
    if (!extents.empty() && number_ % 5 < 2)
      extents[static_cast<std::size_t>(below(std::ssize(extents)))] = number_ % 5 == 0 ? 0 : 1;
    return Shape(std::span<const Index>(extents));
  }

  /// A shape that broadcasts to `full`: some axes of extent 1, and some such axes in front left out.
  Shape part_of(const Shape& full) {
    std::vector<Index> extents(full.begin(), full.end());
    for (Index& extent : extents)
      if (below(3) == 0) extent = 1;
    while (!extents.empty() && extents.front() == 1 && coin()) extents.erase(extents.begin());
    return Shape(std::span<const Index>(extents));
  }

  /// Numbers in [low, high).
  template <Scalar T>
  Tensor<T> uniform(const Shape& shape, double low, double high) {
    return random_uniform<T>(shape, Key(generator_()), static_cast<T>(low), static_cast<T>(high));
  }

  /// Numbers in [-2, 2) that are at least 0.1 away from every multiple of a quarter (plus `shift`): a finite difference at
  /// them crosses no kink.
  template <Scalar T>
  Tensor<T> stepped(const Shape& shape, double shift = 0) {
    Tensor<T> x(shape);
    for (T& value : x.mutable_span()) value = static_cast<T>(0.25 * static_cast<double>(between(-8, 7)) + 0.1 + shift);
    return x;
  }

  /// Numbers of which no two are closer than a quarter, in random order.
  template <Scalar T>
  Tensor<T> distinct(const Shape& shape) {
    Tensor<T> x(shape);
    T next = -1;
    for (T& value : x.mutable_span()) value = next += T(0.25);
    std::shuffle(x.mutable_span().begin(), x.mutable_span().end(), generator_);
    return x;
  }

 private:
  unsigned number_;
  std::mt19937 generator_;
};

/// The names of the operations in the graph of x.
template <Scalar T>
std::set<std::string> names_in(const Var<T>& x) {
  std::set<std::string> names;
  std::set<const Node<T>*> met;
  std::vector<const Node<T>*> open{x.node().get()};
  while (!open.empty()) {
    const Node<T>* const node = open.back();
    open.pop_back();
    if (!node || !met.insert(node).second) continue;
    names.insert(node->name());
    for (const Input<T>& input : node->inputs()) open.push_back(input.node);
  }
  return names;
}

/// The names that the operations of a header give themselves.
inline std::set<std::string> names_in_header(const std::filesystem::path& header) {
  std::set<std::string> names;
  std::ifstream file(header);
  const std::regex quoted("\"(\\w+)\"");
  for (std::string line; std::getline(file, line);)
    if (line.find("const char* name =") != std::string::npos)
      for (std::sregex_iterator it(line.begin(), line.end(), quoted), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

}  // namespace neb::test
