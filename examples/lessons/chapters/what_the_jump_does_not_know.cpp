/// Chapter 9, docs/09-what-the-jump-does-not-know.md. Given a path, draws a picture there.
#include <cmath>
#include <cstdio>
#include <utility>

#include <neb/bayes/audit.hpp>
#include <neb/bayes/audit_verdict.hpp>
#include <neb/bayes/posterior_covariance.hpp>
#include <neb/data/sample.hpp>
#include <neb/data/toy.hpp>
#include <neb/draw/chart.hpp>
#include <neb/energy/kde_energy.hpp>

using namespace neb;

namespace {

const Key key(2019);
const Tensor<double> data({2, 1}, {-1.0, 1.0});  // two points on a line

void variance() {
  const KdeEnergy<double> phi(data, 1.0);
  const Tensor<double> y({3, 1}, {0.0, 0.5, 2.0});
  const PosteriorCovariance c = posterior_covariance(phi, y, 1.0);
  const Tensor<double> xhat = c.xhat(), whole = c.matrix();  // (3, 1) and (3, 1, 1)
  for (Index i = 0; i < 3; ++i)
    std::printf("y = %.1f   xhat = %.3f   C = %.4f   1 - xhat^2 = %.4f\n", y(i, 0), xhat(i, 0), whole(i, 0, 0),
                1 - xhat(i, 0) * xhat(i, 0));
}

void cumulants() {
  const KdeEnergy<double> phi(data, 1.0);
  const Tensor<double> y({2, 1}, {0.0, 0.5}), along = Tensor<double>::ones({2, 1});
  const PosteriorCumulants found = posterior_cumulants(phi, y, along, 1.0);
  for (Index i = 0; i < 2; ++i)
    std::printf("y = %.1f   mean %.3f   variance %.3f   third %.3f   fourth %.3f\n", y(i, 0), found.mean(i),
                found.variance(i), std::abs(found.third(i)) < 1e-12 ? 0 : found.third(i), found.fourth(i));
}

void leading() {
  const Tensor<double> samples = random_normal<double>({12, 500}, key);  // 12 points in 500 dimensions
  const Tensor<double> y = smooth(samples.rows(0, 1), 20.0, key);        // so much noise that several may be meant
  const PosteriorCovariance c = posterior_covariance(KdeEnergy<double>(samples, 20.0), y, 20.0);
  const Eigenpairs few = leading_eigenpairs(c, 3, key), all = eigenpairs(c);
  for (Index k = 0; k < 3; ++k) std::printf("lambda %.6f   all of them: %.6f\n", few.values(0, k), all.values(0, k));
  std::printf("%td products instead of %td, residuals below 1e-9: %s\n", few.products, all.products,
              few.residuals(0, 0) < 1e-9 && few.residuals(0, 2) < 1e-9 ? "yes" : "no");
}

constexpr double sigma = 0.3;

void tell(const char* name, const Audit& found) {
  const AuditVerdict says = verdict(found);
  std::printf("%-22s slope %6.2f   SURE - loss %6.3f +- %.3f   %s\n", name, found.slope.value,
              found.clean->sure_minus_loss.value, found.clean->sure_minus_loss.error,
              says.sound()         ? "sound"
              : says.wrong_sign    ? "wrong sign"
              : says.scale.empty() ? "other noise"
                                   : "wrong scale");
}

void audits() {
  const Tensor<double> points = random_uniform<double>({20, 30}, key);  // 20 points in 30 dimensions
  const Tensor<double> x = sample_rows(points, 1000, key), y = smooth(x, sigma, key);
  const KdeEnergy<double> right(points, sigma), wide(points, 0.45);
  const auto times = [&](double factor) { return [&, factor](const Var<double>& at) { return factor * right(at); }; };
  tell("as it should be", audit(right, x, y, sigma, key));
  tell("the sign is wrong", audit(times(-1), x, y, sigma, key));
  tell("sigma^2 was forgotten", audit(times(sigma * sigma), x, y, sigma, key));
  tell("an energy of 0.45", audit(wide, x, y, sigma, key));
  tell("0.3 claimed as 0.45", audit(right, x, y, 0.45, key));
}

/// Noisy points, their jumps to two moons, and a cross there: a standard deviation either way along both directions.
void draw(const char* path) {
  constexpr Colour grey{0.75, 0.75, 0.75}, blue{0.1, 0.35, 0.8}, red{0.85, 0.2, 0.1};
  const Tensor<double> moons = two_moons<double>(400, key);
  Chart chart({-2, 2, -1.4, 1.4}, 490, 700);
  const auto segment = [&](double x0, double y0, double x1, double y1, const Colour& colour) {
    chart.line(Tensor<float>({2, 2}, {float(x0), float(y0), float(x1), float(y1)}), colour);
  };
  for (Index i = 0; i < moons.shape()[0]; ++i)
    segment(moons(i, 0) - 0.005, moons(i, 1), moons(i, 0) + 0.005, moons(i, 1), grey);
  const Tensor<double> y = smooth(moons.rows(0, 9), sigma, key.fold("drawn"));
  const PosteriorCovariance c = posterior_covariance(KdeEnergy<double>(moons, sigma), y, sigma);
  const Tensor<double> xhat = c.xhat();
  const Eigenpairs found = eigenpairs(c);
  for (Index i = 0; i < y.shape()[0]; ++i) {
    segment(y(i, 0), y(i, 1), xhat(i, 0), xhat(i, 1), blue);
    for (Index k = 0; k < 2; ++k) {
      const double reach = std::sqrt(found.values(i, k)), u = reach * found.vectors(i, k, 0),
                   v = reach * found.vectors(i, k, 1);
      segment(xhat(i, 0) - u, xhat(i, 1) - v, xhat(i, 0) + u, xhat(i, 1) + v, red);
    }
  }
  chart.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  variance();
  cumulants();
  leading();
  audits();
  if (argc > 1) draw(argv[1]);
}
