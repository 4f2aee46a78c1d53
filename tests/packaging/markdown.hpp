/// What the documents show: their fenced blocks, and whether a source holds such a block.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "contains.hpp"

namespace neb::test {

inline std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct Block {
  std::string language;
  std::string text;
  int lines = 0;
};

/// The fenced code blocks of a Markdown text, in order.
inline std::vector<Block> code_blocks(const std::string& markdown) {
  std::vector<Block> blocks;
  std::istringstream lines(markdown);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), "", 0});
    } else if (inside) {
      blocks.back().text += line + '\n';
      ++blocks.back().lines;
    }
  }
  return blocks;
}

/// A Markdown text without its fenced code blocks.
inline std::string prose(const std::string& markdown) {
  std::string text;
  std::istringstream lines(markdown);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    const bool fence = line.starts_with("```");
    if (fence) inside = !inside;
    if (!fence && !inside) text += line + '\n';
  }
  return text;
}

inline std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> found;
  for (std::string word; stream >> word;) found.push_back(word);
  return found;
}

/// Words between single spaces, with one at either end: contained means contained at word boundaries.
inline std::string normalised(const std::string& text) {
  std::string line = " ";
  for (const std::string& word : words(text)) line += word + ' ';
  return line;
}

/// Whether one of the sources holds the block, whatever its indentation and line breaks are there.
inline bool is_region_of(const std::string& block, const std::vector<std::string>& sources) {
  const std::string wanted = normalised(block);
  return std::any_of(sources.begin(), sources.end(),
                     [&](const std::string& source) { return contains(normalised(source), wanted); });
}

}  // namespace neb::test
