#include "neb/bayes/deen.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "bayes/closed_forms.hpp"
#include "energy/fixture.hpp"
#include "kernels/support.hpp"
#include "neb/autodiff/check_grads.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/bayes/robbins_jump.hpp"
#include "neb/ops/activation.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::Estimate;
using neb::test::GaussianEnergy;
using neb::test::message_of;
using neb::test::relative_difference;

namespace {

/// The loss and its gradients with respect to all parameters against those of a fixture.
template <Scalar T, class Phi>
void check_loss(Phi phi, const SafeTensors& file, std::size_t skip, double tolerance) {
  const Var<T> x = Var<T>::constant(file.get<T>("x")), y = Var<T>::constant(file.get<T>("y"));
  const Var<T> loss = deen_loss(phi, x, y, file.get<T>("sigma").item());
  CHECK(static_cast<double>(loss.item()) == doctest::Approx(file.get<double>("loss").item()).epsilon(tolerance));
  const auto gradients = grad(loss, phi);
  std::size_t i = 0;
  visit_parameters(phi, [&](const std::string& name, const Var<T>&) {
    CAPTURE(name);
    CHECK(relative_difference(gradients[i++].value(), file.get<double>("grad." + name.substr(skip))) < tolerance);
  });
}

/// The loss as a function of all parameters of phi, against finite differences.
template <class Phi>
void check_parameter_gradients(const Phi& phi, const Shape& shape, double sigma) {
  const auto x = Var<double>::constant(random_uniform<double>(shape, Key(5)));
  const Var<double> y = smooth(x, sigma, Key(6));
  std::vector<Tensor<double>> values;
  visit_parameters(phi, [&](const std::string&, const Var<double>& parameter) { values.push_back(parameter.value()); });
  const Function<double> loss = [&](const std::vector<Var<double>>& v) {
    Phi moved = phi;
    std::size_t i = 0;
    visit_parameters(moved, [&](const std::string&, Var<double>& parameter) { parameter = v[i++]; });
    return deen_loss(moved, x, y, sigma);
  };
  CHECK_NOTHROW(check_grads<double>(loss, values, {.order = 1, .tolerance = 1e-7}));
}

/// The trace of the Hessian of phi at each row of y: (N, d), exactly, one product for each axis.
template <class Phi>
std::vector<double> hessian_traces(const Phi& phi, const Tensor<double>& y) {
  const Index n = y.shape()[0], d = y.shape()[1];
  std::vector<double> traces(static_cast<std::size_t>(n));
  const Var<double> point(y);
  for (Index axis = 0; axis < d; ++axis) {
    Tensor<double> unit = Tensor<double>::zeros(y.shape());
    for (Index row = 0; row < n; ++row) unit.mutable_data()[row * d + axis] = 1;
    const Tensor<double> column = hvp(sum(phi(point)), point, Var<double>::constant(unit)).value();
    for (Index row = 0; row < n; ++row) traces[static_cast<std::size_t>(row)] += column.data()[row * d + axis];
  }
  return traces;
}

double row_square(const Tensor<double>& x, Index row) {
  const Index d = x.shape().stride(0);
  double sum = 0;
  for (Index p = row * d; p < (row + 1) * d; ++p) sum += x.data()[p] * x.data()[p];
  return sum;
}

}  // namespace

TEST_CASE("deen loss: value and parameter gradients are PyTorch's") {
  for (const char* name : {"deen_conv", "deen_conv_stride2"}) {
    CAPTURE(name);
    const SafeTensors file = test::fixture(name);
    check_loss<double>(test::conv_energy<double>(file), file, 0, 1e-11);
    check_loss<float>(test::conv_energy<float>(file), file, 0, 1e-4);
  }
  const SafeTensors file = test::fixture("deen_mlp");
  check_loss<double>(test::mlp_energy<double>(file), file, test::mlp_prefix, 1e-11);
  check_loss<float>(test::mlp_energy<float>(file), file, test::mlp_prefix, 1e-4);
}

TEST_CASE("deen loss: it is the mean over samples of the sum over pixels of (x - y + s^2 g)^2") {
  constexpr double variance = 1.3, s = 0.4;
  const Tensor<double> x = random_uniform<double>({4, 2, 3, 1}, Key(1)), y = smooth(x, s, Key(2));
  double expected = 0;
  for (Index i = 0; i < x.size(); ++i)
    expected += std::pow(x.data()[i] - y.data()[i] + s * s * y.data()[i] / variance, 2) / 4;
  const Var<double> loss =
      deen_loss(GaussianEnergy<double>{variance}, Var<double>::constant(x), Var<double>::constant(y), s);
  CHECK(loss.rank() == 0);
  CHECK(loss.item() == doctest::Approx(expected).epsilon(1e-13));
}

TEST_CASE("deen loss: parameter gradients agree with finite differences") {
  check_parameter_gradients(MlpEnergy<double>({.widths = {3, 5, 4}}, Key(1)), {4, 3}, 0.5);
  check_parameter_gradients(
      ConvEnergy<double>({.image = {5, 5, 2}, .channels = {3, 2}, .bottleneck = 3, .readout = {2}, .beta = 1.4},
                         Key(1)),
      {2, 5, 5, 2}, 0.5);
}

TEST_CASE("deen loss: gradients reach the clean data, through the noise as well") {
  constexpr double variance = 2, s = 0.5;
  const Var<double> x(random_uniform<double>({2, 3}, Key(1)));
  const Var<double> y = smooth(x, s, Key(2));
  const Tensor<double> g = grad(deen_loss(GaussianEnergy<double>{variance}, x, y, s), x).value();
  const double slope = s * s / variance;  // d(x - xhat)/dx, as y moves with x
  for (Index i = 0; i < x.size(); ++i) {
    const double residual = x.value().data()[i] - y.value().data()[i] * (1 - slope);
    CHECK(g.data()[i] == doctest::Approx(2 * residual * slope / 2).epsilon(1e-12));
  }
}

TEST_CASE("deen loss: shapes are checked") {
  const GaussianEnergy<double> phi{1};
  const auto zeros = [](const Shape& shape) { return Var<double>::constant(Tensor<double>::zeros(shape)); };
  CHECK(message_of<ShapeError>([&] {
          deen_loss(phi, zeros({2, 3}), zeros({2, 2}), 0.5);
        }) == "deen_loss: x and y have one shape   [x: (2, 3), y: (2, 2)]");
  CHECK(message_of<ShapeError>([&] {
          deen_loss(phi, zeros({0, 3}), zeros({0, 3}), 0.5);
        }) == "deen_loss: expects at least one sample   [x: (0, 3)]");
  CHECK_THROWS_AS(deen_loss(phi, zeros({}), zeros({}), 0.5), ShapeError);
  CHECK_THROWS_AS(deen_loss(phi, zeros({2, 3}), zeros({2, 3}), 0), ValueError);
}

TEST_CASE("SURE: for any energy the error of the jump is d s^2 + s^4 E[|g|^2 - 2 tr H], which needs no clean data") {
  constexpr double s = 0.8;
  constexpr Index d = 3, n = 40000;
  MlpEnergy<double> phi({.widths = {d, 12}}, Key(1));
  phi.network.layers[1].weight = Var<double>(random_uniform<double>({12, 1}, Key(2), 0.1, 0.6));  // far from a plane
  const Tensor<double> x = random_uniform<double>({n, d}, Key(3), -1.0, 1.0), y = smooth(x, s, Key(4));
  const Tensor<double> g = energy_and_gradient(phi, Var<double>::constant(y)).gradient.value();
  const std::vector<double> traces = hessian_traces(phi, y);
  Estimate error, difference, trace;
  for (Index i = 0; i < n; ++i) {
    double squared = 0;
    for (Index p = 0; p < d; ++p) squared += std::pow(x(i, p) - (y(i, p) - s * s * g(i, p)), 2);
    error.add(squared);
    trace.add(2 * std::pow(s, 4) * traces[static_cast<std::size_t>(i)]);
    difference.add(squared - d * s * s - std::pow(s, 4) * (row_square(g, i) - 2 * traces[static_cast<std::size_t>(i)]));
  }
  CHECK(denoising_error(phi, x, s, Key(4)) == doctest::Approx(error.mean()).epsilon(1e-12));
  CHECK(std::abs(difference.mean()) < 5 * difference.error());
  CHECK(std::abs(trace.mean()) > 50 * difference.error());  // without the Hessian it would not hold
}

TEST_CASE("deen loss: at the optimum it is d s^2 - s^4 E|g|^2") {
  constexpr double v = 1.2, s = 0.7;
  constexpr Index d = 2, n = 100000;
  const GaussianEnergy<double> phi{v + s * s};
  const Tensor<double> x = test::normal_samples<double>(n, d, v, Key(1));
  const Tensor<double> g = energy_and_gradient(phi, Var<double>::constant(smooth(x, s, Key(2)))).gradient.value();
  Estimate slope;
  for (Index i = 0; i < n; ++i) slope.add(std::pow(s, 4) * row_square(g, i));
  const double best = d * v * s * s / (v + s * s);
  CHECK(std::abs(d * s * s - slope.mean() - best) < 5 * slope.error());
  // The error of one sample is best / d times a chi-squared number of d degrees of freedom.
  CHECK(std::abs(denoising_error(phi, x, s, Key(2)) - best) < 5 * best * std::sqrt(2.0 / d / n));
}

TEST_CASE("deen loss: its mean depends on the bias of a ReLU, although its derivative at every sample is zero") {
  // x = 0 and phi(y) = relu(y + b), so that the mean of the loss over y, a normal number of deviation sigma and density f, has
  // the derivative sigma^2 f(b) (2 b + sigma^2).
  const double sigma = 0.7, at = 0.3, step = 1e-3;
  Tensor<double> y = Tensor<double>::zeros({10001, 1}), density = y;
  for (Index i = 0; i < 10001; ++i) {
    y.mutable_data()[i] = step * (static_cast<double>(i) - 5000 + 0.5);
    density.mutable_data()[i] =
        std::exp(-0.5 * std::pow(y(i, 0) / sigma, 2)) / (sigma * std::sqrt(2 * std::acos(-1.0)));
  }
  const auto mean_loss = [&](const Var<double>& b) {
    const auto phi = [&](const Var<double>& points) { return sum(relu(points + b), 1); };
    const Var<double> xhat = robbins_jump(phi, Var<double>::constant(y), sigma, {.create_graph = true});
    return step * sum(Var<double>::constant(density) * square(xhat));
  };
  const auto value = [&](double b) { return mean_loss(Var<double>::constant(Tensor<double>::scalar(b))).item(); };
  const double closed = sigma * sigma * std::exp(-0.5 * std::pow(at / sigma, 2)) /
                        (sigma * std::sqrt(2 * std::acos(-1.0))) * (2 * at + sigma * sigma);
  CHECK((value(at + 0.05) - value(at - 0.05)) / 0.1 == doctest::Approx(closed).epsilon(0.01));
  const Var<double> b(Tensor<double>::scalar(at));
  CHECK(grad(mean_loss(b), b, {.unreached_is_zero = true}).item() == 0);
}

TEST_CASE("denoising error: neither the batch size nor the number of threads matters") {
  const ConvEnergy<float> phi({.image = {9, 9, 1}, .channels = {8, 8}, .bottleneck = 3}, Key(1));
  const Tensor<float> x = random_uniform<float>({33, 9, 9, 1}, Key(2));
  const auto error = [&](Index batch, int threads) {
    const test::WithThreads scope(threads);
    return denoising_error(phi, x, 0.3F, Key(3), batch);
  };
  const double whole = error(33, 1);
  for (const Index batch : {1, 7, 32, 100}) CHECK(error(batch, 2) == doctest::Approx(whole).epsilon(1e-6));
  for (const int threads : {2, 3, 4}) CHECK(error(16, threads) == error(16, 1));
}

TEST_CASE("denoising error: every sample is in one batch, and no batch is empty") {
  std::vector<Index> batches;
  const auto phi = [&](const Var<double>& y) {
    batches.push_back(y.shape()[0]);
    return GaussianEnergy<double>{1}(y);
  };
  denoising_error(phi, Tensor<double>::zeros({12, 2}), 0.5, Key(1), 4);
  CHECK(batches == std::vector<Index>{4, 4, 4});
  batches.clear();
  denoising_error(phi, Tensor<double>::zeros({9, 2}), 0.5, Key(1), 4);
  CHECK(batches == std::vector<Index>{4, 4, 1});
}

TEST_CASE("denoising error: an empty set and a batch of none are refused") {
  const GaussianEnergy<double> phi{1};
  CHECK(message_of<ShapeError>([&] {
          denoising_error(phi, Tensor<double>::zeros({0, 2}), 0.5, Key(1));
        }) == "denoising_error: expects at least one sample   [x: (0, 2)]");
  CHECK(message_of<ValueError>([&] {
          denoising_error(phi, Tensor<double>::zeros({3, 2}), 0.5, Key(1), 0);
        }) == "denoising_error: batch is at least 1, got 0");
}
