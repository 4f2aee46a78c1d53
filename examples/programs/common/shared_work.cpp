#include "common/shared_work.hpp"

#include <span>

#include <neb/distributed/agreement.hpp>
#include <neb/distributed/shared_energy.hpp>
#include <neb/io/checksum.hpp>

#include "common/interrupt.hpp"

namespace examples {

void check_same(const Program& program, const std::string& name, std::initializer_list<neb::ByteSpan> numbers) {
  if (program.ranks->count() == 1) return;
  neb::Checksum checksum;
  for (const neb::ByteSpan part : numbers) checksum.add(part);
  const neb::SharedFact fact{name, checksum.value()};
  check_input([&] { neb::check_agreement(std::span(&fact, 1), *program.ranks); });
}

void check_same(const Program& program, const Images& images) {
  check_same(program, "images", {std::as_bytes(images.train.span()), std::as_bytes(images.test.span())});
}

void with_shared_energy(const Program& program, const TrainedEnergy& energy,
                        const std::function<void(const TrainedEnergy&)>& work) {
  const neb::SharedEnergy<float, EnergyFunction, Ranks> shared(energy.phi, *program.ranks);
  if (program.ranks->rank() > 0) {
    const Interrupt left_to_rank_0;
    shared.answer();
    return;
  }
  work({[&](const neb::Var<float>& y) { return shared(y); }, energy.sigma, energy.image});
  shared.dismiss();
}

}  // namespace examples
