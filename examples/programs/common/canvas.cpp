#include "common/canvas.hpp"

#include <algorithm>
#include <cctype>
#include <map>

namespace examples {

namespace {

using neb::Index;

constexpr Index glyph_width = 5, glyph_height = 7;

// Capitals of 5 x 7 pixels, row by row; enough to write what a picture shows.
const std::map<char, std::string_view> glyphs{
    {'A', ".###. #...# #...# ##### #...# #...# #...#"}, {'B', "####. #...# #...# ####. #...# #...# ####."},
    {'C', ".###. #...# #.... #.... #.... #...# .###."}, {'D', "####. #...# #...# #...# #...# #...# ####."},
    {'E', "##### #.... #.... ####. #.... #.... #####"}, {'F', "##### #.... #.... ####. #.... #.... #...."},
    {'G', ".###. #...# #.... #.### #...# #...# .###."}, {'H', "#...# #...# #...# ##### #...# #...# #...#"},
    {'I', ".###. ..#.. ..#.. ..#.. ..#.. ..#.. .###."}, {'J', "..### ...#. ...#. ...#. ...#. #..#. .##.."},
    {'K', "#...# #..#. #.#.. ##... #.#.. #..#. #...#"}, {'L', "#.... #.... #.... #.... #.... #.... #####"},
    {'M', "#...# ##.## #.#.# #.#.# #...# #...# #...#"}, {'N', "#...# ##..# ##..# #.#.# #..## #..## #...#"},
    {'O', ".###. #...# #...# #...# #...# #...# .###."}, {'P', "####. #...# #...# ####. #.... #.... #...."},
    {'Q', ".###. #...# #...# #...# #.#.# #..#. .##.#"}, {'R', "####. #...# #...# ####. #.#.. #..#. #...#"},
    {'S', ".#### #.... #.... .###. ....# ....# ####."}, {'T', "##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#.."},
    {'U', "#...# #...# #...# #...# #...# #...# .###."}, {'V', "#...# #...# #...# #...# .#.#. .#.#. ..#.."},
    {'W', "#...# #...# #...# #.#.# #.#.# ##.## #...#"}, {'X', "#...# #...# .#.#. ..#.. .#.#. #...# #...#"},
    {'Y', "#...# #...# .#.#. ..#.. ..#.. ..#.. ..#.."}, {'Z', "##### ....# ...#. ..#.. .#... #.... #####"},
    {'0', ".###. #...# #..## #.#.# ##..# #...# .###."}, {'1', "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###."},
    {'2', ".###. #...# ....# ..##. .#... #.... #####"}, {'3', ".###. #...# ....# ..##. ....# #...# .###."},
    {'4', "...#. ..##. .#.#. #..#. ##### ...#. ...#."}, {'5', "##### #.... ####. ....# ....# #...# .###."},
    {'6', ".###. #.... #.... ####. #...# #...# .###."}, {'7', "##### ....# ...#. ..#.. ..#.. .#... .#..."},
    {'8', ".###. #...# #...# .###. #...# #...# .###."}, {'9', ".###. #...# #...# .#### ....# ....# .###."},
    {'.', "..... ..... ..... ..... ..... .##.. .##.."}, {',', "..... ..... ..... ..... .##.. ..#.. .#..."},
    {'-', "..... ..... ..... .###. ..... ..... ....."}, {'+', "..... ..#.. ..#.. ##### ..#.. ..#.. ....."},
    {'=', "..... ..... ##### ..... ##### ..... ....."}, {'/', "....# ....# ...#. ..#.. .#... #.... #...."},
    {'%', "##..# ##..# ...#. ..#.. .#... #..## #..##"}, {'(', "...#. ..#.. .#... .#... .#... ..#.. ...#."},
    {')', ".#... ..#.. ...#. ...#. ...#. ..#.. .#..."}, {':', "..... .##.. .##.. ..... .##.. .##.. ....."},
};

}  // namespace

Canvas::Canvas(Index height, Index width, const neb::Colour& background) : pixels_({height, width, 3}) {
  rectangle({0, 0, height, width}, background);
}

void Canvas::rectangle(const Box& box, const neb::Colour& colour) {
  float* const out = pixels_.mutable_data();
  const Index right = std::min(box.left + box.width, width()), bottom = std::min(box.top + box.height, height());
  for (Index y = std::max<Index>(box.top, 0); y < bottom; ++y)
    for (Index x = std::max<Index>(box.left, 0); x < right; ++x)
      std::transform(colour.begin(), colour.end(), out + (y * width() + x) * 3,
                     [](double part) { return float(part); });
}

void Canvas::frame(const Box& box, Index thickness, const neb::Colour& colour) {
  rectangle({box.top - thickness, box.left - thickness, thickness, box.width + 2 * thickness}, colour);
  rectangle({box.top + box.height, box.left - thickness, thickness, box.width + 2 * thickness}, colour);
  rectangle({box.top, box.left - thickness, box.height, thickness}, colour);
  rectangle({box.top, box.left + box.width, box.height, thickness}, colour);
}

void Canvas::image(Index top, Index left, const neb::Shape& shape, const float* values, Index scale) {
  for (Index y = 0; y < shape[0]; ++y)
    for (Index x = 0; x < shape[1]; ++x) {
      const float* const value = values + (y * shape[1] + x) * shape[2];
      const bool colour = shape[2] == 3;
      rectangle({top + y * scale, left + x * scale, scale, scale},
                {value[0], colour ? value[1] : value[0], colour ? value[2] : value[0]});
    }
}

void Canvas::text(Index top, Index left, std::string_view text, const neb::Colour& colour, Index scale) {
  for (const char letter : text) {
    const auto glyph = glyphs.find(static_cast<char>(std::toupper(static_cast<unsigned char>(letter))));
    for (Index i = 0; glyph != glyphs.end() && i < std::ssize(glyph->second); ++i) {
      const Index y = i / (glyph_width + 1), x = i % (glyph_width + 1);
      if (glyph->second[static_cast<std::size_t>(i)] == '#')
        rectangle({top + y * scale, left + x * scale, scale, scale}, colour);
    }
    left += (glyph_width + 1) * scale;
  }
}

Index Canvas::text_width(std::string_view text, Index scale) {
  return std::max<Index>(0, std::ssize(text) * (glyph_width + 1) - 1) * scale;
}

Index Canvas::text_height(Index scale) { return glyph_height * scale; }

}  // namespace examples
