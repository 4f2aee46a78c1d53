// Every operation refuses what it cannot do, at the call, in a message with the rule, its numbers and all shapes.
#include <doctest/doctest.h>

#include "misuse.hpp"
#include "neb/ops/activation.hpp"
#include "neb/ops/conv2d.hpp"
#include "neb/ops/distance.hpp"
#include "neb/ops/extrema.hpp"
#include "neb/ops/matmul.hpp"
#include "neb/ops/movement.hpp"
#include "neb/ops/pooling.hpp"
#include "neb/ops/power.hpp"
#include "neb/ops/rows.hpp"
#include "ops/support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

using Array = Var<double>;

constexpr Index huge = Index{1} << 62;
constexpr Index largest = std::numeric_limits<Index>::max();

const Misuse shape_errors[] = {
    // Arithmetic.
    {"add: extents 3 and 4 do not broadcast   [a: (2, 3), b: (4,)]",
     [] {
       zeros({2, 3}) + zeros({4});
     }},
    {"subtract: extents 2 and 3 do not broadcast   [a: (2, 3), b: (3, 3)]",
     [] {
       zeros({2, 3}) - zeros({3, 3});
     }},
    {"multiply: extents 0 and 3 do not broadcast   [a: (0,), b: (2, 3)]",
     [] {
       moved_from() * zeros({2, 3});
     }},
    {"divide: extents 2 and 0 do not broadcast   [a: (2,), b: (0,)]", [] { zeros({2}) / Array(); }},
    {"add: extents 4 and 3 do not broadcast   [a: (4, 1, 4), b: (3,)]",
     [] {
       zeros({4, 1, 4}) + zeros({3});
     }},
    {"mean: expects at least one element   [x: (0,)]", [] { mean(Array()); }},
    {"mean: expects at least one element   [x: (3, 0)]",
     [] {
       mean(zeros({3, 0}));
     }},
    {"mean: the axis has extent 0   [x: (0, 3)]",
     [] {
       mean(zeros({0, 3}), 0);
     }},
    {"mean: axis 2 does not exist   [x: (2, 3)]",
     [] {
       mean(zeros({2, 3}), 2);
     }},
    {"mean: axis 0 does not exist   [x: ()]", [] { mean(zeros({}), 0); }},
    // Reductions and broadcasts.
    {"sum: axis 2 does not exist   [x: (2, 3)]",
     [] {
       sum(zeros({2, 3}), 2);
     }},
    {"sum: axis -3 does not exist   [x: (2, 3)]",
     [] {
       sum(zeros({2, 3}), {0, -3});
     }},
    {"sum: axis 1 does not exist   [x: (0,)]", [] { sum(moved_from(), 1); }},
    {"sum: axis 0 does not exist   [x: ()]", [] { sum(zeros({}), 0); }},
    {"sum_to: (2,) does not broadcast to x   [x: (2, 3)]",
     [] {
       sum_to(zeros({2, 3}), {2});
     }},
    {"sum_to: (1, 2, 3) does not broadcast to x   [x: (2, 3)]",
     [] {
       sum_to(zeros({2, 3}), {1, 2, 3});
     }},
    {"sum_to: (0,) does not broadcast to x   [x: (3,)]", [] { sum_to(zeros({3}), {0}); }},
    {"broadcast_to: x does not broadcast to (3, 2)   [x: (2, 3)]",
     [] {
       broadcast_to(zeros({2, 3}), {3, 2});
     }},
    {"broadcast_to: x does not broadcast to (3,)   [x: (1, 3)]",
     [] {
       broadcast_to(zeros({1, 3}), {3});
     }},
    {"broadcast_to: x does not broadcast to (2,)   [x: (0,)]", [] { broadcast_to(Array(), {2}); }},
    // Movement.
    {"reshape: 6 elements do not fill (4,)   [x: (2, 3)]",
     [] {
       reshape(zeros({2, 3}), {4});
     }},
    {"reshape: 0 elements do not fill ()   [x: (0,)]", [] { reshape(moved_from(), {}); }},
    {"flatten: expects a first axis of samples   [x: ()]", [] { flatten(zeros({})); }},
    {"transpose: without an order, expects a matrix   [x: (2, 3, 4)]",
     [] {
       transpose(zeros({2, 3, 4}));
     }},
    {"transpose: without an order, expects a matrix   [x: (0,)]", [] { transpose(moved_from()); }},
    {"transpose: the order names every axis of x once, got {0, 0}   [x: (2, 3)]",
     [] {
       transpose(zeros({2, 3}), {0, 0});
     }},
    {"transpose: the order names every axis of x once, got {1}   [x: (2, 3)]",
     [] {
       transpose(zeros({2, 3}), {1});
     }},
    {"transpose: the order names every axis of x once, got {2, 1}   [x: (2, 3)]",
     [] {
       transpose(zeros({2, 3}), {2, 1});
     }},
    {"transpose: the order names every axis of x once, got {-1, 0}   [x: (2, 3)]",
     [] {
       transpose(zeros({2, 3}), {-1, 0});
     }},
    {"transpose: the order names every axis of x once, got {0, 1, 2}   [x: (2, 3)]",
     [] {
       transpose(zeros({2, 3}), {0, 1, 2});
     }},
    {"slice: [1, 4) is not inside axis 1   [x: (2, 3)]",
     [] {
       slice(zeros({2, 3}), 1, 1, 4);
     }},
    {"slice: [-1, 2) is not inside axis 1   [x: (2, 3)]",
     [] {
       slice(zeros({2, 3}), -1, -1, 2);
     }},
    {"slice: [2, 1) is not inside axis 0   [x: (2, 3)]",
     [] {
       slice(zeros({2, 3}), 0, 2, 1);
     }},
    {"slice: axis 2 does not exist   [x: (2, 3)]",
     [] {
       slice(zeros({2, 3}), 2, 0, 1);
     }},
    {"slice: axis 0 does not exist   [x: ()]", [] { slice(zeros({}), 0, 0, 1); }},
    {"pad: the padding is not negative, got -1 and 2   [x: (2, 3)]",
     [] {
       pad(zeros({2, 3}), 0, -1, 2);
     }},
    {"pad: the padding is not negative, got 0 and -3   [x: (2, 3)]",
     [] {
       pad(zeros({2, 3}), 1, 0, -3);
     }},
    {"pad: axis -3 does not exist   [x: (2, 3)]",
     [] {
       pad(zeros({2, 3}), -3, 1, 1);
     }},
    {"pad: 9223372036854775807 and 0 are too many to index   [x: (2, 3)]",
     [] {
       pad(zeros({2, 3}), 0, largest, 0);
     }},
    {"pad: 4611686018427387904 and 4611686018427387904 are too many to index   [x: (2, 3)]",
     [] {
       pad(zeros({2, 3}), 0, huge, huge);
     }},
    {"Shape: too many elements in (4611686018427387906, 3)",
     [] {
       pad(zeros({2, 3}), 0, huge, 0);
     }},
    {"concat: expects at least one array", [] { concat(std::vector<Array>{}, 0); }},
    {"concat: axis 2 does not exist   [x: (2, 3)]",
     [] {
       concat<double>({zeros({2, 3})}, 2);
     }},
    {"concat: extents other than that of axis 0 are equal   [first: (2, 3), other: (2, 4)]",
     [] {
       concat<double>({zeros({2, 3}), zeros({2, 4})}, 0);
     }},
    {"concat: extents other than that of axis 1 are equal   [first: (2, 3), other: (2, 3, 1)]",
     [] {
       concat<double>({zeros({2, 3}), zeros({2, 3}), zeros({2, 3, 1})}, 1);
     }},
    {"concat: extents other than that of axis 1 are equal   [first: (2, 3), other: (0,)]",
     [] {
       concat<double>({zeros({2, 3}), moved_from()}, -1);
     }},
    // Products.
    {"matmul: expects two matrices   [a: (2, 3), b: (3,)]",
     [] {
       matmul(zeros({2, 3}), zeros({3}));
     }},
    {"matmul: expects two matrices   [a: (2, 3, 4), b: (4, 2)]",
     [] {
       matmul(zeros({2, 3, 4}), zeros({4, 2}));
     }},
    {"matmul: expects two matrices   [a: (0,), b: (3, 2)]",
     [] {
       matmul(moved_from(), zeros({3, 2}));
     }},
    {"matmul: inner extents 3 and 2 differ   [a: (2, 3), b: (2, 3)]",
     [] {
       matmul(zeros({2, 3}), zeros({2, 3}));
     }},
    {"matmul: inner extents 2 and 3 differ (a is transposed)   [a: (2, 3), b: (3, 2)]",
     [] {
       matmul(zeros({2, 3}), zeros({3, 2}), {.transpose_a = true});
     }},
    {"matmul: inner extents 3 and 2 differ (b is transposed)   [a: (2, 3), b: (3, 2)]",
     [] {
       matmul(zeros({2, 3}), zeros({3, 2}), {.transpose_b = true});
     }},
    {"matmul: inner extents 2 and 4 differ (a is transposed) (b is transposed)   [a: (2, 3), b: (3, 4)]",
     [] {
       matmul(zeros({2, 3}), zeros({3, 4}), {true, true});
     }},
    {"squared_distances: expects two matrices with rows of one length   [a: (2, 3), b: (2, 4)]",
     [] {
       squared_distances(zeros({2, 3}), zeros({2, 4}));
     }},
    {"squared_distances: expects two matrices with rows of one length   [a: (2, 3), b: (3,)]",
     [] {
       squared_distances(zeros({2, 3}), zeros({3}));
     }},
    // Functions.
    {"logsumexp: expects a last axis with at least one element   [x: ()]", [] { logsumexp(zeros({})); }},
    {"logsumexp: expects a last axis with at least one element   [x: (3, 0)]",
     [] {
       logsumexp(zeros({3, 0}));
     }},
    {"logsumexp: expects a last axis with at least one element   [x: (0,)]", [] { logsumexp(moved_from()); }},
    {"smooth_relu_slope: z and g have one shape   [z: (3,), g: (1,)]",
     [] { smooth_relu_slope(zeros({3}), zeros({1}), 1, 1); }},
    {"softmax: expects a last axis with at least one element   [x: ()]", [] { softmax(zeros({})); }},
    {"softmax: expects a last axis with at least one element   [x: (3, 0)]",
     [] {
       softmax(zeros({3, 0}));
     }},
    {"softmax: expects a last axis with at least one element   [x: (0,)]", [] { softmax(moved_from()); }},
    {"pow: extents 2 and 3 do not broadcast   [a: (2,), b: (3,)]", [] { pow(zeros({2}), zeros({3})); }},
    {"norm: axis 1 does not exist   [x: (3,)]", [] { norm(zeros({3}), 1); }},
    {"norm: axis 0 does not exist   [x: ()]", [] { norm(zeros({}), 0); }},
    {"variance: expects at least one element   [x: (0,)]", [] { variance(Array()); }},
    {"variance: expects at least one element   [x: (2, 0)]",
     [] {
       variance(zeros({2, 0}));
     }},
    {"variance: the axis has extent 0   [x: (0, 3)]",
     [] {
       variance(zeros({0, 3}), 0);
     }},
    {"variance: axis 2 does not exist   [x: (2, 3)]",
     [] {
       variance(zeros({2, 3}), 2);
     }},
    // Choices.
    {"less: extents 2 and 3 do not broadcast   [a: (2,), b: (3,)]", [] { less(zeros({2}), zeros({3})); }},
    {"greater: extents 2 and 3 do not broadcast   [a: (2,), b: (3,)]", [] { greater(zeros({2}), zeros({3})); }},
    {"equal: extents 0 and 3 do not broadcast   [a: (0,), b: (3,)]", [] { equal(moved_from(), zeros({3})); }},
    {"where: extents 2 and 3 do not broadcast   [a: (2,), b: (3,)]", [] { where(zeros({}), zeros({2}), zeros({3})); }},
    {"where: extents 3 and 2 do not broadcast   [a: (3,), b: (2,)]", [] { where(zeros({2}), zeros({3}), zeros({3})); }},
    {"maximum: extents 2 and 3 do not broadcast   [a: (2,), b: (3,)]", [] { maximum(zeros({2}), zeros({3})); }},
    {"minimum: extents 0 and 3 do not broadcast   [a: (0,), b: (3,)]", [] { minimum(moved_from(), zeros({3})); }},
    {"max: axis 2 does not exist   [x: (2, 3)]",
     [] {
       max(zeros({2, 3}), 2);
     }},
    {"min: axis -1 does not exist   [x: ()]", [] { min(zeros({}), -1); }},
    {"max: the axis has extent 0   [x: (0, 3)]",
     [] {
       max(zeros({0, 3}), 0);
     }},
    {"max: the axis has extent 0   [x: (0,)]", [] { max(moved_from()); }},
    {"min: the axis has extent 0   [x: (2, 0)]",
     [] {
       min(zeros({2, 0}), -1);
     }},
    // Rows.
    {"gather_rows: expects at least one axis   [x: ()]", [] { gather_rows(zeros({}), {}); }},
    {"scatter_rows: expects one row for each of 2 indices   [x: (3, 4)]",
     [] {
       scatter_rows(zeros({3, 4}), {0, 1}, 5);
     }},
    {"scatter_rows: expects one row for each of 0 indices   [x: ()]", [] { scatter_rows(zeros({}), {}, 5); }},
    {"gather_rows: row 3 does not exist   [x: (3, 2), rows: 3]",
     [] {
       gather_rows(zeros({3, 2}), {0, 3});
     }},
    {"gather_rows: row -1 does not exist   [x: (3, 2), rows: 3]",
     [] {
       gather_rows(zeros({3, 2}), {-1});
     }},
    {"gather_rows: row 0 does not exist   [x: (0,), rows: 0]", [] { gather_rows(moved_from(), {0}); }},
    {"scatter_rows: row 4 does not exist   [x: (3, 2), rows: 4]",
     [] {
       scatter_rows(zeros({3, 2}), {0, 1, 4}, 4);
     }},
    {"scatter_rows: the number of rows is not negative, got -1", [] { scatter_rows(zeros({0}), {}, -1); }},
    // Pooling.
    {"average_pool2d: x has rank 4 (N, H, W, C), got rank 3   [x: (4, 4, 1)]",
     [] {
       average_pool2d(zeros({4, 4, 1}));
     }},
    {"average_pool2d: x has rank 4 (N, H, W, C), got rank 1   [x: (0,)]", [] { average_pool2d(moved_from()); }},
    {"average_pool2d: a window of 3 x 3 pixels does not fit into an input of 2 x 5   [x: (1, 2, 5, 1)]",
     [] {
       average_pool2d(zeros({1, 2, 5, 1}), {.window = 3});
     }},
    // Convolutions.
    {"conv2d: w expects 1 input channel but x has 3   [x: (8, 28, 28, 3), w: (16, 3, 3, 1)]",
     [] {
       conv2d(zeros({8, 28, 28, 3}), zeros({16, 3, 3, 1}));
     }},
    {"conv2d: w expects 4 input channels but x has 3   [x: (1, 5, 5, 3), w: (2, 3, 3, 4)]",
     [] {
       conv2d(zeros({1, 5, 5, 3}), zeros({2, 3, 3, 4}));
     }},
    {"conv2d: the bias has a number for each filter   [w: (2, 3, 3, 3), b: (3,)]",
     [] {
       conv2d(zeros({1, 5, 5, 3}), zeros({2, 3, 3, 3}), zeros({3}));
     }},
    {"conv2d: x has rank 4 (N, H, W, C), got rank 3   [x: (5, 5, 3), w: (2, 3, 3, 3)]",
     [] {
       conv2d(zeros({5, 5, 3}), zeros({2, 3, 3, 3}));
     }},
    {"conv2d: x has rank 4 (N, H, W, C), got rank 1   [x: (0,), w: (2, 3, 3, 3)]",
     [] {
       conv2d(moved_from(), zeros({2, 3, 3, 3}));
     }},
    {"conv2d: w has rank 4 (O, KH, KW, I), got rank 2   [x: (1, 5, 5, 3), w: (3, 3)]",
     [] {
       conv2d(zeros({1, 5, 5, 3}), zeros({3, 3}));
     }},
    {"conv2d: the kernel has at least 1 x 1 pixels, got 0 x 3   [x: (1, 5, 5, 3), w: (2, 0, 3, 3)]",
     [] {
       conv2d(zeros({1, 5, 5, 3}), zeros({2, 0, 3, 3}));
     }},
    {"conv2d: a kernel of 6 x 3 pixels does not fit into an input of 5 x 5 with padding 0   "
     "[x: (1, 5, 5, 1), w: (1, 6, 3, 1)]",
     [] {
       conv2d(zeros({1, 5, 5, 1}), zeros({1, 6, 3, 1}));
     }},
    {"conv2d: a kernel of 3 x 3 pixels does not fit into an input of 2 x 2 with padding 1   "
     "[x: (1, 0, 0, 1), w: (1, 3, 3, 1)]",
     [] {
       conv2d(zeros({1, 0, 0, 1}), zeros({1, 3, 3, 1}), {.padding = 1});
     }},
    {"conv2d_input_grad: g has the shape of the output, (1, 3, 3, 2)   [g: (1, 3, 3, 1), x: (1, 5, 5, 1), w: (2, 3, 3, 1)]",
     [] {
       conv2d_input_grad(zeros({1, 3, 3, 1}), zeros({2, 3, 3, 1}), {1, 5, 5, 1});
     }},
    {"conv2d_filter_grad: g has the shape of the output, (1, 3, 3, 2)   [g: (2, 3, 3, 2), x: (1, 5, 5, 1), w: (2, 3, 3, 1)]",
     [] {
       conv2d_filter_grad(zeros({1, 5, 5, 1}), zeros({2, 3, 3, 2}), {2, 3, 3, 1});
     }},
    {"conv2d_input_grad: w expects 1 input channel but x has 2   [x: (1, 5, 5, 2), w: (2, 3, 3, 1)]",
     [] {
       conv2d_input_grad(zeros({1, 3, 3, 2}), zeros({2, 3, 3, 1}), {1, 5, 5, 2});
     }},
    {"conv2d_filter_grad: w has rank 4 (O, KH, KW, I), got rank 3   [x: (1, 5, 5, 1), w: (3, 3, 1)]",
     [] {
       conv2d_filter_grad(zeros({1, 5, 5, 1}), zeros({1, 3, 3, 1}), {3, 3, 1});
     }},
};

const Misuse value_errors[] = {
    {"conv2d: stride is at least 1, got 0   [x: (1, 5, 5, 1), w: (1, 3, 3, 1)]",
     [] {
       conv2d(zeros({1, 5, 5, 1}), zeros({1, 3, 3, 1}), {.stride = 0});
     }},
    {"conv2d: stride is at least 1, got -2   [x: (1, 5, 5, 1), w: (1, 3, 3, 1)]",
     [] {
       conv2d(zeros({1, 5, 5, 1}), zeros({1, 3, 3, 1}), {.stride = -2});
     }},
    {"conv2d: padding is not negative, got -1   [x: (1, 5, 5, 1), w: (1, 3, 3, 1)]",
     [] {
       conv2d(zeros({1, 5, 5, 1}), zeros({1, 3, 3, 1}), {.padding = -1});
     }},
    {"conv2d: padding 9223372036854775807 is too large to index   [x: (1, 5, 5, 1), w: (1, 3, 3, 1)]",
     [] {
       conv2d(zeros({1, 5, 5, 1}), zeros({1, 3, 3, 1}), {.padding = largest});
     }},
    {"conv2d_input_grad: stride is at least 1, got 0   [x: (1, 5, 5, 1), w: (1, 3, 3, 1)]",
     [] {
       conv2d_input_grad(zeros({1, 3, 3, 1}), zeros({1, 3, 3, 1}), {1, 5, 5, 1}, {.stride = 0});
     }},
    {"conv2d_filter_grad: padding is not negative, got -4   [x: (1, 5, 5, 1), w: (1, 3, 3, 1)]",
     [] {
       conv2d_filter_grad(zeros({1, 5, 5, 1}), zeros({1, 3, 3, 1}), {1, 3, 3, 1}, {.padding = -4});
     }},
    {"clamp: low is at most high, got 1.000000 and 0.000000   [x: (3,)]", [] { clamp(zeros({3}), 1, 0); }},
    {"clamp: low is at most high, got nan and 0.000000   [x: (3,)]", [] { clamp(zeros({3}), std::nan(""), 0); }},
    {"average_pool2d: window is at least 1, got 0   [x: (1, 4, 4, 1)]",
     [] {
       average_pool2d(zeros({1, 4, 4, 1}), {.window = 0});
     }},
    {"average_pool2d: stride is not negative, got -1   [x: (1, 4, 4, 1)]",
     [] {
       average_pool2d(zeros({1, 4, 4, 1}), {.stride = -1});
     }},
    {"smooth_relu_slope: order is at least 1, got 0", [] { smooth_relu_slope(zeros({3}), zeros({3}), 1, 0); }},
};

}  // namespace

TEST_CASE("shapes that do not fit are refused, each with its message") { check_misuses<ShapeError>(shape_errors); }

TEST_CASE("values out of range are refused, each with its message") { check_misuses<ValueError>(value_errors); }

TEST_CASE("pointwise functions of a moved-from variable are empty, not a crash") {
  for (const auto& f : {exp<double>, log<double>, sqrt<double>, square<double>, tanh<double>, sigmoid<double>,
                        softplus<double>, relu<double>})
    CHECK(f(moved_from()).shape() == Shape{0});
  CHECK(smooth_relu(moved_from()).size() == 0);
  CHECK((-moved_from() + moved_from()).size() == 0);
  CHECK(sum(moved_from()).item() == 0);
}
