/// Whether one text is a part of another.
#pragma once

#include <string>

namespace neb::test {

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace neb::test
