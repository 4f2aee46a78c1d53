/// Pictures of graphs: what is recorded, coloured by order of derivative.
#include <neb/neb.hpp>

#include "common/program.hpp"

using namespace neb;

namespace {

examples::CommandLine command_line() {
  return examples::CommandLine({
      .name = "draw_graph",
      .text =
          "Draws graphs for Graphviz' dot, boxes coloured by order of derivative: x^3 with two derivatives (printed as a\n"
          "table as well), an energy of two layers with its gradient, the DEEN loss, and its gradient by module:\n\n"
          "    you wrote it: blue    a gradient of that: orange    a gradient of that: green",
      .example = "draw_graph --out graphs && dot -Tsvg -O graphs/*.dot",
      .out = "out/draw_graph",
  });
}

}  // namespace

int main(int argc, char** argv) {
  return examples::run(argc, argv, command_line, [](examples::Program& program, const examples::CommandLine&) {
    const auto write = [&](const std::string& name, const std::string& dot) {
      const std::string path = program.path(name + ".dot");
      write_file(path, dot);
      program.print("%s\n", path.c_str());
    };

    // A cube, its slope, and the slope's slope: each grad() adds boxes of its own colour.
    const Var<double> x{Tensor<double>::scalar(2)};
    const Var<double> y = x * square(x);
    const Var<double> dy = grad(y, x, {.create_graph = true});
    const Var<double> d2y = grad(dy, x, {.create_graph = true});
    const Names<double> names{{x, "x"}, {y, "y"}, {dy, "dy"}, {d2y, "d2y"}};
    write("graph_cube", to_graphviz<double>({y, dy, d2y}, {.names = names}));
    program.print("\n%s\n", trace<double>({y, dy, d2y}, names).c_str());

    // An energy of two layers and its gradient. Parameters have dotted names, which make frames.
    const Key key(program.seed);
    MlpEnergy<double> phi({.widths = {2, 4}}, key);
    const Var<double> clean{random_normal<double>({3, 2}, key)}, noisy{smooth(clean, 0.3, key).value()};
    Names<double> energy_names = named_parameters(phi);
    energy_names.insert(energy_names.end(), {{clean, "x"}, {noisy, "y"}});
    const auto [energy, slope] = energy_and_gradient(phi, noisy, {.create_graph = true});
    write("graph_energy", to_graphviz<double>({energy, slope}, {.names = energy_names}));

    // The DEEN loss contains a gradient; what training differentiates once more is all of this.
    const Var<double> loss = deen_loss(phi, clean, noisy, 0.3);
    write("graph_deen", to_graphviz(loss, {.names = energy_names}));
    const std::vector<Var<double>> step = grad(loss, phi, {.create_graph = true});
    write("graph_deen_modules", to_graphviz(step, {.names = energy_names, .collapse = true}));
    program.write_summary({{"cube", std::vector<double>{y.item(), dy.item(), d2y.item()}}, {"loss", loss.item()}});
  });
}
