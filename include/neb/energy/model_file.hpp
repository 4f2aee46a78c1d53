/// Trained energies in files: weights as safetensors, architecture and noise level in their metadata.
#pragma once

#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/limits.hpp"
#include "neb/io/file.hpp"
#include "neb/io/number_text.hpp"
#include "neb/io/options.hpp"
#include "neb/io/safetensors.hpp"
#include "neb/io/safetensors_header.hpp"
#include "neb/nn/module.hpp"

namespace neb {

/// A trained energy and the noise level that it was trained at, in data units.
template <class Phi>
struct Model {
  Phi phi;       ///< the energy
  double sigma;  ///< the noise level, in data units
};

namespace energy {

/// Whole numbers between 0 and 2^24 separated by commas. Throws FileError naming the key for anything else.
inline std::vector<Index> read_list(const SafeTensors& file, const std::string& key) {
  const std::string& text = file.text(key);
  std::vector<Index> values;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    Index value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    const bool separated = next == end || (*next == ',' && next + 1 != end);
    if (error != std::errc{} || !separated || value < 0 || value > (Index{1} << 24) || values.size() == most_layers)
      throw file_error(file.path(), "metadata \"" + key + "\": expected whole numbers separated by commas, got " +
                                        detail::shown(text));
    values.push_back(value);
    at = next == end ? end : next + 1;
  }
  return values;
}

inline void read_field(const SafeTensors& file, const std::string& key, std::vector<Index>& field) {
  field = read_list(file, key);
}

inline void read_field(const SafeTensors& file, const std::string& key, Index& field) {
  const auto values = read_list(file, key);
  if (values.size() != 1) throw file_error(file.path(), "metadata \"" + key + "\": expected one whole number");
  field = values[0];
}

inline void read_field(const SafeTensors& file, const std::string& key, double& field) {
  field = file.number<double>(key);
}

/// The shape of an image.
inline void read_field(const SafeTensors& file, const std::string& key, Shape& field) {
  const auto values = read_list(file, key);
  if (values.size() != 3)
    throw file_error(file.path(), "metadata \"" + key + "\": expected height, width and channels");
  field = Shape(std::span<const Index>(values));
}

}  // namespace energy

/// The metadata entries that describe an architecture; read_architecture() is the inverse. Without a quadratic part they
/// are those of files from before there was one.
template <class Options>
Metadata architecture_metadata(const Options& options) {
  Metadata metadata = options_metadata(options);
  if (metadata["quadratic"] == "0") metadata.erase("quadratic");
  metadata["energy"] = Options::kind;
  return metadata;
}

/// The architecture that a file describes. Throws FileError when it describes none of this kind.
template <class Options>
Options read_architecture(const SafeTensors& file) {
  if (file.text("energy") != Options::kind)
    throw file_error(file.path(), std::string("expected metadata \"energy\" to be \"") + Options::kind + "\"");
  Options options;
  Options::visit(options, [&](const std::string& name, auto& field) {
    if (name != "quadratic" || file.metadata().contains(name)) energy::read_field(file, name, field);
  });
  return options;
}

/// An energy of the architecture and with the weights that a file holds. Throws FileError when a tensor is missing or has
/// another shape than the architecture says.
template <Module Phi>
Phi read_energy(const SafeTensors& file) {
  using T = typename Phi::value_type;
  try {
    const auto options = read_architecture<decltype(Phi::options)>(file);
    // Shapes are compared before the energy is made: a hostile architecture must not allocate more than the file holds.
    options.visit_shapes([&](const std::string& name, const Shape& wanted) {
      const auto found = file.entries().find(name);
      if (found == file.entries().end() || found->second.shape != wanted)
        throw file_error(file.path(),
                         "the architecture needs a tensor \"" + name + "\" of shape " + wanted.to_string());
    });
    Phi phi(options, Key(0));
    visit_buffers(
        phi, [&](const std::string& name, Tensor<T>& tensor) { tensor = file.get_finite<T>(name, tensor.shape()); });
    visit_parameters(phi, [&](const std::string& name, Var<T>& parameter) {
      parameter = Var<T>(file.get_finite<T>(name, parameter.shape()));
    });
    return phi;
  } catch (const ShapeError& error) {
    throw file_error(file.path(), std::string("its architecture is not possible: ") + error.what());
  } catch (const ValueError& error) {
    throw file_error(file.path(), std::string("its architecture is not possible: ") + error.what());
  }
}

/// Writes a trained energy, atomically, with a checksum, and with what else `metadata` says about it. Throws FileError when that
/// fails or a weight is not finite, ValueError when sigma is no noise level or a weight overflows a half.
template <Module Phi>
void write_model(const std::string& path, const Phi& phi, double sigma, Storage storage = Storage::exact,
                 Metadata metadata = {}) {
  check_sigma("write_model", sigma);
  TensorMap tensors;
  for (auto& [name, tensor] : state(phi)) tensors.emplace(name, tensor);
  visit_buffers(phi, [&](const std::string& name, const auto& tensor) { tensors.emplace(name, tensor); });
  metadata.merge(architecture_metadata(phi.options));
  metadata["format"] = "neb.model";
  metadata["sigma"] = number_text(sigma);
  check_finite(path, tensors);
  write_safetensors(path, tensors, std::move(metadata), storage, /*guarded=*/true);
}

namespace energy {

/// The file, when it is a model.
inline SafeTensors open_model(const std::string& path) {
  SafeTensors file(path);
  file.expect_format("neb.model", "a neb model");
  file.check_content();
  return file;
}

/// The noise level of a model, in data units.
inline double read_sigma(const SafeTensors& file) {
  const double sigma = file.number<double>("sigma");
  if (!is_noise_level(sigma))
    throw file_error(file.path(), "metadata \"sigma\": expected a positive noise level, from 1e-6 to 1e6");
  return sigma;
}

}  // namespace energy

/// Reads what write_model() wrote for an energy of this kind, as in read_model<ConvEnergy<float>>(path); read_any_model()
/// takes all kinds. Throws FileError when the file is not such a model, is damaged or contradicts itself.
template <Module Phi>
Model<Phi> read_model(const std::string& path) {
  const SafeTensors file = energy::open_model(path);
  const double sigma = energy::read_sigma(file);
  return {read_energy<Phi>(file), sigma};
}

}  // namespace neb
