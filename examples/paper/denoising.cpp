#include "paper/denoising.hpp"

#include <cstdio>

#include <neb/io/safetensors.hpp>

#include "parts/denoise.hpp"

namespace examples::paper {

namespace {

std::string range_text(double low, double high) {
  char text[64];
  std::snprintf(text, sizeof text, "[%.3f, %.3f]", low, high);
  return text;
}

/// What the paper's captions say of the pixels.
struct Printed {
  const char *noisy, *denoised;
};

Results figure(Laboratory& laboratory, const std::string& name, double sigma, const Printed& printed) {
  const Summary numbers =
      denoise(laboratory.program(), laboratory.energy(sigma), laboratory.images(), /*count=*/20, name);
  const auto number = [&](const char* key) { return std::get<double>(value_of(numbers, key)); };
  return {
      .numbers = numbers,
      .findings = {{"pixels of y", printed.noisy, range_text(number("noisy_min"), number("noisy_max"))},
                   {"pixels of xhat", printed.denoised, range_text(number("denoised_min"), number("denoised_max"))}},
      .pictures = {{Program::picture_file(name),
                    "Test digits, with noise of sigma = " + neb::number_text(sigma) + ", after one jump."}}};
}

}  // namespace

Results figure_3(Laboratory& laboratory) {
  return figure(laboratory, "figure-3", 0.3, {"[-1.200, 1.995]", "[-0.075, 1.054]"});
}

Results figure_4(Laboratory& laboratory) {
  return figure(laboratory, "figure-4", 0.7, {"[-3.314, 3.683]", "[-0.241, 1.269]"});
}

}  // namespace examples::paper
