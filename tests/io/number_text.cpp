#include "neb/io/number_text.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <string>

using namespace neb;

namespace {

/// Whether a number is written as text from which the same bits are read, both by charconv, if there is one for such numbers,
/// and by what stands in for it.
template <class Floating>
bool reads_back(Floating number) {
  const auto same = [&](const std::optional<Floating>& read) {
    return read &&
           (std::isnan(number) ? std::isnan(*read) : *read == number && std::signbit(*read) == std::signbit(number));
  };
  const std::string text = number_text(number), other = detail::floating_text(number);
  return same(number_from_text<Floating>(text)) && same(number_from_text<Floating>(other)) &&
         same(detail::floating_from_text<Floating>(text)) && same(detail::floating_from_text<Floating>(other));
}

template <class Floating, class Bits>
void check_numbers() {
  using Limits = std::numeric_limits<Floating>;
  for (const Floating number : {Floating(0), -Floating(0), Floating(0.3), Floating(-1), Floating(1e6), Floating(1e-5),
                                Limits::min(), Limits::max(), Limits::denorm_min(), -Limits::denorm_min(),
                                Limits::epsilon(), Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}) {
    CAPTURE(number);
    CHECK(reads_back(number));
  }
  std::mt19937_64 generator(1);
  int wrong = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto bits = static_cast<Bits>(generator());
    Floating number;
    std::memcpy(&number, &bits, sizeof number);
    wrong += !reads_back(number);
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("numbers are written as text that reads back to the same bits") {
  check_numbers<float, std::uint32_t>();
  check_numbers<double, std::uint64_t>();
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-7}, INT64_MAX, INT64_MIN})
    CHECK(number_from_text<std::int64_t>(number_text(number)) == number);
}

TEST_CASE("the shortest text is written") {
  CHECK(number_text(0.3) == "0.3");
  CHECK(number_text(0.3F) == "0.3");
  CHECK(number_text(42) == "42");
  CHECK(detail::floating_text(0.3) == "0.3");
  CHECK(detail::floating_text(0.3F) == "0.3");
}

TEST_CASE("what is no number in range is not read") {
  for (const std::string text :
       {"", " 1", "1 ", "+1", "1x", "0x10", "1,5", "1e", "e5", "--1", "1e999", "-1e999", "."}) {
    CAPTURE(text);
    CHECK(!number_from_text<double>(text));
    CHECK(!detail::floating_from_text<double>(text));
  }
  CHECK(!number_from_text<float>("1e39"));
  CHECK(!detail::floating_from_text<float>("1e39"));
  CHECK(!number_from_text<int>("3.5"));
  CHECK(!number_from_text<std::uint64_t>("-1"));
}

TEST_CASE("text does not depend on the locale") {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "C"})
    if (std::setlocale(LC_NUMERIC, name)) break;  // the first that this machine has
  CHECK(number_text(1.5) == "1.5");
  CHECK(number_from_text<double>("1.5") == 1.5);
  CHECK(detail::floating_text(1.5) == "1.5");
  CHECK(detail::floating_from_text<double>("1.5") == 1.5);
  std::setlocale(LC_NUMERIC, before.c_str());
}
