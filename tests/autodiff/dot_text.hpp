/// A reader of the dot language, as far as to_graphviz() writes it.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace neb::test {

struct DotText {
  std::map<std::string, std::string> boxes;  ///< identifier and attributes
  std::multiset<std::pair<std::string, std::string>> edges;
  std::vector<std::string> frames;

  explicit DotText(const std::string& text) {
    CHECK(text.starts_with("digraph neb {\n"));
    CHECK(text.ends_with("\n}\n"));
    std::size_t begin = text.find('\n') + 1;
    int depth = 1;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string line = text.substr(begin, end - begin);
      REQUIRE_MESSAGE(balanced(line), line);
      read(line.substr(line.find_first_not_of(' ')), depth);
    }
    CHECK(depth == 0);
    for (const auto& edge : edges)
      for (const std::string& end : {edge.first, edge.second}) CHECK_MESSAGE(boxes.contains(end), "undefined: ", end);
  }

  /// Number of boxes whose attributes contain `part`.
  long count(const std::string& part) const {
    return std::count_if(boxes.begin(), boxes.end(), [&](const auto& box) { return has(box.second, part); });
  }

  /// The one box whose label begins with `title`.
  std::string box(const std::string& title) const {
    std::string found;
    for (const auto& [id, attributes] : boxes)
      if (has(attributes, "[label=\"" + title + "\\n")) {
        CHECK_MESSAGE(found.empty(), title);
        found = id;
      }
    CHECK_MESSAGE(!found.empty(), title);
    return found;
  }

  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

 private:
  static bool balanced(const std::string& line) {
    bool quoted = false;
    int brackets = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (quoted && line[i] == '\\')
        ++i;
      else if (line[i] == '"')
        quoted = !quoted;
      else if (!quoted)
        brackets += line[i] == '[' ? 1 : line[i] == ']' ? -1 : 0;
    }
    return !quoted && brackets == 0;
  }

  void read(const std::string& line, int& depth) {
    static const std::set<std::string> defaults{"graph", "node", "edge"};
    const std::size_t bracket = line.find(" [");
    const std::string head = line.substr(0, bracket);
    if (head == "}") {
      --depth;
    } else if (head.starts_with("subgraph ")) {
      ++depth;
      frames.push_back(head);
    } else if (const std::size_t arrow = head.find(" -> "); arrow != std::string::npos) {
      edges.insert({head.substr(0, arrow), head.substr(arrow + 4)});
    } else if (bracket != std::string::npos && !defaults.contains(head)) {
      CHECK_MESSAGE(boxes.emplace(head, line.substr(bracket + 1)).second, "defined twice: ", head);
    }
  }
};

}  // namespace neb::test
