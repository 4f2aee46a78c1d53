#include "paper/picture_measures.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

namespace neb::test {
namespace {

using examples::paper::blob_shares, examples::paper::inks, examples::paper::is_blank, examples::paper::shadow_shares;

/// A picture of 28 x 28 pixels, 0.9 where `is_set` holds and 0.2 elsewhere.
Tensor<float> picture(const std::function<bool(Index y, Index x)>& is_set) {
  Tensor<float> image({1, 28, 28, 1});
  for (Index i = 0; i < 784; ++i) image.mutable_data()[i] = is_set(i / 28, i % 28) ? 0.9f : 0.2f;
  return image;
}

double blob_share(const std::function<bool(Index y, Index x)>& is_set) { return blob_shares(picture(is_set)).at(0); }

}  // namespace

TEST_CASE("blob share: strokes of four pixels and less have none, wider ones have their middle") {
  for (const Index width : {1, 2, 3, 4})
    CHECK(blob_share([&](Index y, Index x) { return x >= 10 && x < 10 + width && y >= 4 && y < 24; }) == 0);
  for (const Index width : {5, 6, 9})
    CHECK(blob_share([&](Index y, Index x) { return x >= 10 && x < 10 + width && y >= 4 && y < 24; }) ==
          doctest::Approx(static_cast<double>((width - 4) * 16) / static_cast<double>(width * 20)));
}

TEST_CASE("blob share: of a disc of radius 6, which has 113 pixels, the 37 with 5 x 5 inside survive") {
  CHECK(blob_share([](Index y, Index x) { return (y - 14) * (y - 14) + (x - 14) * (x - 14) <= 36; }) ==
        doctest::Approx(37.0 / 113.0));
}

TEST_CASE("blob share: outside the picture is dark, and a picture without bright pixels has none") {
  CHECK(blob_share([](Index, Index) { return true; }) == doctest::Approx(24.0 * 24 / (28 * 28)));
  CHECK(blob_share([](Index, Index) { return false; }) == 0);
}

TEST_CASE("blob share: channels are averaged") {
  Tensor<float> colour = Tensor<float>::zeros({2, 7, 7, 3});
  for (Index i = 0; i < 147; ++i) {
    colour.mutable_data()[i] = i % 3 == 0 ? 1.0f : 0;        // red alone: a third
    colour.mutable_data()[147 + i] = i % 3 == 0 ? 0 : 0.9f;  // the others: 0.6
  }
  CHECK(blob_shares(colour)[0] == 0);
  CHECK(blob_shares(colour)[1] == doctest::Approx(9.0 / 49.0));
}

TEST_CASE("shadow share: a grey patch has its inside, strokes and their grey edges have none") {
  // 8 x 8 grey pixels, of which 6 x 6 have grey neighbours alone, beside a white stroke of 2 x 8 with grey edges.
  Tensor<float> image = Tensor<float>::zeros({1, 28, 28, 1});
  const auto paint = [&](Index top, Index left, Index height, Index width, float value) {
    for (Index y = top; y < top + height; ++y)
      for (Index x = left; x < left + width; ++x) image.mutable_data()[y * 28 + x] = value;
  };
  paint(4, 15, 8, 4, 0.3f);
  paint(4, 16, 8, 2, 1.0f);
  CHECK(shadow_shares(image).at(0) == 0);
  paint(4, 4, 8, 8, 0.4f);
  CHECK(shadow_shares(image).at(0) == doctest::Approx(36.0 / (64 + 32)));
  CHECK(shadow_shares(Tensor<float>::zeros({1, 5, 5, 1})).at(0) == 0);
}

TEST_CASE("ink is the sum of the pixels, and what has under a tenth of the mean is blank") {
  Tensor<float> images({2, 2, 2, 1});
  for (Index i = 0; i < 8; ++i) images.mutable_data()[i] = 0.25f * static_cast<float>(i);
  CHECK(inks(images) == std::vector<double>{1.5, 5.5});
  CHECK(is_blank(0.99, 10));
  CHECK(!is_blank(1, 10));
  CHECK(is_blank(std::nan(""), 10));
}

}  // namespace neb::test
