/// Options as text: structs that list their fields by name in visit(), as modules list their parameters.
///
///   struct BlurOptions {
///     Index radius = 2;
///     double weight = 1;
///     static void visit(auto& self, auto&& f) {
///       f("radius", self.radius);
///       f("weight", self.weight);
///     }
///   };
#pragma once

#include <span>
#include <string>
#include <type_traits>

#include "neb/core/shape.hpp"
#include "neb/io/number_text.hpp"
#include "neb/io/safetensors.hpp"
#include "neb/io/safetensors_header.hpp"

namespace neb {

/// A number as number_text() writes it, an enumerator as its number.
template <class Field>
requires std::is_arithmetic_v<Field> || std::is_enum_v<Field> std::string option_text(Field field) {
  if constexpr (std::is_enum_v<Field>)
    return number_text(static_cast<std::underlying_type_t<Field>>(field));
  else
    return number_text(field);
}

/// Whole numbers separated by commas.
inline std::string option_text(std::span<const Index> values) {
  std::string text;
  for (const Index value : values) text.append(text.empty() ? "" : ",").append(number_text(value));
  return text;
}

/// The extents separated by commas.
inline std::string option_text(const Shape& shape) {
  return option_text(std::span<const Index>(shape.begin(), shape.end()));
}

/// The fields of options as text, by the names that visit() gives them.
template <class Options>
Metadata options_metadata(const Options& options) {
  Metadata metadata;
  Options::visit(options, [&](const char* name, const auto& field) { metadata[name] = option_text(field); });
  return metadata;
}

}  // namespace neb
