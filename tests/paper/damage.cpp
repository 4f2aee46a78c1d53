#include "paper/damage.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace neb::test {
namespace {

using namespace examples::paper;

const Tensor<float> grey = Tensor<float>::full({20, 10, 5, 1}, 0.75f);

double share_of(const Tensor<float>& x, float value) {
  return static_cast<double>(std::count(x.span().begin(), x.span().end(), value)) / static_cast<double>(x.size());
}

}  // namespace

TEST_CASE("covered are the lower rows, as many as was asked for") {
  const Tensor<float> y = with_rows_covered(grey, 0.3, Key(1));
  CHECK(share_of(y, 0) == doctest::Approx(0.3));
  for (Index row = 0; row < 10; ++row) CHECK(y(3, row, 2, 0) == (row < 7 ? 0.75f : 0));
  CHECK(share_of(grey, 0.75f) == 1);
}

TEST_CASE("flipped are about as many pixels as was asked for, each to what it lacks to 1, all channels of it at once") {
  const Tensor<float> y = with_pixels_flipped(grey, 0.3, Key(1));
  CHECK(share_of(y, 0.25f) == doctest::Approx(0.3).epsilon(0.15));
  CHECK(share_of(y, 0.25f) + share_of(y, 0.75f) == 1);
  const Tensor<float> colour = with_pixels_flipped(Tensor<float>::zeros({4, 8, 8, 3}), 0.5, Key(2));
  for (Index i = 0; i < colour.size(); i += 3) CHECK(colour.data()[i] == colour.data()[i + 2]);
  CHECK(share_of(with_pixels_flipped(grey, 0, Key(1)), 0.75f) == 1);
  CHECK(share_of(with_pixels_flipped(grey, 1, Key(1)), 0.25f) == 1);
}

TEST_CASE("noise has the level that was asked for") {
  const Tensor<float> y = with_noise(grey, 0.5, Key(3));
  double squares = 0;
  for (const float pixel : y.span()) squares += (pixel - 0.75) * (pixel - 0.75);
  CHECK(squares / static_cast<double>(y.size()) == doctest::Approx(0.25).epsilon(0.15));
}

TEST_CASE("damages are tried at amounts that rise") {
  CHECK(damages().size() == 3);
  for (const Damage& damage : damages()) CHECK(std::is_sorted(damage.amounts.begin(), damage.amounts.end()));
}

}  // namespace neb::test
