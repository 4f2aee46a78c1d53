/// Draws the roofline: rates of the convolution kernels, from the file that conv2d --json wrote, under the machine's limits.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <neb/io/file.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr double width = 900, height = 560, left = 80, right = 30, top = 50, bottom = 70;
constexpr double least_intensity = 1, most_intensity = 1000, least_rate = 5, most_rate = 1500;

double x_of(double intensity) {
  return left +
         (width - left - right) * std::log(intensity / least_intensity) / std::log(most_intensity / least_intensity);
}
double y_of(double rate) {
  return height - bottom - (height - top - bottom) * std::log(rate / least_rate) / std::log(most_rate / least_rate);
}

/// Multiply-adds, counted as two operations, for each byte of the three arrays read or written once.
double intensity(const std::string& shape) {
  std::vector<double> n;
  std::stringstream list(shape);
  for (std::string part; std::getline(list, part, ',');) n.push_back(std::stod(part));
  const double stride = n.size() > 5 ? n[5] : 1, padding = n.size() > 6 ? n[6] : 0;
  const double out = std::floor((n[1] + 2 * padding - n[4]) / stride) + 1;
  const double flops = 2 * n[0] * out * out * n[3] * n[4] * n[4] * n[2];
  return flops / (4 * (n[0] * n[1] * n[1] * n[2] + n[3] * n[4] * n[4] * n[2] + n[0] * out * out * n[3]));
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
  std::ostringstream svg;
  svg << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2 << "\" " << style << "/>\n";
  return svg.str();
}

std::string text(double x, double y, const std::string& words, const char* style = "") {
  std::ostringstream svg;
  svg << "<text x=\"" << x << "\" y=\"" << y << "\" " << style << ">" << words << "</text>\n";
  return svg.str();
}

std::string draw(const nlohmann::json& report) {
  const double peak = report.at("fma_peak_gflops"), bandwidth = report.at("read_gbytes_per_s");
  const std::map<std::string, const char*> colours{
      {"im2col", "#999999"}, {"direct", "#1f77b4"}, {"winograd", "#d62728"}, {"onednn", "#2ca02c"}};
  std::ostringstream svg;
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << " " << height
      << "\" font-family=\"sans-serif\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  const char* const middle = "text-anchor=\"middle\"";
  for (const double rate : {10.0, 30.0, 100.0, 300.0, 1000.0}) {
    svg << line(left, y_of(rate), width - right, y_of(rate), "stroke=\"#e4e4e4\"")
        << text(left - 8, y_of(rate) + 5, std::to_string(static_cast<int>(rate)), "text-anchor=\"end\"");
  }
  for (const double at : {1.0, 10.0, 100.0, 1000.0})
    svg << line(x_of(at), top, x_of(at), height - bottom, "stroke=\"#e4e4e4\"")
        << text(x_of(at), height - bottom + 20, std::to_string(static_cast<int>(at)), middle);
  const double ridge = peak / bandwidth;
  svg << line(x_of(least_intensity), y_of(bandwidth * least_intensity), x_of(ridge), y_of(peak),
              "stroke=\"black\" stroke-width=\"2\"")
      << line(x_of(ridge), y_of(peak), width - right, y_of(peak), "stroke=\"black\" stroke-width=\"2\"")
      << text(left + 10, y_of(peak) - 8, "multiply-add peak " + std::to_string(std::lround(peak)) + " GFLOP/s")
      << text(left + 10, y_of(bandwidth * 1.2) + 36, "memory " + std::to_string(std::lround(bandwidth)) + " GB/s")
      << text(width / 2, height - 22, "operations for each byte of images, filters and results (each moved once)",
              middle)
      << text(12, top - 8, "GFLOP/s");
  double x = left;
  for (const auto& [rung, colour] : colours) {
    svg << "<circle cx=\"" << x << "\" cy=\"24\" r=\"6\" fill=\"" << colour << "\"/>\n" << text(x + 12, 29, rung);
    x += 120;
  }
  for (const auto& row : report.at("rows")) {
    const auto colour = colours.find(row.at("rung").get<std::string>());
    if (colour == colours.end()) continue;
    const double rate = std::clamp(row.at("gflops").get<double>(), least_rate, most_rate);
    svg << "<circle cx=\"" << x_of(intensity(row.at("shape"))) << "\" cy=\"" << y_of(rate) << "\" r=\"4\" fill=\""
        << colour->second << "\" stroke=\"white\" stroke-width=\"0.5\"/>\n";
  }
  return svg.str() + "</svg>\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::string(argv[1]) == "--help") {
    std::fprintf(argc == 2 ? stdout : stderr,
                 "Usage: roofline CONV2D_JSON OUT_SVG\nDraws what `conv2d --json` measured.\n");
    return argc == 2 ? 0 : 2;
  }
  try {
    const std::vector<std::byte> bytes = neb::read_file(argv[1]);
    const std::string json(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    neb::write_file(argv[2], draw(nlohmann::json::parse(json)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "roofline: %s\n", error.what());
    return 2;
  }
}
