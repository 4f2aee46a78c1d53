/// Your own operation: what it computes, and how a gradient passes through it.
///
/// Sine and cosine from scratch, each the derivative of the other but for a sign. They are checked against finite
/// differences to third order, and sin(x) is differentiated four times: sin'''' = sin.
#include <cmath>
#include <cstdio>
#include <neb/neb.hpp>

using namespace neb;

Var<double> sine(const Var<double>& x);
Var<double> cosine(const Var<double>& x);

// An operation is a struct with two functions. forward() works on plain tensors. vjp() is given g, the cotangent of the
// result (how fast the final number grows with each element of it), and returns that of input i. It is written with
// operations on variables, never on raw numbers: so it is recorded as well, and derivatives of every order follow.
struct Sine {
  static constexpr const char* name = "sine";
  Tensor<double> forward(const Tensor<double>& x) const {
    return pointwise(x, [](double v) { return std::sin(v); });
  }
  Var<double> vjp(Index, const Var<double>& g, const Var<double>& x) const { return g * cosine(x); }
};

struct Cosine {
  static constexpr const char* name = "cosine";
  Tensor<double> forward(const Tensor<double>& x) const {
    return pointwise(x, [](double v) { return std::cos(v); });
  }
  Var<double> vjp(Index, const Var<double>& g, const Var<double>& x) const { return -(g * sine(x)); }
};

// apply() runs the operation and records it. That is all that neb wants to know.
Var<double> sine(const Var<double>& x) { return apply(Sine{}, x); }
Var<double> cosine(const Var<double>& x) { return apply(Cosine{}, x); }

int main() {
  // The test that every operation of neb passes, open to yours: it throws where a derivative is wrong.
  const Tensor<double> points = random_uniform<double>({2, 5}, Key(0), -3.0, 3.0);
  const Function<double> f = [](const std::vector<Var<double>>& in) { return sine(in[0]) * cosine(in[0]); };
  const double error = check_grads<double>(f, {points}, {.order = 3});
  std::printf("sin(x) cos(x): derivatives to third order agree with finite differences to %.1e\n", error);

  const Var<double> x{points};
  Var<double> y = sine(x);
  for (int order = 0; order < 4; ++order) y = grad(sum(y), x, {.create_graph = true});
  const double difference = std::sqrt(sum(square(y - sine(x))).item());
  std::printf("the fourth derivative of sin differs from sin by %.1e\n", difference);
}
