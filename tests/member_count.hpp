/// How many members an aggregate has, so that a test fails when its visit() forgets one.
#pragma once

#include <cstddef>

namespace neb::test {

/// Converts to whatever a member is.
struct AnyValue {
  template <class T>
  operator T() const;  // never defined: it is asked for in requirements only
};

template <class Aggregate, class... Values>
consteval std::size_t member_count() {
  if constexpr (requires { Aggregate{Values{}..., AnyValue{}}; })
    return member_count<Aggregate, Values..., AnyValue>();
  else
    return sizeof...(Values);
}

/// How many fields the visit() of such options lists.
template <class Options>
std::size_t visited_count(const Options& options = {}) {
  std::size_t count = 0;
  Options::visit(options, [&](const char*, const auto&) { ++count; });
  return count;
}

}  // namespace neb::test
