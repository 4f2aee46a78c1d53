#pragma once
#include <string_view>

namespace neb {

// The one place that holds the version: CMake reads these four lines, and refuses to configure when they disagree.

/// The first number of the version: changed when programs that use neb must change.
inline constexpr int version_major = 0;
/// The second number: new things.
inline constexpr int version_minor = 1;
/// The third number: repairs.
inline constexpr int version_patch = 0;
/// All three, with dots between.
inline constexpr std::string_view version = "0.1.0";

}  // namespace neb
