#pragma once
#include <string_view>

namespace neb {

/// The one place that holds the version: CMake reads these four lines, and refuses to configure when they disagree.
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;
inline constexpr std::string_view version = "0.1.0";

}  // namespace neb
