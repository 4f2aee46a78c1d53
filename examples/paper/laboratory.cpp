#include "paper/laboratory.hpp"

#include <sys/stat.h>

#include <cstdio>

namespace examples::paper {

namespace {

/// The kinds of shipped energies beside "sigma", and what they are.
struct Kind {
  const char *name, *title;
};
constexpr Kind kinds[] = {{"plain", "plain energy, without the quadratic part and without filling"},
                          {"convex", "convex energy, the quadratic part minus a convex network"}};

std::string file_of(const std::string& kind, double sigma) {
  char file[48];
  std::snprintf(file, sizeof file, "/%s-%.2f.safetensors", kind.c_str(), sigma);
  return file;
}

}  // namespace

Laboratory::Laboratory(const Program& program, Images images, std::string models, bool full)
    : program_(program), images_(std::move(images)), models_(std::move(models)), full_(full) {}

std::string Laboratory::training_set() const {
  return "the " + std::to_string(images_.train.shape()[0]) + " training digits";
}

std::string Laboratory::model_file(double sigma) const { return models_ + file_of("sigma", sigma); }

const TrainedEnergy& Laboratory::read(const std::string& kind, double sigma) {
  const std::string file = file_of(kind, sigma);
  const auto known = energies_.find(file);
  if (known != energies_.end()) return known->second;
  return energies_.emplace(file, read_energy(models_ + file, images_)).first->second;
}

DoubleEnergy Laboratory::double_energy(double sigma) const {
  return read_double_energy(models_ + file_of("sigma", sigma));
}

const TrainedEnergy& Laboratory::kde(double sigma) {
  const auto known = kde_.find(sigma);
  if (known != kde_.end()) return known->second;
  return kde_.emplace(sigma, closed_form(images_, sigma)).first->second;
}

std::vector<NamedEnergy> Laboratory::controls(double sigma) {
  std::vector<NamedEnergy> all;
  struct ::stat status {};
  for (const Kind& kind : kinds)
    if (::stat((models_ + file_of(kind.name, sigma)).c_str(), &status) == 0)
      all.push_back({kind.name, kind.title, read(kind.name, sigma)});
  all.push_back({"KDE", "KDE energy of " + training_set(), kde(sigma)});
  return all;
}

std::string Laboratory::rows_text(double sigma) {
  std::string rows = "the learned energy's";
  for (const NamedEnergy& control : controls(sigma)) rows += ", those of the " + control.title;
  return rows;
}

const Classifier& Laboratory::classifier() {
  if (!classifier_) classifier_.emplace(program_, images_.train, images_.train_labels);
  return *classifier_;
}

std::vector<Judge> Laboratory::judges() {
  return {{"classifier", std::cref(classifier())}, {"nearest", NearestNeighbour(images_.train, images_.train_labels)}};
}

}  // namespace examples::paper
