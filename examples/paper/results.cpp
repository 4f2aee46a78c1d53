#include "paper/results.hpp"

#include <cstdio>

namespace examples::paper {

namespace {

std::string two_numbers(const char* format, double a, double b) {
  char text[64];
  std::snprintf(text, sizeof text, format, a, b);
  return text;
}

}  // namespace

std::string range_text(double low, double high) { return two_numbers("[%.3f, %.3f]", low, high); }

std::string with_error_text(double value, double error) { return two_numbers("%.3f +- %.3f", value, error); }

std::string decimals_text(double value) { return two_numbers("%.4f", value, 0); }

std::string part_text(neb::Index part, neb::Index all) { return std::to_string(part) + " of " + std::to_string(all); }

}  // namespace examples::paper
