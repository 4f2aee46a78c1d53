// Tensors, shapes and keys refuse what they cannot do.
#include "misuse.hpp"

#include "neb/core/random.hpp"

using namespace neb;
using namespace neb::test;

namespace {

using X = Tensor<double>;

X moved() {
  X x = X::zeros({2, 3});
  const X taken = std::move(x);
  return x;  // NOLINT(bugprone-use-after-move): what is left is specified
}

const X x23 = X::zeros({2, 3});

const Misuse shape_errors[] = {
    {"Shape: extents are not negative, got (2, -1)",
     [] {
       X::zeros({2, -1});
     }},
    {"Shape: at most 8 axes, got 9",
     [] {
       X::zeros({1, 1, 1, 1, 1, 1, 1, 1, 1});
     }},
    {"Tensor: (2, 2) has 4 elements, got 3 values",
     [] {
       X({2, 2}, {1, 2, 3});
     }},
    {"Tensor: () has 1 elements, got 0 values", [] { X({}, std::span<const double>()); }},
    {"item: expects one element   [x: (2, 3)]", [] { x23.item(); }},
    {"item: expects one element   [x: (0,)]", [] { moved().item(); }},
    {"operator(): 1 indices for 2 axes   [x: (2, 3)]", [] { x23(1); }},
    {"operator(): 0 indices for 2 axes   [x: (2, 3)]", [] { x23(); }},
    {"operator(): index 3 is outside axis 1   [x: (2, 3)]", [] { x23(0, 3); }},
    {"operator(): index -1 is outside axis 0   [x: (2, 3)]", [] { x23(-1, 0); }},
    {"operator(): index 0 is outside axis 0   [x: (0,)]", [] { moved()(0); }},
    {"reshape: 6 elements do not fill (4,)   [x: (2, 3)]", [] { x23.reshaped({4}); }},
    {"reshape: 0 elements do not fill (1,)   [x: (0,)]", [] { moved().reshaped({1}); }},
    {"rows: [0, 3) is not inside the first axis   [x: (2, 3)]", [] { x23.rows(0, 3); }},
    {"rows: [-1, 1) is not inside the first axis   [x: (2, 3)]", [] { x23.rows(-1, 1); }},
    {"rows: [2, 1) is not inside the first axis   [x: (2, 3)]", [] { x23.rows(2, 1); }},
    {"rows: [0, 0) is not inside the first axis   [x: ()]", [] { X::scalar(1).rows(0, 0); }},
};

const Misuse value_errors[] = {
    {"set_threads: at least 1 thread, got 0", [] { set_threads(0); }},
    {"random_index: count is at least 1, got 0", [] { random_index(0, Key(1), 0); }},
};

}  // namespace

TEST_CASE("a tensor refuses shapes and indices that do not fit, each with its message") {
  check_misuses<ShapeError>(shape_errors);
}

TEST_CASE("the core refuses values out of range, each with its message") { check_misuses<ValueError>(value_errors); }
