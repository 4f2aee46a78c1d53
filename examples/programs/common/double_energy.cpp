#include "common/double_energy.hpp"

#include <memory>
#include <variant>

#include <neb/energy/any_energy.hpp>

#include "common/program.hpp"

namespace examples {

DoubleEnergy read_double_energy(const std::string& file) {
  auto model = check_input([&] { return neb::read_any_model<double>(file); });
  return std::visit(
      [&]<class Phi>(Phi& read) -> DoubleEnergy {
        const auto phi = std::make_shared<const Phi>(std::move(read));
        return {[phi](const neb::Var<double>& y) { return (*phi)(y); }, model.sigma, phi->options.sample()};
      },
      model.phi);
}

}  // namespace examples
