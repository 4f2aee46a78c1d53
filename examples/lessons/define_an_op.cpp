/// Your own operation: what it computes, and how a gradient passes through it.
#include <neb/neb.hpp>

#include "common/program.hpp"

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

int main(int argc, char** argv) {
  const examples::About about{
      .name = "define_an_op",
      .text =
          "Defines sine and cosine from scratch, as operations whose derivatives are each other, checks them against finite\n"
          "differences to third order, and differentiates sin(x) four times:\n\n"
          "    sin'''' = sin",
      .example = "define_an_op --seed 7",
      .out = "",
  };
  return examples::run(argc, argv, about, [](examples::Program& program) {
    // The test that every operation of neb passes, open to yours: it throws where a derivative is wrong.
    const Tensor<double> points = random_uniform<double>({2, 5}, Key(program.seed), -3.0, 3.0);
    const Function<double> f = [](const std::vector<Var<double>>& in) { return sine(in[0]) * cosine(in[0]); };
    const double error = check_grads<double>(f, {points}, {.order = 3, .seed = program.seed});
    program.print("sin(x) cos(x): derivatives to third order agree with finite differences to %.1e\n", error);

    const Var<double> x{points};
    Var<double> y = sine(x);
    for (int order = 0; order < 4; ++order) y = grad(sum(y), x, {.create_graph = true});
    const double difference = std::sqrt(sum(square(y - sine(x))).item());
    program.print("the fourth derivative of sin differs from sin by %.1e\n", difference);
    program.write_summary({{"check_error", error}, {"fourth_derivative_error", difference}});
  });
}
