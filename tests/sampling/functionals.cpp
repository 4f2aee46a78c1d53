#include "neb/sampling/functionals.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>

#include "kernels/support.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::same_bits;

namespace {

/// 300 samples (4, 5) whose variance falls with each of 20 directions that are no axes.
Tensor<double> tilted_samples() {
  const Tensor<double> e = random_normal<double>({300, 4, 5}, Key(1));
  Tensor<double> axes = random_normal<double>({20, 4, 5}, Key(2));
  REQUIRE(sampling::orthonormalise(axes) == 20);
  Tensor<double> x = Tensor<double>::full({300, 4, 5}, 3);
  for (Index i = 0; i < 300; ++i)
    for (Index k = 0; k < 20; ++k)
      for (Index p = 0; p < 20; ++p)
        x.mutable_data()[i * 20 + p] +=
            std::pow(0.7, static_cast<double>(k)) * e.data()[i * 20 + k] * axes.data()[k * 20 + p];
  return x;
}

double length(const Tensor<double>& directions, Index k) { return lengths(directions)(k); }

}  // namespace

TEST_CASE("random directions: they have length 1, and coordinates of variance 1 / d") {
  const Tensor<double> directions = random_directions<double>({500, 4, 10}, Key(3));
  double sum = 0, squares = 0;
  for (Index k = 0; k < 500; ++k) CHECK(length(directions, k) == doctest::Approx(1).epsilon(1e-14));
  for (const double x : directions.span()) {
    sum += x;
    squares += x * x;
  }
  CHECK(std::abs(sum / 20000) < 4 / std::sqrt(40 * 20000.0));
  CHECK(squares == doctest::Approx(500));
  CHECK(same_bits(random_directions<double>({3, 4, 10}, Key(3)), directions.rows(0, 3)));
  CHECK_FALSE(same_bits(random_directions<double>({3, 4, 10}, Key(4)), directions.rows(0, 3)));
}

TEST_CASE("principal directions: they are the leading eigenvectors of the covariance") {
  const Tensor<double> x = tilted_samples(), found = principal_directions(x, 3);
  CHECK(found.shape() == Shape{3, 4, 5});
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Matrix centred = Eigen::Map<const Matrix>(x.data(), 300, 20);
  centred.rowwise() -= centred.colwise().mean().eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(centred.transpose() * centred);
  for (Index k = 0; k < 3; ++k) {
    const Eigen::VectorXd eigenvector = solver.eigenvectors().col(19 - k);
    const double cosine = eigenvector.dot(Eigen::Map<const Eigen::VectorXd>(found.data() + k * 20, 20));
    CHECK(std::abs(cosine) == doctest::Approx(1).epsilon(1e-10));
  }
  const Tensor<float> in_float = principal_directions(x.to<float>(), 3);
  for (Index i = 0; i < 60; ++i) CHECK(std::abs(static_cast<double>(in_float.data()[i]) - found.data()[i]) < 1e-4);
}

TEST_CASE("principal directions: there are as many as the samples vary in") {
  const Tensor<double> x = tilted_samples();
  CHECK(principal_directions(x.rows(0, 3), 5).shape() == Shape{2, 4, 5});  // three points lie in a plane
  CHECK(principal_directions(x.rows(0, 1), 5).shape()[0] == 0);
  CHECK(principal_directions(Tensor<double>::ones({7, 4, 5}), 5).shape()[0] == 0);
  CHECK(principal_directions(x, 50).shape()[0] <= 20);
  CHECK(principal_directions(x.to<float>().rows(0, 3), 5).shape()[0] == 2);
}

TEST_CASE("principal directions: the number of threads does not change a bit") {
  const Tensor<float> x = random_normal<float>({600, 10, 10, 1}, Key(5));
  const auto find = [&](int threads) {
    const test::WithThreads scope(threads);
    return principal_directions(x, 3);
  };
  const Tensor<float> first = find(1);
  for (const int threads : {2, 3}) CHECK(same_bits(find(threads), first));
}

TEST_CASE("coordinates and lengths are inner products") {
  const Tensor<double> directions({2, 3}, {1, 0, 0, 0, 0.6, 0.8}), y({2, 3}, {1, 2, 3, -4, 5, 6});
  const Tensor<double> found = coordinates_along(directions, y);
  CHECK(found.shape() == Shape{2, 2});
  CHECK(found(0, 0) == 1);
  CHECK(found(0, 1) == doctest::Approx(3.6));
  CHECK(found(1, 0) == -4);
  CHECK(found(1, 1) == doctest::Approx(7.8));
  CHECK(lengths(y)(0) == doctest::Approx(std::sqrt(14.0)));
  CHECK(lengths(Tensor<float>({1, 2}, {3, 4}))(0) == 5);
}

TEST_CASE("functionals refuse what does not fit, each with its message") {
  const Tensor<double> y = Tensor<double>::ones({2, 3});
  CHECK(message_of<ShapeError>([] { random_directions<double>({3}, Key(1)); }) ==
        "random_directions: expects directions (K, ...)   [shape: (3,)]");
  CHECK(message_of<ShapeError>([] {
          principal_directions(Tensor<double>({0, 3}), 1);
        }) == "principal_directions: expects samples (N, ...)   [x: (0, 3)]");
  CHECK(message_of<ValueError>([&] { principal_directions(y, 0); }) ==
        "principal_directions: count is at least 1, got 0");
  CHECK(message_of<ShapeError>([&] {
          coordinates_along(Tensor<double>::ones({1, 4}), y);
        }) ==
        "coordinates_along: expects directions (K, ...) of the shape of samples (N, ...)   "
        "[directions: (1, 4), y: (2, 3)]");
  CHECK(message_of<ShapeError>([] { lengths(Tensor<double>::scalar(1)); }) ==
        "lengths: expects a batch (N, ...)   [y: ()]");
}
