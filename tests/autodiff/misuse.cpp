// The engine refuses what has no derivative, and operations that break their word.
#include "misuse.hpp"

#include "neb/autodiff/check_grads.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/ops/elementary.hpp"

using namespace neb;
using namespace neb::test;

namespace {

using V = Var<double>;
using Vars = std::vector<V>;

const V x = zeros({3}), other = zeros({2}), constant = V::constant(Tensor<double>::zeros({3}));

/// The sum of the squares, as a user would write it, with one thing wrong.
enum class Wrong { shape, rank };

struct Squares {
  static constexpr const char* name = "squares";
  Wrong wrong;
  Tensor<double> forward(const Tensor<double>& v) const { return sum(square<double>(v)).value(); }
  V vjp(Index, const V& g, const V& v) const { return wrong == Wrong::shape ? g : reshape(2 * g * v, {1, 3}); }
};

const V one_element = zeros({1});

const Misuse graph_errors[] = {
    // A loss that is not a scalar.
    {"grad: the output is a scalar; sum it first, or use vjp with a cotangent   [output: (3,)]",
     [] { grad(x * x, x); }},
    {"grad: the output is a scalar; sum it first, or use vjp with a cotangent   [output: (0,)]",
     [] { grad(moved_from(), x); }},
    {"grad: the output is a scalar; sum it first, or use vjp with a cotangent   [output: (1, 3)]",
     [] {
       grad(reshape(x, {1, 3}), Vars{x});
     }},
    {"hvp: the output is a scalar; sum it first, or use vjp with a cotangent   [output: (3,)]",
     [] { hvp(x * x, x, x); }},
    {"value_and_grad: the output is a scalar; sum it first, or use vjp with a cotangent   [output: (3,)]",
     [] { value_and_grad([](const V& v) { return v * v; }, x); }},
    // A target that is not reached.
    {"grad: the output does not depend on target 0 of 1   [target: (2,), output: ()]", [] { grad(sum(x), other); }},
    {"grad: the output does not depend on target 1 of 2   [target: (2,), output: ()]",
     [] {
       grad(sum(x), Vars{x, other});
     }},
    {"grad: the output does not depend on target 0 of 1   [target: (3,), output: ()]; the output is a constant: if it was made "
     "from a gradient, compute that with {.create_graph = true}",
     [] { grad(sum(detach(x * x)), x); }},
    {"grad: the output does not depend on target 0 of 1   [target: (3,), output: ()]; the target is a constant, make it a "
     "leaf with Var(tensor)",
     [] { grad(sum(x * constant), constant); }},
    {"grad: the output does not depend on target 0 of 1   [target: (0,), output: ()]; the target is a constant, make it a "
     "leaf with Var(tensor)",
     [] { grad(sum(x), moved_from()); }},
    {"vjp: the output does not depend on target 0 of 1   [target: (3,), output: (2,)]",
     [] { vjp(other + 1, x, other); }},
    {"hvp: the output does not depend on target 0 of 1   [target: (2,), output: ()]",
     [] { hvp(sum(x), other, other); }},
    {"jvp: the output does not depend on target 0 of 1   [target: (2,), output: (3,)]", [] { jvp(x, other, other); }},
    {"value_and_grad: the output does not depend on target 0 of 1   [target: (3,), output: ()]",
     [] { value_and_grad([](const V&) { return sum(other); }, x); }},
    {"jacobian: the output does not depend on target 0 of 1   [target: (3,), output: (3,)]"
     "; the output is a constant: if it was made from a gradient, compute that with {.create_graph = true}",
     [] { jacobian([](const V& v) { return detach(v); }, x); }},
    {"hessian: the output does not depend on target 0 of 1   [target: (3,), output: (3,)]"
     "; the output is a constant: if it was made from a gradient, compute that with {.create_graph = true}",
     [] { hessian([](const V& v) { return detach(v); }, x); }},
    // Without create_graph a gradient is a constant.
    {"grad: the output does not depend on target 0 of 1   [target: (3,), output: ()]; the output is a constant: if it was made "
     "from a gradient, compute that with {.create_graph = true}",
     [] { grad(sum(grad(sum(x * x), x)), x); }},
    // Operations that break their word.
    {"squares: vjp of input 0 has shape (), the input has (3,)", [] { grad(apply(Squares{Wrong::shape}, x), x); }},
    {"squares: vjp of input 0 has shape (1, 3), the input has (3,)", [] { grad(apply(Squares{Wrong::rank}, x), x); }},
};

const Misuse shape_errors[] = {
    {"vjp: the cotangent has the shape of the output   [output: (3,), cotangent: (2,)]", [] { vjp(x * x, x, other); }},
    {"vjp: the cotangent has the shape of the output   [output: (), cotangent: (1,)]",
     [] { vjp(sum(x), x, one_element); }},
    {"vjp: the cotangent has the shape of the output   [output: (3,), cotangent: (0,)]",
     [] { vjp(x * x, x, moved_from()); }},
    {"jvp: the direction has the shape of x   [x: (3,), v: (2,)]", [] { jvp(x * x, x, other); }},
    {"hvp: the direction has the shape of x   [x: (3,), v: (2,)]", [] { hvp(sum(x * x), x, other); }},
    {"item: expects one element   [x: (3,)]", [] { x.item(); }},
    {"item: expects one element   [x: (0,)]", [] { moved_from().item(); }},
    {"jacobian: f maps a batch (B, ...) to a batch (B, ...)   [x: (3,), f(x): ()]",
     [] { jacobian([](const V& v) { return sum(v); }, x); }},
    {"jacobian: f maps a batch (B, ...) to a batch (B, ...)   [x: (), f(x): ()]",
     [] { jacobian([](const V& v) { return v * v; }, zeros({})); }},
    {"hessian: f maps a batch (B, ...) to one number for each row, (B,)   [x: (2, 3), f(x): (2, 3)]",
     [] {
       hessian([](const V& v) { return v * v; }, zeros({2, 3}));
     }},
};

const Misuse value_errors[] = {
    {"jacobian: rows is at least 1, got 0", [] { jacobian([](const V& v) { return v * v; }, x, {.rows = 0}); }},
};

}  // namespace

TEST_CASE("what has no derivative is refused, each with its message") { check_misuses<GraphError>(graph_errors); }

TEST_CASE("cotangents and functions of the wrong shape are refused, each with its message") {
  check_misuses<ShapeError>(shape_errors);
}

TEST_CASE("options out of range are refused, each with its message") { check_misuses<ValueError>(value_errors); }

TEST_CASE("check_grads counts what is left to check in English") {
  const Function<double> f = [](const Vars& v) { return v[0] * detach(v[0]); };
  const auto message = [&](int order) {
    try {
      check_grads<double>(f, {Tensor<double>({1}, {2})}, {.order = order});
    } catch (const GraphError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message(1).find("of 1, 0 orders left to check, is ") != std::string::npos);
  CHECK(message(2).find("of 1, 1 order left to check, is ") != std::string::npos);
  CHECK(message(3).find("of 1, 2 orders left to check, is ") != std::string::npos);
}
