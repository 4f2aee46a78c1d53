/// The tool that makes data sets nobody tuned on.
#include <array>

#include "neb/data/digits.hpp"
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

struct Made {
  Scratch scratch;
  std::string data = put_images(scratch, "data", {28, 26, 1});
  Dataset<float> from = read_digits<float>(data);

  Dataset<float> read(const std::string& kind, const std::string& seed = "0") const {
    write_idx_labels(data + "/train-labels-idx1-ubyte", std::vector<std::uint8_t>(96, 3));
    const Outcome outcome = run_program(
        "other_digits", {"--data", data, "--kind", kind, "--seed", seed, "--out", "out" + seed}, scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    return read_digits<float>(scratch.path("out" + seed));
  }
};

}  // namespace

TEST_CASE("other_digits turns by a quarter, inverts and crops to 20 x 24, and keeps the labels") {
  const Made made;
  const auto set = made.read("turned");
  REQUIRE(set.train.shape() == Shape{96, 20, 24, 1});
  REQUIRE(set.test.shape() == Shape{24, 20, 24, 1});
  CHECK(set.train_labels == std::vector<std::uint8_t>(96, 3));
  // A quarter to the left: what was right is now above. Row 0 is the column 3 from the right, column 0 is row 2.
  for (Index row = 0; row < 20; ++row)
    for (Index column = 0; column < 24; ++column)
      CHECK(set.train(5, row, column, 0) ==
            doctest::Approx(1 - made.from.train(5, 2 + column, 26 - 1 - 3 - row, 0)).epsilon(1e-6));
}

TEST_CASE("other_digits colours each digit between a ground and an ink of its own, the same for one seed") {
  const Made made;
  const auto set = made.read("colour");
  REQUIRE(set.test.shape() == Shape{24, 28, 26, 3});
  // Shade s of ink a on ground b is b + s (a - b): two pixels tell both, the others must agree.
  for (Index i : {0, 7}) {
    std::array<double, 3> ground{}, ink{};
    for (Index c = 0; c < 3; ++c) {
      double low_shade = 2, high_shade = -1;
      for (Index p = 0; p < 28 * 26; ++p) {
        const double shade = made.from.test(i, p / 26, p % 26, 0), value = set.test(i, p / 26, p % 26, c);
        const auto k = static_cast<std::size_t>(c);
        if (shade < low_shade) low_shade = shade, ground[k] = value;
        if (shade > high_shade) high_shade = shade, ink[k] = value;
      }
      for (Index p = 0; p < 28 * 26; ++p) {
        const double shade = made.from.test(i, p / 26, p % 26, 0);
        const auto k = static_cast<std::size_t>(c);
        const double part = (shade - low_shade) / (high_shade - low_shade);
        CHECK(std::abs(set.test(i, p / 26, p % 26, c) - (ground[k] + part * (ink[k] - ground[k]))) < 0.01);
      }
      CHECK(ink[static_cast<std::size_t>(c)] >= ground[static_cast<std::size_t>(c)]);
    }
  }
  CHECK(std::abs(set.test(0, 0, 0, 0) - set.test(1, 0, 0, 0)) + std::abs(set.test(0, 0, 0, 1) - set.test(1, 0, 0, 1)) >
        0.01);
  const auto other = made.read("colour", "1");
  CHECK(std::abs(set.test(0, 0, 0, 0) - other.test(0, 0, 0, 0)) > 0.001);
}

TEST_CASE("other_digits refuses what it cannot make") {
  const Scratch scratch;
  const std::string small = put_images(scratch, "small", {8, 8, 1});
  const Outcome kind = run_program("other_digits", {"--kind", "grey"}, scratch.folder());
  CHECK(kind.code == 2);
  CHECK(kind.one_line_with("--kind: expected turned or colour"));
  const Outcome size = run_program("other_digits", {"--data", small}, scratch.folder());
  CHECK(size.code == 2);
  CHECK(size.one_line_with("at least 24 x 20 pixels, got 8 x 8"));
}
