/// Numbers as text that reads back to the same bits, whatever the locale.
#pragma once

#include <array>
#include <cerrno>
#include <charconv>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace neb {

namespace detail {

/// What the C library writes between the digits before and after the point, in the locale of now.
inline std::string decimal_point() { return std::localeconv()->decimal_point; }

/// The shortest text from which strtod() reads `number`; for standard libraries whose charconv knows integers only.
template <class Floating>
std::string floating_text(Floating number) {
  std::array<char, 64> digits{};
  for (int precision = 1; precision <= std::numeric_limits<Floating>::max_digits10; ++precision) {
    std::snprintf(digits.data(), digits.size(), "%.*g", precision, static_cast<double>(number));
    if (static_cast<Floating>(std::strtod(digits.data(), nullptr)) == number) break;
  }
  std::string text = digits.data();
  const std::string point = decimal_point();
  if (const auto at = text.find(point); at != std::string::npos) text.replace(at, point.size(), ".");
  return text;
}

/// The float or double that all of `text` stands for, as std::from_chars reads it: no space, no plus sign, nothing hexadecimal.
template <class Floating>
std::optional<Floating> floating_from_text(std::string_view text) {
  if (text.empty() || text.find_first_of(" \t\n\v\f\rxXpP") != std::string_view::npos || text[0] == '+') return {};
  std::string local(text);
  if (const auto at = local.find('.'); at != std::string::npos) local.replace(at, 1, decimal_point());
  char* end = nullptr;
  const int saved = std::exchange(errno, 0);
  Floating number;
  if constexpr (sizeof(Floating) == sizeof(float))
    number = std::strtof(local.c_str(), &end);
  else
    number = std::strtod(local.c_str(), &end);
  const bool in_range = std::exchange(errno, saved) != ERANGE || (number != 0 && std::isfinite(number));
  if (end != local.c_str() + local.size() || !in_range) return {};
  return number;
}

}  // namespace detail

/// `number` as text from which number_from_text() reads the same bits: integers, float and double.
template <class Number>
std::string number_text(Number number) {
#if !defined(__cpp_lib_to_chars)
  if constexpr (std::is_floating_point_v<Number>)
    return detail::floating_text(number);
  else
#endif
  {
    std::array<char, 32> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    return {digits.data(), result.ptr};
  }
}

/// The number that all of `text` stands for, or nothing if it is none of that type.
template <class Number>
std::optional<Number> number_from_text(std::string_view text) {
#if !defined(__cpp_lib_to_chars)
  if constexpr (std::is_floating_point_v<Number>)
    return detail::floating_from_text<Number>(text);
  else
#endif
  {
    const char* const last = text.data() + text.size();
    Number number{};
    const auto [end, code] = std::from_chars(text.data(), last, number);
    if (code != std::errc{} || end != last) return {};
    return number;
  }
}

}  // namespace neb
