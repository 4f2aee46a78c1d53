/// Chains in checkpoints: what a walk that was stopped goes on from.
#pragma once

#include <string>
#include <type_traits>

#include "neb/core/error.hpp"
#include "neb/core/tensor.hpp"
#include "neb/io/file.hpp"
#include "neb/io/options.hpp"
#include "neb/io/safetensors.hpp"
#include "neb/io/safetensors_header.hpp"
#include "neb/sampling/walk.hpp"

namespace neb {

namespace sampling {

/// Whether a field of chains is a tensor.
template <class Field>
inline constexpr bool is_tensor = false;
/// It is.
template <Scalar T>
inline constexpr bool is_tensor<Tensor<T>> = true;

}  // namespace sampling

/// Adds all fields of the chains, as chains.NAME, and the name of their sampler to what a checkpoint will hold; tensors that
/// are empty are left out.
template <Sampler C>
void add_chains(const C& chains, TensorMap& tensors, Metadata& metadata) {
  metadata["sampler"] = C::name;
  C::visit(chains, [&]<class Field>(const std::string& name, const Field& field) {
    if constexpr (sampling::is_tensor<Field>) {
      if (field.size() > 0) tensors["chains." + name] = field;
    } else {
      metadata["chains." + name] = option_text(field);
    }
  });
}

/// Reads what add_chains() added. Throws FileError when there are none, or of another sampler, or they do not fit together.
template <Sampler C>
C read_chains(const SafeTensors& file) {
  if (file.text("sampler") != C::name)
    throw file_error(file.path(), "holds chains of the sampler " + file.text("sampler") + ", expected " + C::name);
  C chains;
  C::visit(chains, [&]<class Field>(const std::string& name, Field& field) {
    const std::string key = "chains." + name;
    if constexpr (sampling::is_tensor<Field>) {
      if (file.contains(key) || name == "y") field = file.get<typename Field::value_type>(key);
    } else if constexpr (std::is_enum_v<Field>) {
      field = static_cast<Field>(file.number<std::underlying_type_t<Field>>(key));
    } else {
      field = file.number<Field>(key);
    }
  });
  try {
    chains.check();
    if (chains.steps < 0) throw ValueError("steps is not negative, got " + std::to_string(chains.steps));
  } catch (const Error& error) {
    throw file_error(file.path(), error.what());
  }
  return chains;
}

}  // namespace neb
