// Every operation but the convolutions at twenty random shapes each, with axes of extent 0 and 1 and with broadcasting:
// derivatives against finite differences in double, to second order, to third for the pointwise ones; and in long double.
#include <doctest/doctest.h>

#include "draw.hpp"
#include "neb/ops/activation.hpp"
#include "neb/ops/distance.hpp"
#include "neb/ops/extrema.hpp"
#include "neb/ops/matmul.hpp"
#include "neb/ops/movement.hpp"
#include "neb/ops/pooling.hpp"
#include "neb/ops/power.hpp"
#include "neb/ops/rows.hpp"

using namespace neb;
using neb::test::Draw;

namespace {

template <Scalar T>
struct Case {
  Function<T> f;
  std::vector<Tensor<T>> inputs;
};

template <Scalar T>
struct Row {
  const char* name;
  int order;
  std::function<Case<T>(Draw&)> draw;
};

template <Scalar T>
Row<T> pointwise(const char* name, Var<T> (*f)(const Var<T>&), double low = -2, double high = 2) {
  return {name, 3, [=](Draw& d) {
            return Case<T>{[f](const auto& v) { return f(v[0]); }, {d.uniform<T>(d.shape(), low, high)}};
          }};
}

/// A function of one array that is not smooth everywhere, times the array, so that its second derivative is not zero.
template <Scalar T>
Row<T> kinked(const char* name, Var<T> (*f)(const Var<T>&)) {
  return {name, 3, [=](Draw& d) {
            return Case<T>{[f](const auto& v) { return f(v[0]) * v[0]; }, {d.stepped<T>(d.shape())}};
          }};
}

template <Scalar T>
Row<T> broadcasting(const char* name, Var<T> (*f)(const Var<T>&, const Var<T>&), double low = -2, double high = 2) {
  return {name, 3, [=](Draw& d) {
            const Shape full = d.shape();
            return Case<T>{[f](const auto& v) { return f(v[0], v[1]); },
                           {d.uniform<T>(d.part_of(full), low, high), d.uniform<T>(d.part_of(full), low, high)}};
          }};
}

/// A function of an array and one of its axes, which is not empty.
template <Scalar T>
Row<T> along_axis(const char* name, Var<T> (*f)(const Var<T>&, Index), bool distinct = false) {
  return {name, 2, [=](Draw& d) {
            Shape shape = d.shape(1);
            const Index axis = d.below(shape.rank());
            if (shape[axis] == 0) shape = shape.with(axis, 2);
            const Index named = d.coin() ? axis : axis - shape.rank();
            return Case<T>{[=](const auto& v) { return square(f(v[0], named)); },
                           {distinct ? d.distinct<T>(shape) : d.uniform<T>(shape, 0.5, 2)}};
          }};
}

template <Scalar T>
Case<T> matrices(Draw& d) {
  const MatmulOptions options{.transpose_a = d.coin(), .transpose_b = d.coin()};
  const Index rows = d.between(0, 3), depth = d.between(0, 3), columns = d.between(1, 3);
  return {[=](const auto& v) { return matmul(v[0], v[1], options); },
          {d.uniform<T>(options.transpose_a ? Shape{depth, rows} : Shape{rows, depth}, -2, 2),
           d.uniform<T>(options.transpose_b ? Shape{columns, depth} : Shape{depth, columns}, -2, 2)}};
}

template <Scalar T>
Case<T> two_sets(Draw& d) {
  const Index first = d.between(0, 3), second = d.between(0, 3), length = d.between(0, 3);
  return {[](const auto& v) { return square(squared_distances(v[0], v[1])); },
          {d.uniform<T>(Shape{first, length}, -1, 1), d.uniform<T>(Shape{second, length}, -1, 1)}};
}

template <Scalar T>
Case<T> permutation(Draw& d) {
  const Shape shape = d.shape();
  std::vector<Index> order(static_cast<std::size_t>(shape.rank()));
  std::iota(order.begin(), order.end(), Index{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(static_cast<unsigned>(d.below(1000))));
  return {[=](const auto& v) { return square(transpose(v[0], order)); }, {d.uniform<T>(shape, -2, 2)}};
}

template <Scalar T>
Case<T> joined(Draw& d) {
  const Shape shape = d.shape(1);
  const Index axis = d.below(shape.rank());
  std::vector<Tensor<T>> parts;
  for (Index k = d.between(1, 3); k > 0; --k) parts.push_back(d.uniform<T>(shape.with(axis, d.between(0, 2)), -2, 2));
  return {[=](const auto& v) { return square(concat(v, axis)); }, parts};
}

template <Scalar T>
Case<T> chosen_rows(Draw& d) {
  const Shape shape = d.shape(1);
  std::vector<Index> indices;
  if (shape[0] > 0)
    for (Index k = d.between(0, 4); k > 0; --k) indices.push_back(d.below(shape[0]));
  return {[=](const auto& v) {
            const auto rows = gather_rows(v[0], indices);
            return square(scatter_rows(square(rows), indices, shape[0] + 1));
          },
          {d.uniform<T>(shape, -2, 2)}};
}

template <Scalar T>
Case<T> pooled(Draw& d) {
  const Pool2dOptions options{.window = d.between(1, 3), .stride = d.between(0, 3)};
  const Shape shape{d.between(0, 2), d.between(options.window, 5), d.between(options.window, 5), d.between(0, 2)};
  return {[=](const auto& v) { return square(average_pool2d(v[0], options)); }, {d.uniform<T>(shape, -2, 2)}};
}

template <Scalar T>
std::vector<Row<T>> rows() {
  using V = Var<T>;
  return {
      broadcasting<T>("add", [](const V& a, const V& b) { return a + b; }),
      broadcasting<T>("subtract", [](const V& a, const V& b) { return a - b; }),
      broadcasting<T>("multiply", [](const V& a, const V& b) { return a * b; }),
      broadcasting<T>(
          "divide", [](const V& a, const V& b) { return a / b; }, 0.5, 2),
      broadcasting<T>(
          "pow", [](const V& a, const V& b) { return pow(a, b); }, 0.5, 2),
      pointwise<T>("negate", [](const V& x) { return -x; }),
      pointwise<T>(
          "numbers", [](const V& x) { return 2 - 3 / (x * 2 + 1) / 4; }, 0.5, 2),
      pointwise<T>("exp", [](const V& x) { return exp(x); }),
      pointwise<T>(
          "log", [](const V& x) { return log(x); }, 0.5, 2),
      pointwise<T>(
          "sqrt", [](const V& x) { return sqrt(x); }, 0.5, 2),
      pointwise<T>("square", [](const V& x) { return square(x); }),
      pointwise<T>("sin", [](const V& x) { return sin(x); }),
      pointwise<T>("cos", [](const V& x) { return cos(x); }),
      pointwise<T>("pow, a whole number", [](const V& x) { return pow(x, 3); }),
      pointwise<T>(
          "pow, a fraction", [](const V& x) { return pow(x, T(-1.5)); }, 0.5, 2),
      pointwise<T>("tanh", [](const V& x) { return tanh(x); }),
      pointwise<T>(
          "sigmoid", [](const V& x) { return sigmoid(x); }, -4, 4),
      pointwise<T>(
          "softplus", [](const V& x) { return softplus(x); }, -4, 4),
      pointwise<T>("smooth_relu", [](const V& x) { return smooth_relu(x, 2); }),
      kinked<T>("relu", [](const V& x) { return relu(x); }),
      kinked<T>("abs", [](const V& x) { return abs(x); }),
      kinked<T>("clamp", [](const V& x) { return clamp(x, -1, T(0.5)); }),
      kinked<T>("sign and comparisons", [](const V& x) { return sign(x) + less(x, 1) - greater(x, -1) * equal(x, 0); }),
      {"smooth_relu_slope", 3,
       [](Draw& d) {
         const Shape shape = d.shape();
         const int order = static_cast<int>(d.between(1, 4));
         return Case<T>{[=](const auto& v) { return smooth_relu_slope(v[0], v[1], T(1.5), order); },
                        {d.uniform<T>(shape, -3, 3), d.uniform<T>(shape, -2, 2)}};
       }},
      {"maximum and minimum", 3,
       [](Draw& d) {
         const Shape full = d.shape();
         return Case<T>{[](const auto& v) { return maximum(v[0], v[1]) * minimum(v[0] * v[0], v[1] * v[0] + 9); },
                        {d.stepped<T>(d.part_of(full)), d.stepped<T>(d.part_of(full), 0.125)}};
       }},
      {"where", 3,
       [](Draw& d) {
         const Shape full = d.shape();
         const V condition = d.stepped<T>(d.part_of(full));
         return Case<T>{[=](const auto& v) { return where(greater(condition, 0), v[0] * v[1], v[1] * v[1]); },
                        {d.uniform<T>(d.part_of(full), -2, 2), d.uniform<T>(d.part_of(full), -2, 2)}};
       }},
      along_axis<T>("sum", [](const V& x, Index axis) { return sum(square(x), axis); }),
      along_axis<T>("mean", [](const V& x, Index axis) { return mean(square(x), axis); }),
      along_axis<T>("variance", [](const V& x, Index axis) { return variance(x, axis); }),
      along_axis<T>("norm", [](const V& x, Index axis) { return norm(x, axis); }),
      along_axis<T>(
          "max", [](const V& x, Index axis) { return max(x, axis); }, true),
      along_axis<T>(
          "min", [](const V& x, Index axis) { return min(x, axis); }, true),
      along_axis<T>("slice", [](const V& x, Index axis) { return slice(x, axis, 0, 1); }),
      along_axis<T>("pad", [](const V& x, Index axis) { return pad(x, axis, 1, 2); }),
      along_axis<T>("logsumexp", [](const V& x, Index) { return logsumexp(pad(x, -1, 1, 0)); }),
      along_axis<T>("softmax", [](const V& x, Index) { return softmax(pad(x, -1, 1, 0)); }),
      {"sum_to", 2,
       [](Draw& d) {
         const Shape full = d.shape(), part = d.part_of(full);
         return Case<T>{[=](const auto& v) { return square(sum_to(square(v[0]), part)); }, {d.uniform<T>(full, -2, 2)}};
       }},
      {"broadcast_to", 2,
       [](Draw& d) {
         const Shape full = d.shape();
         return Case<T>{[=](const auto& v) { return square(broadcast_to(v[0], full)); },
                        {d.uniform<T>(d.part_of(full), -2, 2)}};
       }},
      {"reshape and flatten", 2,
       [](Draw& d) {
         return Case<T>{[](const auto& v) {
                          return square(flatten(reshape(v[0], Shape{1, v[0].size(), 1})));
                        },
                        {d.uniform<T>(d.shape(), -2, 2)}};
       }},
      {"transpose", 2, permutation<T>},
      {"concat", 2, joined<T>},
      {"matmul", 3, matrices<T>},
      {"squared_distances", 2, two_sets<T>},
      {"gather_rows and scatter_rows", 2, chosen_rows<T>},
      {"average_pool2d", 2, pooled<T>},
  };
}

}  // namespace

TEST_CASE("every operation agrees with finite differences at twenty random shapes") {
  for (const Row<double>& row : rows<double>())
    for (unsigned number = 0; number < 20; ++number) {
      Draw draw(number);
      const Case<double> drawn = row.draw(draw);
      CAPTURE(std::string(row.name));
      CAPTURE(number);
      CHECK_NOTHROW(check_grads<double>(drawn.f, drawn.inputs, {.order = row.order, .tolerance = 1e-6}));
    }
}

TEST_CASE("every operation agrees with finite differences in long double") {
  for (const Row<long double>& row : rows<long double>())
    for (unsigned number = 0; number < 5; ++number) {
      Draw draw(number);
      const Case<long double> drawn = row.draw(draw);
      CAPTURE(std::string(row.name));
      CAPTURE(number);
      CHECK_NOTHROW(check_grads<long double>(drawn.f, drawn.inputs, {.order = 2, .tolerance = 1e-8}));
    }
}

TEST_CASE("no operation is left out of these checks") {
  std::set<std::string> checked;
  for (const Row<double>& row : rows<double>()) {
    Draw draw(3);
    const Case<double> drawn = row.draw(draw);
    const std::vector<Var<double>> x(drawn.inputs.begin(), drawn.inputs.end());
    const Var<double> y = drawn.f(x);
    checked.merge(test::names_in(y));
    for (const Var<double>& slope : grad(sum(y), x, {.create_graph = true, .unreached_is_zero = true}))
      checked.merge(test::names_in(slope));
  }
  for (const auto& header : std::filesystem::directory_iterator(NEB_SOURCE_DIR "/include/neb/ops")) {
    if (header.path().filename() == "conv2d.hpp") continue;  // checked in conv2d_check_grads.cpp
    for (const std::string& name : test::names_in_header(header))
      CHECK_MESSAGE(checked.contains(name), name, " has no row in this file");
  }
  CHECK(test::names_in_header(NEB_SOURCE_DIR "/include/neb/ops/extrema.hpp") ==
        std::set<std::string>{"maximum", "minimum", "max", "min", "clamp", "abs"});
}
