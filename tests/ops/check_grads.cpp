// One row for each operation: its derivatives against finite differences in double, to second order (third where
// cheap). A new operation gets a row here.
#include <doctest/doctest.h>

#include <neb/autodiff/check_grads.hpp>
#include <neb/ops/activation.hpp>
#include <neb/ops/arithmetic.hpp>
#include <neb/ops/conv2d.hpp>
#include <neb/ops/distance.hpp>
#include <neb/ops/extrema.hpp>
#include <neb/ops/matmul.hpp>
#include <neb/ops/movement.hpp>
#include <neb/ops/pooling.hpp>
#include <neb/ops/power.hpp>
#include <neb/ops/rows.hpp>

using namespace neb;

namespace {

using Vars = std::vector<Var<double>>;

struct Row {
  const char* name;
  Function<double> f;
  std::vector<Shape> shapes;
  double low = -2, high = 2;  // inputs are uniform in [low, high)
  int order = 2;
};

std::vector<Tensor<double>> inputs_of(const Row& row) {
  std::vector<Tensor<double>> inputs;
  const Key key = Key(7).fold(row.name);
  for (std::size_t i = 0; i < row.shapes.size(); ++i)
    inputs.push_back(random_uniform<double>(row.shapes[i], key.at(i), row.low, row.high));
  return inputs;
}

const Row rows[] = {
    {"add", [](const Vars& v) { return v[0] + v[1]; }, {{2, 3}, {2, 3}}},
    {"add, broadcast row", [](const Vars& v) { return v[0] + v[1]; }, {{2, 3, 4}, {4}}},
    {"add, broadcast both ways", [](const Vars& v) { return v[0] + v[1]; }, {{3, 1, 2}, {4, 1}}},
    {"add a number", [](const Vars& v) { return 2 + v[0] + 3.5; }, {{2, 3}}},
    {"subtract", [](const Vars& v) { return v[0] - v[1]; }, {{2, 3}, {2, 1}}},
    {"subtract from a number", [](const Vars& v) { return 1 - v[0] - 0.5; }, {{4}}},
    {"negate", [](const Vars& v) { return -v[0]; }, {{2, 3}}},
    {"multiply", [](const Vars& v) { return v[0] * v[1]; }, {{2, 3}, {2, 3}}, -2, 2, 3},
    {"multiply, broadcast", [](const Vars& v) { return v[0] * v[1]; }, {{2, 1, 3}, {4, 1}}},
    {"multiply by itself", [](const Vars& v) { return v[0] * v[0] * v[0]; }, {{3}}, -2, 2, 3},
    {"multiply, scalar tensor", [](const Vars& v) { return v[0] * v[1]; }, {{}, {2, 3}}},
    {"divide", [](const Vars& v) { return v[0] / v[1]; }, {{2, 3}, {2, 3}}, 0.5, 2, 3},
    {"divide, broadcast", [](const Vars& v) { return v[0] / v[1]; }, {{2, 3}, {2, 1}}, 0.5, 2},
    {"divide a number", [](const Vars& v) { return 3 / v[0] / 2; }, {{2, 3}}, 0.5, 2},
    {"sum", [](const Vars& v) { return sum(square(v[0])); }, {{3, 4}}},
    {"sum over an axis", [](const Vars& v) { return sum(square(v[0]), 1); }, {{2, 3, 4}}},
    {"sum over the last axis", [](const Vars& v) { return sum(square(v[0]), -1); }, {{2, 3}}},
    {"sum over two axes",
     [](const Vars& v) {
       return sum(square(v[0]), {0, 2});
     },
     {{2, 3, 4}}},
    {"mean", [](const Vars& v) { return mean(square(v[0])); }, {{3, 4}}},
    {"mean over an axis", [](const Vars& v) { return mean(square(v[0]), 0); }, {{3, 4}}},
    {"sum_to",
     [](const Vars& v) {
       return sum_to(square(v[0]), {3, 1});
     },
     {{2, 3, 4}}},
    {"broadcast_to",
     [](const Vars& v) {
       return square(broadcast_to(v[0], {2, 3, 4}));
     },
     {{3, 1}}},
    {"reshape",
     [](const Vars& v) {
       return square(reshape(v[0], {3, 4}));
     },
     {{2, 6}}},
    {"flatten", [](const Vars& v) { return square(flatten(v[0])); }, {{2, 3, 2}}},
    {"transpose", [](const Vars& v) { return square(transpose(v[0])) * v[1]; }, {{2, 3}, {3, 2}}},
    {"transpose, three axes",
     [](const Vars& v) {
       return square(transpose(v[0], {2, 0, 1}));
     },
     {{2, 3, 4}}},
    {"slice", [](const Vars& v) { return square(slice(v[0], 1, 1, 3)); }, {{2, 4, 3}}},
    {"pad", [](const Vars& v) { return square(pad(v[0], 0, 1, 2)) + 1; }, {{2, 3}}},
    {"concat", [](const Vars& v) { return square(concat(v, 1)); }, {{2, 1}, {2, 3}, {2, 2}}},
    {"matmul", [](const Vars& v) { return matmul(v[0], v[1]); }, {{2, 3}, {3, 4}}, -2, 2, 3},
    {"matmul, a transposed",
     [](const Vars& v) {
       return matmul(v[0], v[1], {true, false});
     },
     {{3, 2}, {3, 4}}},
    {"matmul, b transposed",
     [](const Vars& v) {
       return matmul(v[0], v[1], {false, true});
     },
     {{2, 3}, {4, 3}}},
    {"matmul, both transposed",
     [](const Vars& v) {
       return matmul(v[0], v[1], {true, true});
     },
     {{3, 2}, {4, 3}}},
    {"squared_distances", [](const Vars& v) { return squared_distances(v[0], v[1]); }, {{3, 2}, {4, 2}}, -2, 2, 3},
    {"squared_distances, of a set to itself",
     [](const Vars& v) { return square(squared_distances(v[0], v[0])); },
     {{3, 2}}},
    {"exp", [](const Vars& v) { return exp(v[0]); }, {{2, 3}}, -2, 2, 3},
    {"log", [](const Vars& v) { return log(v[0]); }, {{2, 3}}, 0.5, 2, 3},
    {"sqrt", [](const Vars& v) { return sqrt(v[0]); }, {{2, 3}}, 0.5, 2, 3},
    {"square", [](const Vars& v) { return square(v[0]); }, {{2, 3}}, -2, 2, 3},
    {"tanh", [](const Vars& v) { return tanh(v[0]); }, {{2, 3}}, -2, 2, 3},
    {"sigmoid", [](const Vars& v) { return sigmoid(v[0]); }, {{2, 3}}, -4, 4, 3},
    {"softplus", [](const Vars& v) { return softplus(v[0]); }, {{2, 3}}, -4, 4, 3},
    {"relu, right of the kink", [](const Vars& v) { return relu(v[0]); }, {{5}}, 0.1, 2},
    {"relu, left of the kink", [](const Vars& v) { return relu(v[0]); }, {{5}}, -2, -0.1},
    {"smooth_relu", [](const Vars& v) { return smooth_relu(v[0]); }, {{2, 4}}, -4, 4, 4},
    {"smooth_relu, beta 3", [](const Vars& v) { return smooth_relu(v[0], 3); }, {{2, 4}}, -2, 2, 4},
    {"smooth_relu_slope, order 4",
     [](const Vars& v) { return smooth_relu_slope(v[0], v[1], 1.5, 4); },
     {{5}, {5}},
     -3,
     3,
     3},
    {"logsumexp", [](const Vars& v) { return logsumexp(v[0]); }, {{3, 4}}, -4, 4, 3},
    {"softmax", [](const Vars& v) { return softmax(v[0]); }, {{3, 4}}, -4, 4, 3},
    {"sin", [](const Vars& v) { return sin(v[0]); }, {{2, 3}}, -4, 4, 3},
    {"cos", [](const Vars& v) { return cos(v[0]); }, {{2, 3}}, -4, 4, 3},
    {"pow, a number", [](const Vars& v) { return pow(v[0], 2.5); }, {{2, 3}}, 0.5, 2, 3},
    {"pow, a whole number", [](const Vars& v) { return pow(v[0], 3); }, {{2, 3}}, -2, 2, 3},
    {"pow, a negative number", [](const Vars& v) { return pow(v[0], -1.5); }, {{2, 3}}, 0.5, 2, 3},
    {"pow", [](const Vars& v) { return pow(v[0], v[1]); }, {{2, 3}, {3}}, 0.5, 2, 3},
    {"norm", [](const Vars& v) { return norm(v[0]); }, {{2, 3}}, 0.5, 2, 3},
    {"norm over an axis", [](const Vars& v) { return norm(v[0], 0); }, {{3, 2}}, 0.5, 2, 3},
    {"variance", [](const Vars& v) { return variance(square(v[0])); }, {{2, 3}}},
    {"variance over an axis", [](const Vars& v) { return variance(square(v[0]), -1); }, {{2, 3}}},
    {"abs, away from the kink", [](const Vars& v) { return abs(v[0] - 3) * v[0]; }, {{2, 3}}},
    {"maximum", [](const Vars& v) { return square(maximum(v[0], v[1] + 5)); }, {{2, 3}, {3}}},
    {"minimum", [](const Vars& v) { return square(minimum(v[0], v[1] + 5)); }, {{2, 1}, {2, 3}}},
    {"max", [](const Vars& v) { return square(max(v[0])); }, {{2, 3}}},
    {"max over an axis", [](const Vars& v) { return square(max(v[0], 1)); }, {{2, 3, 2}}},
    {"min over an axis", [](const Vars& v) { return square(min(v[0], 0)); }, {{3, 2}}},
    {"clamp, inside", [](const Vars& v) { return square(clamp(v[0], -3, 3)); }, {{2, 3}}},
    {"clamp, outside", [](const Vars& v) { return clamp(v[0], 3, 4) * v[0]; }, {{2, 3}}},
    {"where", [](const Vars& v) { return square(where(greater(v[0], 0), v[0] * v[1], v[1])); }, {{2, 3}, {3}}, 0.5, 2},
    {"gather_rows",
     [](const Vars& v) {
       return square(gather_rows(v[0], {2, 0, 2}));
     },
     {{3, 2}}},
    {"scatter_rows", [](const Vars& v) { return square(scatter_rows(v[0], {1, 3, 1}, 4)); }, {{3, 2}}},
    {"average_pool2d", [](const Vars& v) { return square(average_pool2d(v[0])); }, {{2, 4, 5, 2}}},
    {"average_pool2d, overlapping windows",
     [](const Vars& v) { return square(average_pool2d(v[0], {.window = 3, .stride = 2})); },
     {{1, 6, 5, 2}}},
    {"detach", [](const Vars& v) { return v[0] * detach(Var<double>(Tensor<double>::ones({3}))); }, {{3}}},
    {"conv2d", [](const Vars& v) { return conv2d(v[0], v[1]); }, {{2, 5, 4, 3}, {2, 3, 2, 3}}, -1, 1, 3},
    {"conv2d, stride 2, padding 1",
     [](const Vars& v) { return conv2d(v[0], v[1], {.stride = 2, .padding = 1}); },
     {{1, 6, 5, 2}, {3, 3, 3, 2}},
     -1,
     1,
     3},
    {"conv2d_input_grad",
     [](const Vars& v) { return conv2d_input_grad(v[0], v[1], {1, 6, 5, 2}, {.stride = 2, .padding = 1}); },
     {{1, 3, 3, 3}, {3, 3, 3, 2}},
     -1,
     1,
     3},
    {"conv2d_filter_grad",
     [](const Vars& v) { return conv2d_filter_grad(v[0], v[1], {3, 3, 3, 2}, {.stride = 2, .padding = 1}); },
     {{1, 6, 5, 2}, {1, 3, 3, 3}},
     -1,
     1,
     3},
    {"empty arrays", [](const Vars& v) { return square(v[0]) * v[1]; }, {{0, 3}, {3}}},
};

}  // namespace

TEST_CASE("every operation agrees with finite differences, to second order and beyond") {
  for (const Row& row : rows) {
    CAPTURE(std::string(row.name));
    double worst = 1;
    CHECK_NOTHROW(worst = check_grads<double>(row.f, inputs_of(row), {.order = row.order}));
    CHECK(worst <= 1e-6);
  }
}
