/// examples/lessons/tiny_autodiff.cpp: the whole idea without neb, and the same numbers.
#include <cstdlib>
#include <map>
#include <sstream>

#include "io/scratch.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/ops/activation.hpp"
#include "programs/run_program.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// The rows of numbers that the program printed, under the name of each; rows of one name follow each other.
std::map<std::string, std::vector<double>> printed_numbers(const std::string& text) {
  std::map<std::string, std::vector<double>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto end = line.find("  ");
    std::istringstream numbers(line.substr(end));
    for (double number; numbers >> number;) rows[line.substr(0, end)].push_back(number);
  }
  return rows;
}

/// The program's network, of one row y: (2) and w = (hidden weights, row by row, and readout).
Var<double> energy(const std::vector<Var<double>>& w, const Var<double>& y) {
  return sum(w[1] * smooth_relu(sum(w[0] * y, 1)));
}

void check_equal(const std::vector<double>& printed, const std::vector<double>& computed) {
  REQUIRE(printed.size() == computed.size());
  for (std::size_t i = 0; i < printed.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(printed[i] - computed[i]) < 1e-11);  // twelve digits are printed
  }
}

std::vector<double> numbers(const Var<double>& x) { return {x.value().span().begin(), x.value().span().end()}; }

}  // namespace

TEST_CASE("tiny_autodiff has at most 120 lines, none of which includes neb") {
  const std::string source = content_of(NEB_SOURCE_DIR "/examples/lessons/tiny_autodiff.cpp");
  const auto lines = std::count(source.begin(), source.end(), '\n');
  CHECK(lines > 60);
  CHECK(lines <= 120);
  for (auto at = source.find("#include"); at != std::string::npos; at = source.find("#include", at + 1))
    CHECK_MESSAGE(source[at + 9] == '<', "only standard headers");
  CHECK(source.find("neb/") == std::string::npos);
}

TEST_CASE("tiny_autodiff's first and second derivatives of a small network are neb's") {
  const Scratch scratch;
  const Outcome outcome = run_program("tiny_autodiff", {}, scratch.folder());
  REQUIRE(outcome.code == 0);
  const auto printed = printed_numbers(outcome.out);
  REQUIRE(printed.size() == 5);

  const std::vector<Var<double>> w{Tensor<double>({2, 2}, {1.0, -0.5, 0.25, 2.0}), Tensor<double>({2}, {1.5, -1.0})};
  const Var<double> y{Tensor<double>({2}, {0.5, -1.0})};
  const Var<double> phi = energy(w, y);
  const Var<double> slope = grad(phi, y, {.create_graph = true});
  check_equal(printed.at("energy"), numbers(phi));
  check_equal(printed.at("gradient by y"), numbers(slope));

  std::vector<double> hessian;
  for (const std::vector<double>& direction : {std::vector{1.0, 0.0}, std::vector{0.0, 1.0}})
    for (const double entry : numbers(hvp(phi, y, Var<double>::constant(Tensor<double>({2}, direction)))))
      hessian.push_back(entry);
  check_equal(printed.at("Hessian, a row"), hessian);

  const Var<double> loss = sum(square(y - 0.25 * slope));
  check_equal(printed.at("loss"), numbers(loss));
  const auto by_w = grad(loss, w);
  std::vector<double> gradient = numbers(by_w[0]);
  for (const double entry : numbers(by_w[1])) gradient.push_back(entry);
  check_equal(printed.at("gradient by w"), gradient);
}
