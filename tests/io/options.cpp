#include "neb/io/options.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "member_count.hpp"

using namespace neb;

namespace {

enum class Colour { red, green };

struct Options {
  Index count = -3;
  double rate = 0.1;
  std::uint64_t seed = 18446744073709551615u;
  Colour colour = Colour::green;
  std::vector<Index> widths = {4, 5};
  std::vector<Index> none = {};
  Shape image = {7, 8, 2};

  static void visit(auto& self, auto&& f) {
    f("count", self.count);
    f("rate", self.rate);
    f("seed", self.seed);
    f("colour", self.colour);
    f("widths", self.widths);
    f("none", self.none);
    f("image", self.image);
  }
};

struct Forgetful {
  double kept = 1, forgotten = 2;
  static void visit(auto& self, auto&& f) { f("kept", self.kept); }
};

}  // namespace

TEST_CASE("options: each field is text by its name") {
  CHECK(options_metadata(Options()) == Metadata{{"count", "-3"},
                                                {"rate", "0.1"},
                                                {"seed", "18446744073709551615"},
                                                {"colour", "1"},
                                                {"widths", "4,5"},
                                                {"none", ""},
                                                {"image", "7,8,2"}});
  CHECK(option_text(Shape{}) == "");
  CHECK(option_text(0.1f) == "0.1");
}

TEST_CASE("options: the tests see when visit() forgets a field") {
  CHECK(test::member_count<Options>() == 7);
  CHECK(test::visited_count<Options>() == 7);
  CHECK(test::member_count<Forgetful>() == 2);
  CHECK(test::visited_count<Forgetful>() == 1);
}
