// Modules and optimisers refuse parameters, gradients and settings that do not belong to them.
#include "misuse.hpp"

#include "neb/nn/conv2d.hpp"
#include "neb/nn/mlp.hpp"
#include "neb/optim/adam.hpp"
#include "neb/optim/ema.hpp"
#include "neb/optim/schedule.hpp"
#include "neb/optim/sgd.hpp"

using namespace neb;
using namespace neb::test;

namespace {

using L = Linear<double>;

L linear() { return L(2, 3, Key(1)); }

std::map<std::string, Tensor<double>> linear_state(const Shape& weight) {
  return {{"weight", Tensor<double>::zeros(weight)}, {"bias", Tensor<double>::zeros({3})}};
}

const Misuse shape_errors[] = {
    {"matmul: inner extents 5 and 2 differ   [a: (4, 5), b: (2, 3)]",
     [] {
       linear()(zeros({4, 5}));
     }},
    {"matmul: expects two matrices   [a: (2,), b: (2, 3)]", [] { linear()(zeros({2})); }},
    {"matmul: expects two matrices   [a: (0,), b: (2, 3)]", [] { linear()(moved_from()); }},
    {"matmul: expects two matrices   [a: (4, 2), b: (0,)]",
     [] {
       L()(zeros({4, 2}));
     }},
    {"Shape: extents are not negative, got (-2, 3)", [] { L(-2, 3, Key(1)); }},
    {"conv2d: w expects 2 input channels but x has 1   [x: (1, 5, 5, 1), w: (3, 3, 3, 2)]",
     [] {
       Conv2d<double>(2, 3, 3, {}, Key(1))(zeros({1, 5, 5, 1}));
     }},
    {"conv2d: w has rank 4 (O, KH, KW, I), got rank 1   [x: (1, 5, 5, 1), w: (0,)]",
     [] {
       Conv2d<double>()(zeros({1, 5, 5, 1}));
     }},
    {"matmul: inner extents 3 and 2 differ   [a: (1, 3), b: (2, 4)]",
     [] {
       Mlp<double>({2, 4, 1}, Key(1))(zeros({1, 3}));
     }},
    {"load_state: no tensor is named weight",
     [] {
       L l = linear();
       load_state(l, {});
     }},
    {"load_state: weight has another shape   [module: (2, 3), tensor: (3, 2)]. Only the order of axes differs: filters are "
     "(out, height, width, in) here, and matrices (in, out)",
     [] {
       L l = linear();
       load_state(l, linear_state({3, 2}));
     }},
    {"Adam: expects 2 gradients, got 1",
     [] {
       L l = linear();
       Adam<double>().step(l, {zeros({2, 3})});
     }},
    {"Adam: gradient 1 has another shape than its parameter   [parameter: (3,), gradient: (2,)]",
     [] {
       L l = linear();
       Adam<double>().step(l, {zeros({2, 3}), zeros({2})});
     }},
    {"Adam: gradient 0 has another shape than its parameter   [parameter: (2, 3), gradient: (0,)]",
     [] {
       L l = linear();
       Adam<double>().step(l, {moved_from(), zeros({3})});
     }},
    {"Adam: the state is that of 0 parameters, not 2",
     [] {
       L l = linear();
       Adam<double> adam;
       adam.restore({.steps = 1, .first = {}, .second = {}});
       adam.step(l, {zeros({2, 3}), zeros({3})});
     }},
    {"Adam: the moment of parameter 0 has another shape   [parameter: (2, 3), moment: (3, 2)]",
     [] {
       L l = linear();
       const Tensor<double> w = Tensor<double>::zeros({3, 2}), b = Tensor<double>::zeros({3});
       Adam<double> adam;
       adam.restore({.first = {w, b}, .second = {w, b}});
       adam.step(l, {zeros({2, 3}), zeros({3})});
     }},
    {"Sgd: expects 2 gradients, got 0",
     [] {
       L l = linear();
       Sgd<double>().step(l, {});
     }},
    {"Sgd: gradient 0 has another shape than its parameter   [parameter: (2, 3), gradient: (6,)]",
     [] {
       L l = linear();
       Sgd<double>().step(l, {zeros({6}), zeros({3})});
     }},
    {"Sgd: the velocity of parameter 0 has another shape   [parameter: (2, 4), velocity: (2, 3)]",
     [] {
       L l = linear(), larger(2, 4, Key(1));
       Sgd<double> sgd;
       sgd.step(l, {zeros({2, 3}), zeros({3})});
       sgd.step(larger, {zeros({2, 4}), zeros({4})});
     }},
    {"Ema: the state is that of 2 parameters, not 4",
     [] {
       Ema(linear()).update(Mlp<double>({2, 3, 1}, Key(1)));
     }},
    {"Ema: the average of parameter 0 has another shape   [parameter: (2, 4), average: (2, 3)]",
     [] { Ema(linear()).averaged(L(2, 4, Key(1))); }},
};

const Misuse value_errors[] = {
    {"Mlp: expects at least an input and an output width", [] { Mlp<double>({2}, Key(1)); }},
    {"Mlp: expects at least an input and an output width", [] { Mlp<double>({}, Key(1)); }},
    {"Adam: beta1 and beta2 are in [0, 1), got 1.000000 and 0.999000", [] { Adam<double>({.beta1 = 1}); }},
    {"Adam: beta1 and beta2 are in [0, 1), got 0.900000 and nan", [] { Adam<double>({.beta2 = std::nan("")}); }},
    {"Sgd: momentum is in [0, 1), got -0.500000", [] { Sgd<double>({.momentum = -0.5}); }},
    {"Ema: decay is in [0, 1], got 1.500000", [] { Ema(linear(), 1.5); }},
    {"schedule: expects constant, linear, cosine or trapezoid, got cosinus", [] { schedule_named("cosinus"); }},
    {"schedule: expects constant, linear, cosine or trapezoid, got ", [] { schedule_named(""); }},
};

}  // namespace

TEST_CASE("modules and optimisers refuse arrays that do not fit, each with its message") {
  check_misuses<ShapeError>(shape_errors);
}

TEST_CASE("modules and optimisers refuse settings out of range, each with its message") {
  check_misuses<ValueError>(value_errors);
}
