#include "paper/laboratory.hpp"

#include <algorithm>
#include <cstdio>

#include "parts/associative_memory.hpp"

namespace examples::paper {

Laboratory::Laboratory(const Program& program, Images images, std::string models, bool full)
    : program_(program), images_(std::move(images)), models_(std::move(models)), full_(full) {}

std::string Laboratory::training_set() const {
  return "the " + std::to_string(images_.train.shape()[0]) + " training digits";
}

const TrainedEnergy& Laboratory::read(const std::string& kind, double sigma) {
  char file[48];
  std::snprintf(file, sizeof file, "/%s-%.2f.safetensors", kind.c_str(), sigma);
  const auto known = energies_.find(file);
  if (known != energies_.end()) return known->second;
  return energies_.emplace(file, read_energy(models_ + file, images_)).first->second;
}

const Classifier& Laboratory::classifier() {
  if (!classifier_) classifier_.emplace(program_, images_.train, images_.train_labels);
  return *classifier_;
}

neb::Tensor<float> Laboratory::first_test_digits() const {
  return images_.test.rows(0, std::min<neb::Index>(100, images_.test.shape()[0]));
}

const neb::Flow<float>& Laboratory::flows_from_digits(double sigma) {
  const auto known = flows_.find(sigma);
  if (known != flows_.end()) return known->second;
  return flows_
      .emplace(sigma,
               flow_to_memories(program_, memory(sigma), first_test_digits(), {.until = neb::FlowUntil::minimum}))
      .first->second;
}

}  // namespace examples::paper
